curl -sS https://login.example/.well-known/openid-configuration | jq -r .issuer
