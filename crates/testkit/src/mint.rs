//! Tokens as a test wants them: good ones in one line, and any header or payload at all.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger_token::{Algorithm, SigningKey};
use serde_json::{Value, json};

use crate::keys;

/// A token signed by the fixed key of an algorithm. `header` is laid over `{alg, typ, kid}`: a
/// member that is null there is left out, any other replaces ours.
#[must_use]
pub fn mint(algorithm: Algorithm, header: &Value, claims: &Value) -> String {
    mint_with(&keys::signing(algorithm), header, claims)
}

/// As [`mint`], with a key of the caller's.
///
/// # Panics
/// Where the library refuses to sign.
#[must_use]
pub fn mint_with(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let mut full = json!({ "alg": key.algorithm().name(), "typ": "at+jwt", "kid": key.kid() });
    lay_over(&mut full, header);
    seal(key, full.to_string().as_bytes(), claims.to_string().as_bytes())
}

/// A compact JWS over bytes that need be neither JSON nor UTF-8.
///
/// # Panics
/// Where the library refuses to sign.
#[must_use]
pub fn seal(key: &SigningKey, header: &[u8], payload: &[u8]) -> String {
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = key.sign(input.as_bytes()).expect("a fixed key signs");
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A DPoP proof for a request now (RFC 9449 §4.2), with `changes` laid over its claims: every one of them is new.
///
/// # Panics
/// Where the key has no public half.
#[must_use]
pub fn proof(key: &SigningKey, method: &str, url: &str, token: &str, changes: &Value) -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let jwk = key.public().expect("a public half").jwk().expect("a JWK");
    let jwk = with(jwk, &json!({ "kid": null, "alg": null, "use": null }));
    let header = json!({ "typ": "dpop+jwt", "alg": key.algorithm().name(), "jwk": jwk });
    let hash = digest::digest(&digest::SHA256, token.as_bytes());
    let claims = json!({
        "htm": method, "htu": url, "iat": crate::now(), "ath": URL_SAFE_NO_PAD.encode(hash),
        "jti": format!("proof-{}", MADE.fetch_add(1, Ordering::Relaxed)),
    });
    let claims = with(claims, changes);
    seal(key, header.to_string().as_bytes(), claims.to_string().as_bytes())
}

/// The claims of a good RFC 9068 access token that was issued at `now` and lives five minutes.
#[must_use]
pub fn access_claims(issuer: &str, audience: &str, now: i64) -> Value {
    json!({
        "iss": issuer,
        "sub": "example-client",
        "aud": audience,
        "client_id": "example-client",
        "iat": now,
        "exp": now + 300,
        "jti": format!("test-{now}"),
        "scope": "read",
    })
}

/// Claims with some members laid over: null removes, anything else replaces or adds.
#[must_use]
pub fn with(mut claims: Value, changes: &Value) -> Value {
    lay_over(&mut claims, changes);
    claims
}

/// A token with one character of one segment (0, 1 or 2) exchanged: still base64url, other bytes.
///
/// # Panics
/// Where the text has no such segment.
#[must_use]
pub fn tampered(token: &str, segment: usize) -> String {
    let mut segments: Vec<String> = token.split('.').map(str::to_owned).collect();
    let chosen = &mut segments[segment];
    // Not the last character: some of its bits may be padding, and the change would be no change.
    let middle = chosen.len() / 2;
    let other = if chosen.as_bytes()[middle] == b'A' { "B" } else { "A" };
    chosen.replace_range(middle..=middle, other);
    segments.join(".")
}

fn lay_over(base: &mut Value, changes: &Value) {
    let (Value::Object(base), Value::Object(changes)) = (base, changes) else {
        return;
    };
    for (name, value) in changes {
        if value.is_null() {
            base.remove(name);
        } else {
            base.insert(name.clone(), value.clone());
        }
    }
}
