curl -sS --fail-with-body -u "$API_CLIENT:$API_SECRET" \
  --data-urlencode "token=$TOKEN" https://id.example/introspect | jq '{active, aud, exp}'
