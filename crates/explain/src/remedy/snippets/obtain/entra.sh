curl -sS --fail-with-body "https://login.microsoftonline.com/$TENANT/oauth2/v2.0/token" \
  -d grant_type=client_credentials \
  -d client_id="$CLIENT_ID" --data-urlencode client_secret="$CLIENT_SECRET" \
  --data-urlencode "scope=api://$API_ID/.default" | jq -er .access_token
