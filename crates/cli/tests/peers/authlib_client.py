"""PyPI Authlib as an application: the three ways in which a client proves who it is.

One argument: JSON with issuer, token_endpoint, revocation_endpoint, introspection_endpoint, resource,
scope, client {id, secret}, signer {id, key (PEM), kid, algorithm} and introspector {id, secret}.
Prints one JSON object: way -> access token.
"""

import json
import os
import sys

# Loopback without TLS; the library asks for this sentence.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc.jwk import ECKey

given = json.loads(sys.argv[1])
endpoint = given["token_endpoint"]
asked = {"grant_type": "client_credentials", "resource": given["resource"], "scope": given["scope"]}


def secret_session(way, party=None):
    party = party or given["client"]
    return OAuth2Session(party["id"], party["secret"], token_endpoint_auth_method=way)


def signing_session(key):
    signer = given["signer"]
    # Given as text, Authlib 1.9 takes any key for RSA.
    key = ECKey.import_key(key)
    session = OAuth2Session(signer["id"], key, token_endpoint_auth_method="private_key_jwt")
    session.register_client_auth_method(
        PrivateKeyJWT(endpoint, None, {"kid": signer["kid"]}, signer["algorithm"])
    )
    return session


tokens = {}
for way in ("client_secret_basic", "client_secret_post"):
    tokens[way] = secret_session(way).fetch_token(endpoint, **asked)["access_token"]
tokens["private_key_jwt"] = signing_session(given["signer"]["key"]).fetch_token(endpoint, **asked)[
    "access_token"
]
assert len(set(tokens.values())) == 3, "every token is its own"

# The resource server asks about a token; the application ends it; the resource server asks again.
server = secret_session("client_secret_basic", given["introspector"])
client = secret_session("client_secret_basic")
doomed = client.fetch_token(endpoint, **asked)["access_token"]
assert server.introspect_token(given["introspection_endpoint"], token=doomed).json()["active"] is True
client.revoke_token(given["revocation_endpoint"], token=doomed).raise_for_status()
assert server.introspect_token(given["introspection_endpoint"], token=doomed).json() == {"active": False}

# An assertion by a stranger's key is refused, as is a client without its secret.
for session in (
    signing_session(given["stranger_key"]),
    secret_session("client_secret_post", {"id": given["client"]["id"], "secret": "wrong"}),
):
    try:
        session.fetch_token(endpoint, **asked)
    except OAuthError as refused:
        assert refused.error == "invalid_client", refused
    else:
        raise AssertionError("a client that proved nothing got a token")

print(json.dumps(tokens))
