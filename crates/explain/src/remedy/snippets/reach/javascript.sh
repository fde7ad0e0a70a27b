NODE_EXTRA_CA_CERTS=/etc/ssl/ca.pem node server.js
