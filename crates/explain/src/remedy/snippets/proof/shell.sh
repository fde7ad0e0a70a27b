openssl x509 -in client.pem -outform DER | openssl dgst -sha256 -binary |
  base64 -w0 | tr '+/' '-_' | tr -d '='
curl -sS --cert client.pem --key client.key \
  -H "Authorization: Bearer $TOKEN" https://api.example/orders
