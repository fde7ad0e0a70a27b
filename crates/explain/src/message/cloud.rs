//! Clouds and platforms: AWS API Gateway, Kubernetes, Microsoft Entra and Graph.

use super::cause::*;
use super::{Row, Speaker};

const AWS: &[Row] = &[
    ("the token does not have a valid audience", AUDIENCE),
    ("the token has expired", EXPIRED),
    ("the token does not have the required scopes", SCOPE),
    ("invalid issuer claim", ISSUER),
    ("OIDC discovery endpoint communication error", KEYS_UNREACHABLE),
    ("JWKS communication error", KEYS_UNREACHABLE),
    ("{\"message\":\"Unauthorized\"}", UNAUTHORIZED),
    ("{\"message\": \"Unauthorized\"}", UNAUTHORIZED),
    ("{\"message\":\"Missing Authentication Token\"}", MISSING),
    ("not a valid key=value pair (missing equal-sign) in Authorization header", SCHEME),
];

const KUBERNETES: &[Row] = &[
    ("Unable to authenticate the request", ANY_REFUSAL),
    ("invalid bearer token", ANY_REFUSAL),
    ("invalid bearer token, errorCauses [invalid bearer token]", ANY_REFUSAL),
    ("service account token has expired", EXPIRED),
    ("service account token is not valid yet", TOO_EARLY),
    ("token audiences * is invalid for the target audiences ", AUDIENCE_ASKED),
    ("service account token has been invalidated", BOUND_GONE),
    ("square/go-jose: error in cryptographic primitive", SIGNATURE_PUBLIC),
    ("oidc: verify token: oidc: expected audience *got ", AUDIENCE_ASKED),
    ("oidc: verify token: ", ANY_REFUSAL),
    ("oidc: email not verified", UNMAPPED),
    ("oidc: parse username claims ", UNMAPPED),
    ("You must be logged in to the server (Unauthorized)", UNAUTHORIZED),
    ("You must be logged in to the server", UNAUTHORIZED),
];

const GRAPH: &[Row] = &[
    ("Access token validation failure. Invalid audience", AUDIENCE_ASKED),
    ("InvalidAuthenticationToken", SHAPE),
    ("CompactToken parsing failed with error code: 80049217", SHAPE),
    ("CompactToken parsing failed", SHAPE),
    ("CompactToken validation failed", SIGNATURE_PUBLIC),
    ("Lifetime validation failed, the token is expired", EXPIRED),
];

pub(super) const SPEAKERS: &[Speaker] = &[
    Speaker { name: "AWS API Gateway", rows: AWS },
    Speaker { name: "Kubernetes", rows: KUBERNETES },
    Speaker { name: "Microsoft Graph", rows: GRAPH },
];
