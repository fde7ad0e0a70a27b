SSL_CERT_FILE=/etc/ssl/ca.pem ./server
