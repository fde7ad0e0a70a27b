curl -sS --fail-with-body "https://$TENANT.auth0.com/oauth/token" \
  -d grant_type=client_credentials \
  -d client_id="$CLIENT_ID" -d client_secret="$CLIENT_SECRET" \
  --data-urlencode audience=https://api.example | jq -er .access_token
