TOKEN=$(jq -er .access_token < response.json)
TOKEN=$(kubectl get secret api-token -o jsonpath='{.data.token}' | base64 -d)
TOKEN=$(printf %s "$TOKEN" | python3 -c \
  'import sys, urllib.parse as u; print(u.unquote(sys.stdin.read()), end="")')
