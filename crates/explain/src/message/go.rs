//! Go: golang-jwt, go-oidc and go-jose.

use super::cause::*;
use super::{Row, Speaker};

const GOLANG_JWT: &[Row] = &[
    ("token is malformed: token contains an invalid number of segments", SHAPE),
    ("token contains an invalid number of segments", SHAPE),
    ("could not base64 decode header", HEADER_BYTES),
    ("could not base64 decode claim", PAYLOAD_BYTES),
    ("could not base64 decode signature", TAIL_BYTES),
    ("token is malformed: could not JSON decode header", HEADER_JSON),
    ("token is malformed: could not JSON decode claim", PAYLOAD_JSON),
    ("token is malformed: ", SHAPE),
    ("tokenstring should not contain 'bearer '", DOUBLED),
    ("signing method (alg) is unavailable", ALGORITHM),
    ("signing method (alg) is unspecified", HEADER_JSON),
    ("signing method * is invalid", ALGORITHM),
    ("token is unverifiable: error while executing keyfunc", KEY_UNKNOWN),
    ("error while executing keyfunc", KEY_UNKNOWN),
    ("token is unverifiable", KEY_UNKNOWN),
    ("token signature is invalid: crypto/rsa: verification error", SIGNATURE_PUBLIC),
    ("token signature is invalid: crypto/ecdsa: verification error", SIGNATURE_PUBLIC),
    ("token signature is invalid: ed25519: verification error", SIGNATURE_PUBLIC),
    ("token signature is invalid: signature is invalid", SIGNATURE_SECRET),
    ("token signature is invalid", SIGNATURE),
    ("token has invalid claims: token is expired", EXPIRED),
    ("token is expired by ", EXPIRED),
    ("token has invalid claims: token is not valid yet", TOO_EARLY),
    ("token is not valid yet", TOO_EARLY),
    ("token used before issued", ISSUED_LATER),
    ("token has invalid audience", AUDIENCE),
    ("token has invalid issuer", ISSUER),
    ("token has invalid subject", CLAIM_VALUE),
    ("token is missing required claim: exp claim is required", NO_EXPIRY),
    ("token is missing required claim: aud claim is required", NO_AUDIENCE),
    ("token is missing required claim", CLAIMS_MISSING),
    ("key is of invalid type", KEY_TYPE),
    ("none signature type is not allowed", ALGORITHM_NONE),
];

const GO_OIDC: &[Row] = &[
    ("oidc: malformed jwt, expected 3 parts got ", SHAPE),
    ("oidc: malformed jwt", SHAPE),
    ("oidc: id token issued by a different provider, expected *got ", ISSUER),
    ("oidc: expected audience *got ", AUDIENCE_ASKED),
    ("oidc: token is expired", EXPIRED),
    ("oidc: current time * before the nbf", TOO_EARLY),
    ("oidc: issuer did not match the issuer returned by provider", DISCOVERY),
    ("failed to verify signature: failed to verify id token signature", KEY_UNKNOWN),
    ("failed to verify signature: fetching keys ", KEYS_UNREACHABLE),
    ("failed to verify signature: ", KEY_UNKNOWN),
    ("oidc: id token signed with unsupported algorithm", ALGORITHM),
    ("oidc: invalid configuration, clientID must be provided", AUDIENCE_UNSET),
];

const GO_JOSE: &[Row] = &[
    ("go-jose: error in cryptographic primitive", SIGNATURE),
    ("go-jose/go-jose: error in cryptographic primitive", SIGNATURE),
    ("go-jose: compact JWS format must have three parts", SHAPE),
    ("go-jose/go-jose: compact JWS format must have three parts", SHAPE),
    ("go-jose: unexpected signature algorithm", ALGORITHM),
    ("go-jose/go-jose: unexpected signature algorithm", ALGORITHM),
    ("validation failed, token is expired (exp)", EXPIRED),
    ("validation failed, token not valid yet (nbf)", TOO_EARLY),
    ("validation failed, token issued in the future (iat)", ISSUED_LATER),
    ("validation failed, invalid audience claim (aud)", AUDIENCE_ASKED),
    ("validation failed, invalid issuer claim (iss)", ISSUER),
];

const STANDARD: &[Row] = &[
    ("crypto/rsa: verification error", SIGNATURE_PUBLIC),
    ("illegal base64 data at input byte ", ANY_BYTES),
];

pub(super) const SPEAKERS: &[Speaker] = &[
    Speaker { name: "golang-jwt (Go)", rows: GOLANG_JWT },
    Speaker { name: "go-oidc (Go)", rows: GO_OIDC },
    Speaker { name: "go-jose (Go)", rows: GO_JOSE },
    Speaker { name: "Go's standard library", rows: STANDARD },
];
