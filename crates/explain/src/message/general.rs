//! Wordings that name nobody: the errors of the RFCs, and phrases that several libraries share.

use super::cause::*;
use super::{Row, Speaker};

const PROTOCOL: &[Row] = &[
    ("error=\"invalid_token\"", ANY_REFUSAL),
    ("error=invalid_token", ANY_REFUSAL),
    ("error=\"insufficient_scope\"", SCOPE),
    ("error=\"invalid_request\"", BAD_REQUEST),
    ("error=\"insufficient_user_authentication\"", STEP_UP),
    ("error=\"invalid_dpop_proof\"", SENDER),
    ("error=\"use_dpop_nonce\"", SENDER),
    ("\"error\":\"invalid_token\"", ANY_REFUSAL),
    ("\"error\":\"invalid_grant\"", SPENT),
    ("\"error\":\"insufficient_scope\"", SCOPE),
    ("\"error\":\"invalid_request\"", BAD_REQUEST),
    ("\"error\":\"invalid_dpop_proof\"", SENDER),
    ("\"active\":false", INACTIVE),
    ("active: false", INACTIVE),
    ("invalid_token", ANY_REFUSAL),
    ("insufficient_scope", SCOPE),
    ("invalid_grant", SPENT),
    ("WWW-Authenticate", CHALLENGE),
    ("Bearer realm=", CHALLENGE),
];

const SHARED: &[Row] = &[
    ("invalid token", MANY_FORMS),
    ("malformed token", SHAPE),
    ("token malformed", SHAPE),
    ("invalid signature", SIGNATURE),
    ("signature is invalid", SIGNATURE),
    ("invalid algorithm", ALGORITHM),
    ("invalid audience", AUDIENCE),
    ("invalid issuer", ISSUER),
    ("invalid token audience", AUDIENCE),
    ("invalid token issuer", ISSUER),
    ("routines::unsupported", KEY_FORM),
    ("token expired", EXPIRED),
    ("token has expired", EXPIRED),
    ("token is expired", EXPIRED),
    ("token was revoked", REVOKED),
    ("token has been revoked", REVOKED),
    ("token not active", INACTIVE),
    ("token is not active", INACTIVE),
    ("token isn't active", INACTIVE),
    ("issued in the future", ISSUED_LATER),
    ("used before issued", ISSUED_LATER),
    ("no matching key", KEY_UNKNOWN),
    ("unknown kid", KEY_UNKNOWN),
    ("key not found for kid", KEY_UNKNOWN),
    ("two dots and 3 sections", SHAPE),
    ("claim is required", CLAIMS_MISSING),
    ("exp claim is required", NO_EXPIRY),
    ("aud claim is required", NO_AUDIENCE),
    ("iss claim is required", NO_ISSUER),
    ("sub claim is required", NO_SUBJECT),
    ("PKIX path building failed", NETWORK),
    ("unable to find valid certification path to requested target", NETWORK),
    ("certificate signed by unknown authority", NETWORK),
    ("unable to get local issuer certificate", NETWORK),
    ("self-signed certificate", NETWORK),
    ("self signed certificate", NETWORK),
    ("CERTIFICATE_VERIFY_FAILED", NETWORK),
    ("SELF_SIGNED_CERT", NETWORK),
    ("CERT_HAS_EXPIRED", NETWORK),
    ("SSL certificate problem", NETWORK),
    ("certificate verify failed", NETWORK),
    ("getaddrinfo ENOTFOUND ", NETWORK),
    ("getaddrinfo EAI_AGAIN ", NETWORK),
    ("UnknownHostException", NETWORK),
    ("Could not resolve host", NETWORK),
    ("Name or service not known", NETWORK),
    ("Temporary failure in name resolution", NETWORK),
    ("no such host", NETWORK),
    ("ECONNREFUSED", NETWORK),
    ("ECONNRESET", NETWORK),
    ("ETIMEDOUT", NETWORK),
    ("Connection refused", NETWORK),
    ("connect: connection refused", NETWORK),
    ("431 Request Header Fields Too Large", LINE_SIZE),
    ("Request Header Fields Too Large", LINE_SIZE),
    ("has been blocked by CORS policy", PREFLIGHT),
    ("401 Unauthorized", UNAUTHORIZED),
    ("Unauthorized", UNAUTHORIZED),
];

pub(super) const SPEAKERS: &[Speaker] = &[
    Speaker { name: "a server that speaks OAuth 2.0 (RFC 6750)", rows: PROTOCOL },
    Speaker { name: "several libraries", rows: SHARED },
];

/// The longest text in which a word that anybody uses counts as a message, in bytes.
pub(super) const SHORT: usize = 200;

/// Whether a wording is met in any letter about an API as well.
pub(super) fn is_common_word(wording: &str) -> bool {
    matches!(wording, "Unauthorized" | "401 Unauthorized" | "active: false" | "WWW-Authenticate")
}
