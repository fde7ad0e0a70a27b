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

const FIREBASE: &[Row] = &[
    ("Firebase ID token has expired", EXPIRED),
    ("Firebase ID token has incorrect \"aud\" (audience) claim", AUDIENCE_ASKED),
    ("Firebase ID token has incorrect \"iss\" (issuer) claim", ISSUER),
    ("Firebase ID token has no \"kid\" claim", NO_KEY_NAME),
    ("which does not correspond to a known public key", KEY_UNKNOWN),
    ("Firebase ID token has invalid signature", SIGNATURE_PUBLIC),
    ("Firebase ID token has incorrect algorithm", ALGORITHM),
    ("Firebase ID token has no \"sub\"", NO_SUBJECT),
    ("Firebase ID token has been revoked", REVOKED),
    ("but was given a custom token", CUSTOM),
    ("but was given a legacy custom token", CUSTOM),
    ("Decoding Firebase ID token failed", SHAPE),
];

const GOOGLE: &[Row] = &[
    ("Check that your computer's clock is set correctly", CLOCK),
    ("Token used too early, ", CLOCK),
    ("Token expired, ", EXPIRED),
    ("Token has wrong audience ", AUDIENCE_ASKED),
    ("Wrong issuer. ", ISSUER),
    ("Could not verify token signature", SIGNATURE_PUBLIC),
    ("Certificate for key id * not found", KEY_UNKNOWN),
    ("Wrong number of segments in token", SHAPE),
    ("Wrong recipient, payload audience != requiredAudience", AUDIENCE_ASKED),
    ("No pem found for envelope", KEY_UNKNOWN),
    ("Token used too late, ", EXPIRED),
];

const ENTRA: &[Row] = &[
    ("AADSTS50013", SIGNATURE_PUBLIC),
    ("AADSTS700027", SIGNATURE_PUBLIC),
    ("AADSTS700082", SPENT_BY_TIME),
    ("AADSTS70043", SPENT_BY_TIME),
    ("AADSTS70008", SPENT_BY_TIME),
    ("AADSTS50173", REVOKED),
    ("AADSTS50076", STEP_UP),
    ("AADSTS50079", STEP_UP),
    ("AADSTS65001", SCOPE),
];

pub(super) const SPEAKERS: &[Speaker] = &[
    Speaker { name: "AWS API Gateway", rows: AWS },
    Speaker { name: "Kubernetes", rows: KUBERNETES },
    Speaker { name: "Microsoft Graph", rows: GRAPH },
    Speaker { name: "Microsoft Entra ID", rows: ENTRA },
    Speaker { name: "Firebase Admin SDK", rows: FIREBASE },
    Speaker { name: "Google's auth libraries", rows: GOOGLE },
];
