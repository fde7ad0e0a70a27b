kcadm.sh get "users/$USER_ID" -r "$REALM" --fields username,enabled
kcadm.sh get "users/$USER_ID/sessions" -r "$REALM"
