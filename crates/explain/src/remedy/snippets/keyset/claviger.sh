claviger gate --issuer https://id.example --audience https://api.example \
  --upstream http://127.0.0.1:3000
