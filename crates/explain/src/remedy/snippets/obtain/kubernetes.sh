kubectl create token orders-client --audience=https://api.example --duration=10m
