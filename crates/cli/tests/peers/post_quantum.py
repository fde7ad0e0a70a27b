"""jwcrypto (on OpenSSL's ML-DSA) verifies what the authority signs, and is itself an issuer of such tokens.

One argument: JSON. With jwks_uri, token, issuer and audience it verifies. With audience alone it serves metadata
and an AKP key on loopback until it is ended, and says on one line where, with a token that it signed.
"""

import http.server
import json
import sys
import time
import urllib.request

from jwcrypto import jwk, jws, jwt

ALGORITHM = "ML-DSA-65"


def verify(given):
    with urllib.request.urlopen(given["jwks_uri"]) as answer:
        published = json.load(answer)
    quantum = [key for key in published["keys"] if key["alg"] == ALGORITHM]
    assert quantum and all(key["kty"] == "AKP" and "priv" not in key for key in quantum), published
    keys = jwk.JWKSet.from_json(json.dumps(published))
    for key in quantum:
        assert keys.get_key(key["kid"]).thumbprint() == key["kid"], "RFC 9964 section 6"
    judged = jwt.JWT(
        jwt=given["token"],
        key=keys,
        algs=[ALGORITHM],
        check_claims={"iss": given["issuer"], "aud": given["audience"], "exp": None, "sub": None},
    )
    # It refuses another signature; else its agreement would mean nothing.
    head, payload, signature = given["token"].split(".")
    flipped = signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]
    kid = judged.token.jose_header["kid"]
    try:
        bad = jws.JWS()
        bad.allowed_algs = [ALGORITHM]
        bad.deserialize(f"{head}.{payload}.{flipped}", keys.get_key(kid))
    except jws.InvalidJWSSignature:
        pass
    else:
        raise AssertionError("a tampered token was accepted")
    print(json.dumps({"kid": kid, "claims": json.loads(judged.claims)}))


def issue(given):
    key = jwk.JWK.generate(kty="AKP", alg=ALGORITHM, kid="foreign-1", use="sig")

    class Issuer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/jwks":
                body = {"keys": [key.export_public(as_dict=True)]}
            elif self.path == "/.well-known/openid-configuration":
                body = {"issuer": issuer, "jwks_uri": f"{issuer}/jwks"}
            else:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Issuer)
    issuer = f"http://127.0.0.1:{server.server_port}"
    now = int(time.time())
    token = jwt.JWT(
        header={"alg": ALGORITHM, "typ": "at+jwt", "kid": "foreign-1"},
        claims={
            "iss": issuer,
            "aud": given["audience"],
            "sub": "foreign-user",
            "client_id": "foreign-app",
            "iat": now,
            "exp": now + 600,
            "jti": "foreign-token-1",
        },
    )
    token.make_signed_token(key)
    said = {"issuer": issuer, "token": token.serialize(), "jwks": [key.export_public(as_dict=True)]}
    print(json.dumps(said), flush=True)
    server.serve_forever()


given = json.loads(sys.argv[1])
verify(given) if "token" in given else issue(given)
