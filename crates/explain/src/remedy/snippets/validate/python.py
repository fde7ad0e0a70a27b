import jwt

keys = jwt.PyJWKClient("https://id.example/jwks")


def check(token):
    return jwt.decode(
        token,
        keys.get_signing_key_from_jwt(token).key,
        algorithms=["ES256"],
        issuer="https://id.example",
        audience="https://api.example",
        leeway=30,
        options={"require": ["exp", "iss", "aud", "sub"]},
    )
