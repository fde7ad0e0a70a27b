//! Proxies and gateways: Envoy and Istio, Kong, HAProxy, oauth2-proxy, nginx.

use super::cause::*;
use super::{Row, Speaker};

const ENVOY: &[Row] = &[
    ("Jwt is missing", MISSING),
    ("Jwt is expired", EXPIRED),
    ("Jwt not yet valid", TOO_EARLY),
    ("Jwt is not in the form of Header.Payload.Signature", SHAPE),
    ("Jwt header is an invalid Base64url encoded", HEADER_BYTES),
    ("Jwt header is an invalid JSON", HEADER_JSON),
    ("Jwt header [alg] is not supported", ALGORITHM),
    ("Jwt header [alg] field is required and must be a string", HEADER_JSON),
    ("Jwt header [kid] field is not a string", CLAIM_TYPE),
    ("Jwt payload is an invalid Base64url encoded", PAYLOAD_BYTES),
    ("Jwt payload is an invalid JSON", PAYLOAD_JSON),
    ("Jwt payload [*] field is not a*integer", CLAIM_TYPE),
    ("Jwt payload [*] field is not a string", CLAIM_TYPE),
    ("Jwt signature is an invalid Base64url encoded", TAIL_BYTES),
    ("Jwt issuer is not configured", ISSUER),
    ("Audiences in Jwt are not allowed", AUDIENCE_ASKED),
    ("Jwt verification fails", SIGNATURE_PUBLIC),
    ("Found multiple Jwt tokens", SEVERAL),
    ("Jwks doesn't have key to match kid or alg from Jwt", KEY_UNKNOWN),
    ("Jwks remote fetch is failed", KEYS_UNREACHABLE),
    ("Jwks is an invalid JSON", KEYS_INVALID),
    ("Jwks does not have [keys] field", KEYS_INVALID),
    ("jwt_authn_access_denied", ANY_REFUSAL),
    ("RBAC: access denied", SCOPE),
];

const KONG: &[Row] = &[
    ("Multiple tokens provided", SEVERAL),
    ("Unrecognizable token", CLAIM_TYPE_OF_INPUT),
    ("Bad token; invalid JSON", HEADER_JSON),
    ("Bad token; ", SHAPE),
    ("No mandatory 'iss' in claims", NO_ISSUER),
    ("No mandatory 'kid' in claims", KEY_AMBIGUOUS),
    ("No mandatory '*' in claims", CLAIM_VALUE),
    ("No credentials found for given 'iss'", ISSUER),
    ("No credentials found for given 'kid'", KEY_UNKNOWN),
    ("No credentials found for given '", KEY_UNKNOWN),
    ("Invalid key/secret", KEY_FORM),
    ("Invalid signature", SIGNATURE),
    ("Invalid algorithm", ALGORITHM),
    ("\"exp\":\"token expired\"", EXPIRED),
    ("\"nbf\":\"token not valid yet\"", TOO_EARLY),
    ("Signature must be 64 bytes.", SIGNATURE_SHAPE),
];

const HAPROXY: &[Row] = &[
    ("jwt_verify: 1", HAPROXY_FINE),
    ("jwt_verify: 0", SIGNATURE),
    ("jwt_verify: -1", ALGORITHM),
    ("jwt_verify: -2", ALGORITHM),
    ("jwt_verify: -3", SHAPE),
    ("jwt_verify: -5", KEY_FORM),
    ("jwt_verify: -7", KEY_FORM),
    ("jwt_verify=1", HAPROXY_FINE),
    ("jwt_verify=0", SIGNATURE),
    ("jwt_verify=-1", ALGORITHM),
    ("jwt_verify=-2", ALGORITHM),
    ("jwt_verify=-3", SHAPE),
    ("jwt_verify=-5", KEY_FORM),
    ("jwt_verify=-7", KEY_FORM),
];

const OAUTH2_PROXY: &[Row] = &[
    ("Error retrieving session from token in Authorization header: ", ANY_REFUSAL),
    ("unable to verify bearer token", ANY_REFUSAL),
    ("invalid authorization header: ", SCHEME),
    ("audience from claim * does not match with any of allowed audiences ", AUDIENCE_ASKED),
];

const NGINX: &[Row] = &[("Request Header Or Cookie Too Large", LINE_SIZE)];

pub(super) const SPEAKERS: &[Speaker] = &[
    Speaker { name: "Envoy or Istio", rows: ENVOY },
    Speaker { name: "Kong", rows: KONG },
    Speaker { name: "HAProxy", rows: HAPROXY },
    Speaker { name: "oauth2-proxy", rows: OAUTH2_PROXY },
    Speaker { name: "nginx", rows: NGINX },
];
