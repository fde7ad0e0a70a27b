printf %s "$(openssl rand -hex 32)" > secret.txt
sha256sum secret.txt
wc -c < secret.txt
