kcadm.sh create "clients/$CLIENT/protocol-mappers/models" -r "$REALM" \
  -s name=orders-audience -s protocol=openid-connect \
  -s protocolMapper=oidc-audience-mapper \
  -s 'config."included.custom.audience"=https://api.example' \
  -s 'config."access.token.claim"=true'
