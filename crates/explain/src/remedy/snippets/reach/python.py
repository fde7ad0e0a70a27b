import ssl

import jwt

keys = jwt.PyJWKClient(
    "https://id.example/jwks", ssl_context=ssl.create_default_context(cafile="ca.pem")
)
