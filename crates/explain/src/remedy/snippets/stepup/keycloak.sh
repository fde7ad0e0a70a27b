kcadm.sh update "realms/$REALM" -s 'attributes."acr.loa.map"={"silver":"1","gold":"2"}'
