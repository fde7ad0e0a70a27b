curl -sS https://id.example/.well-known/openid-configuration | jq -r .issuer
