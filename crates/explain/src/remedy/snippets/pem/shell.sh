openssl pkey -in private.pem -pubout -out public.pem
openssl x509 -in cert.pem -pubkey -noout > public.pem
openssl pkey -pubin -in public.pem -noout -text
