curl -v --max-time 10 --cacert ca.pem https://id.example/.well-known/openid-configuration
