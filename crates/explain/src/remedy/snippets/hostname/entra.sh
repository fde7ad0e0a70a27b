az rest --method PATCH --uri "https://graph.microsoft.com/v1.0/applications/$OBJECT" \
  --headers Content-Type=application/json \
  --body '{"api":{"requestedAccessTokenVersion":2}}'
