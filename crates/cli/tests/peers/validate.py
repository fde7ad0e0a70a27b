"""PyJWT and joserfc as resource servers: both verify an issued token from the published JWK set.

One argument: JSON with jwks_uri, token, issuer, audience, algorithm.
"""

import json
import sys
import urllib.request

import jwt
from joserfc import jwt as jose
from joserfc.jwk import KeySet

given = json.loads(sys.argv[1])
token, issuer, audience = given["token"], given["issuer"], given["audience"]

# PyJWT finds the key by `kid` in the set that it fetches itself.
key = jwt.PyJWKClient(given["jwks_uri"]).get_signing_key_from_jwt(token)
claims = jwt.decode(
    token,
    key,
    algorithms=[given["algorithm"]],
    audience=audience,
    issuer=issuer,
    options={"require": ["exp", "iat", "iss", "aud", "sub", "jti", "client_id"]},
)
assert jwt.get_unverified_header(token)["typ"] == "at+jwt", "RFC 9068 section 2.1"
assert claims["sub"] == claims["client_id"], "RFC 9068 section 2.2: the client acts for itself"

# joserfc does the same with nothing in common.
with urllib.request.urlopen(given["jwks_uri"]) as answer:
    assert "max-age" in (answer.headers["Cache-Control"] or "")
    assert answer.headers["ETag"]
    published = json.load(answer)
for jwk in published["keys"]:
    assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & jwk.keys(), "a private member is published"
keys = KeySet.import_key_set(published)
decoded = jose.decode(token, keys, algorithms=[given["algorithm"]])
jose.JWTClaimsRegistry(
    iss={"essential": True, "value": issuer},
    aud={"essential": True, "value": audience},
    exp={"essential": True},
).validate(decoded.claims)
assert decoded.claims == claims

# Both refuse the token with another signature; else their agreement would mean nothing.
head, payload, signature = token.split(".")
flipped = signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]
for refuses in (
    lambda bad: jwt.decode(bad, key, algorithms=[given["algorithm"]], audience=audience),
    lambda bad: jose.decode(bad, keys, algorithms=[given["algorithm"]]),
):
    try:
        refuses(f"{head}.{payload}.{flipped}")
    except Exception as refused:
        assert "ignature" in type(refused).__name__, refused
    else:
        raise AssertionError("a tampered token was accepted")

print(json.dumps({"kid": jwt.get_unverified_header(token)["kid"], "claims": claims}))
