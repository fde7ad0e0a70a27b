//! A message whose wording stands in no table: the words that every library uses for the same refusal.
//!
//! Decides only where nothing else did. A word of each group must be there; the first rule that holds names the
//! cause, what says more before what says less.

use std::collections::BTreeSet;

use super::cause::*;

/// Words of which one must be there, for each group.
type Rule = (&'static [&'static [&'static str]], Cause);

const WRONG: &[&str] = &[
    "invalid",
    "mismatch",
    "mismatched",
    "match",
    "matches",
    "expected",
    "unexpected",
    "wrong",
    "incorrect",
    "bad",
    "rejected",
    "unacceptable",
    "allowed",
    "accepted",
    "unknown",
    "untrusted",
    "unauthorized",
    "denied",
    "fail",
    "fails",
    "failed",
    "failure",
    "verify",
    "verified",
    "verification",
    "validate",
    "validation",
    "unsupported",
    "supported",
    "error",
    "intended",
];
const ABSENT: &[&str] = &[
    "missing", "required", "absent", "empty", "without", "no", "provided", "supplied", "present",
    "lacks",
];
const LOOKED_FOR: &[&str] = &[
    "unknown", "find", "found", "resolve", "lookup", "match", "matching", "matches", "unable",
    "missing", "no",
];
const TOKEN: &[&str] =
    &["token", "tokens", "jwt", "jws", "bearer", "authorization", "credential", "credentials"];

const RULES: &[Rule] = &[
    (&[&["preflight"]], PREFLIGHT),
    (&[&["origin"], &["cors", "control"]], PREFLIGHT),
    (&[&["dpop"], WRONG], SENDER),
    (&[&["revoked", "blacklisted", "blocklisted", "denylisted", "blacklist"]], REVOKED),
    (&[&["refresh"], TOKEN, &["only", "access", "allowed", "instead", "not"]], KIND_REFRESH),
    (
        &[
            &["expired", "expiration", "expiry", "expires", "exp"],
            &["missing", "no", "required", "absent"],
        ],
        NO_EXPIRY,
    ),
    (&[&["expired", "expires", "expiration", "expiry"]], EXPIRED),
    (&[&["future", "premature"], TOKEN], ISSUED_LATER),
    (&[&["nbf"]], TOO_EARLY),
    (&[&["yet"], &["valid", "active", "before"]], TOO_EARLY),
    (&[&["before"], &["used", "use", "valid"], TOKEN], TOO_EARLY),
    (&[&["audience", "audiences", "aud"], &["missing", "no", "required", "absent"]], NO_AUDIENCE),
    (&[&["audience", "audiences", "aud"], WRONG], AUDIENCE),
    (&[&["issuer", "issuers", "iss"], &["missing", "no", "required", "absent"]], NO_ISSUER),
    (&[&["issuer", "issuers", "iss"], WRONG], ISSUER),
    (&[&["subject", "sub"], ABSENT], NO_SUBJECT),
    (
        &[
            &["scope", "scopes", "insufficient", "privileges", "permissions"],
            &["scope", "scopes", "insufficient", "missing", "required", "privileges"],
        ],
        SCOPE,
    ),
    (&[&["algorithm", "alg"], &["none"]], ALGORITHM_NONE),
    (&[&["unsigned", "unsecured"], TOKEN], ALGORITHM_NONE),
    (&[&["algorithm", "algorithms", "alg"], WRONG], ALGORITHM),
    (
        &[
            &["kid"],
            &["missing", "no", "empty", "without", "lacks"],
            &["header", "token", "headers"],
        ],
        NO_KEY_NAME,
    ),
    (&[&["kid"], LOOKED_FOR], KEY_UNKNOWN),
    (
        &[
            &["key", "keys", "jwk"],
            &["signing", "verification", "public", "kid", "id", "matching"],
            LOOKED_FOR,
        ],
        KEY_UNKNOWN,
    ),
    (
        &[
            &["jwks", "discovery", "keyset"],
            &[
                "timeout",
                "timed",
                "unreachable",
                "fetch",
                "retrieve",
                "load",
                "request",
                "download",
                "connection",
            ],
        ],
        KEYS_UNREACHABLE,
    ),
    (&[&["jwks", "keyset"], &["empty", "invalid", "malformed", "no"]], KEYS_INVALID),
    (
        &[
            &["pem", "der", "asn1", "spki", "pkcs8", "pkcs1"],
            &["error", "invalid", "failed", "parse", "line", "decode", "expected", "unsupported"],
        ],
        KEY_FORM,
    ),
    (&[&["key", "secret"], &["short", "weak", "bits", "length", "small"]], KEY_WEAK),
    (
        &[
            &["key", "secret"],
            &["parse", "deserialize", "decode", "format", "malformed", "load", "import"],
        ],
        KEY_FORM,
    ),
    (&[&["secret", "key"], &["empty", "undefined", "unset", "blank"]], SECRET_EMPTY),
    (&[&["signature", "hmac", "digest"], &["missing", "empty", "stripped"]], STRIPPED),
    (&[&["signature", "signatures", "hmac"], WRONG], SIGNATURE),
    (&[&["segment", "segments", "dots", "periods"]], SHAPE),
    (&[&["parts", "delimiters"], TOKEN], SHAPE),
    (&[&["malformed"], TOKEN], SHAPE),
    (&[&["base64", "base64url"]], ANY_BYTES),
    (&[&["authorization"], &["header"], ABSENT], MISSING),
    (&[TOKEN, ABSENT], MISSING),
    (&[&["not"], &["authenticated"]], MISSING),
    (&[&["certificate", "tls", "ssl"], WRONG], NETWORK),
    (&[&["session"], &["ended", "active", "closed"]], SESSION),
    (&[&["inactive"], TOKEN], INACTIVE),
    (&[&["verify", "validate"], TOKEN], ANY_REFUSAL),
    (&[&["header", "headers"], &["large", "long", "431", "494"]], LINE_SIZE),
];

/// The longest text that is one message, in bytes; a letter uses every word of the language.
const LONGEST: usize = 1000;

/// The cause that the words of a short text speak of.
pub(super) fn cause(text: &str) -> Option<&'static Cause> {
    if text.len() > LONGEST {
        return None;
    }
    let words = words(text);
    let holds = |group: &&[&str]| group.iter().any(|word| words.contains(*word));
    RULES.iter().find(|(groups, _)| groups.iter().all(holds)).map(|(_, cause)| cause)
}

/// The words of a text, in lower case: `InvalidAudienceError` and `INVALID_AUDIENCE` are several.
fn words(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut word = String::new();
    let mut was_lower = false;
    for c in text.chars() {
        if !c.is_alphanumeric() || (was_lower && c.is_uppercase()) {
            words.insert(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    words.insert(word);
    words.remove("");
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_token::Code as C;

    #[test]
    fn words_that_stand_in_no_table_lead_to_their_cause() {
        for (text, first) in [
            ("TOKEN_AUDIENCE_MISMATCH", C::AudienceNotConfigured),
            ("InvalidAudienceException: nope", C::AudienceNotConfigured),
            ("your session token expired at noon", C::Expired),
            ("the signature could not be verified", C::SecretEncoding),
            ("Unknown issuer https://a.test", C::IssuerNearMiss),
            ("could not resolve kid abc", C::KeySetStale),
            ("alg RS1 is not supported", C::AlgorithmNotAllowed),
            ("token must have three parts", C::TokenOpaque),
            ("no bearer token was provided", C::CredentialMissing),
            ("error:0909006C:PEM routines:get_name:no start line", C::KeyFormat),
            ("nginx: 494 request header too large", C::HeaderTooLarge),
            ("No 'Access-Control-Allow-Origin' header is present", C::PreflightUnauthenticated),
            ("Only non-refresh tokens are allowed", C::RefreshTokenAsAccessToken),
        ] {
            let found = cause(text).and_then(|cause| cause.candidates.first());
            assert_eq!(found, Some(&first), "{text}");
        }
        for text in ["", "hello", "Dear team, please find the key below.", "GET /orders"] {
            assert!(cause(text).is_none(), "{text}");
        }
        let letter = "the token expired ".repeat(80);
        assert!(cause(&letter).is_none());
    }
}
