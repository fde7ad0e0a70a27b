import uuid
from datetime import datetime, timedelta, timezone

import jwt

now = datetime.now(timezone.utc)
token = jwt.encode(
    {
        "iss": "https://id.example",
        "sub": client_id,
        "aud": "https://api.example",
        "iat": now,
        "exp": now + timedelta(minutes=5),
        "jti": str(uuid.uuid4()),
        "scope": "orders.read",
    },
    private_key,
    algorithm="ES256",
    headers={"kid": kid, "typ": "at+jwt"},
)
