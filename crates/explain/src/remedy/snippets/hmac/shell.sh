printf %s "$SIGNING_INPUT" | openssl dgst -sha256 -mac HMAC \
  -macopt hexkey:"$(od -An -v -tx1 < secret.txt | tr -d ' \n')" -binary |
  base64 -w0 | tr '+/' '-_' | tr -d '='
