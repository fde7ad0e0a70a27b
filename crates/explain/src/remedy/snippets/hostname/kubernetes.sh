kubectl get --raw /.well-known/openid-configuration | jq -r .issuer
