import secrets

from cryptography.hazmat.primitives.asymmetric import ec

private_key = ec.generate_private_key(ec.SECP256R1())
secret = secrets.token_urlsafe(32)
