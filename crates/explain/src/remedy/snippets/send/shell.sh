curl -sS -H "Authorization: Bearer $TOKEN" https://api.example/orders
