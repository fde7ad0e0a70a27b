kcadm.sh get client-scopes -r "$REALM" --fields id,name
kcadm.sh update "clients/$CLIENT/default-client-scopes/$BASIC" -r "$REALM"
