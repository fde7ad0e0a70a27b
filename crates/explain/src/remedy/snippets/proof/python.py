import base64
import hashlib
import time
import uuid

import jwt

digest = hashlib.sha256(token.encode()).digest()
proof = jwt.encode(
    {
        "jti": str(uuid.uuid4()),
        "htm": "GET",
        "htu": "https://api.example/orders",
        "iat": int(time.time()),
        "ath": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
    },
    private_key,
    algorithm="ES256",
    headers={"typ": "dpop+jwt", "jwk": public_jwk},
)
headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
