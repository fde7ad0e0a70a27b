pem = os.environ["PUBLIC_KEY"].replace("\\n", "\n")
claims = jwt.decode(token, pem, algorithms=["ES256"], audience=audience, issuer=issuer)
