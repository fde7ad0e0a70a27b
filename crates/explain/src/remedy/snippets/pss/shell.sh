printf %s "$SIGNING_INPUT" | openssl dgst -sha256 -binary -sign private.pem \
  -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest > signature.bin
