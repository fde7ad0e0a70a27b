grep -n 'machine' ~/.netrc
curl -q -sS -H "Authorization: Bearer $TOKEN" https://api.example/orders
