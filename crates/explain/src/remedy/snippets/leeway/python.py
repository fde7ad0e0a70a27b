claims = jwt.decode(
    token, key, algorithms=["ES256"], audience=audience, issuer=issuer, leeway=30
)
