kcadm.sh update "realms/$REALM" -s accessTokenLifespan=300
