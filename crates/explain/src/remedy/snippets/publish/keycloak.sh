kcadm.sh get keys -r "$REALM" --fields 'keys(kid,algorithm,use,status)'
