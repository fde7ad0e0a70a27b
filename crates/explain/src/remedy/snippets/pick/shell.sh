TOKEN=$(curl -sS --fail-with-body -u "$CLIENT_ID:$CLIENT_SECRET" \
  -d grant_type=client_credentials \
  --data-urlencode resource=https://api.example \
  https://id.example/token | jq -er .access_token) || exit 1
