kcadm.sh delete "clients/$CLIENT/default-client-scopes/$ROLES_SCOPE" -r "$REALM"
