sudo cp ca.pem /usr/local/share/ca-certificates/id.crt
sudo update-ca-certificates
