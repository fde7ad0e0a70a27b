//! What the tests share: an issuer, an API, its keys, and good tokens of every algorithm.

use claviger_explain::{Report, Surroundings};
use claviger_testkit::keys;
use claviger_testkit::mint::{mint, with};
use claviger_token::{Algorithm, Policy};
use serde_json::{Value, json};

pub(crate) const NOW: i64 = 1_795_000_000;
pub(crate) const ISSUER: &str = "https://id.example.test";
pub(crate) const AUDIENCE: &str = "https://api.example.test";

/// The algorithms that a published key set serves.
pub(crate) const PUBLIC: &[Algorithm] = &[
    Algorithm::Es256,
    Algorithm::Es384,
    Algorithm::Es512,
    Algorithm::EdDsa,
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
];

pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "user-4711", "client_id": "web", "iat": NOW - 60,
        "exp": NOW + 240, "jti": "c2Vzc2lvbi00NzEx", "scope": "orders:read profile",
    })
}

/// A good token.
pub(crate) fn token(algorithm: Algorithm) -> String {
    mint(algorithm, &json!({}), &claims())
}

/// A token with some claims laid over.
pub(crate) fn token_with(algorithm: Algorithm, changes: &Value) -> String {
    mint(algorithm, &json!({}), &with(claims(), changes))
}

pub(crate) fn policy() -> Policy {
    Policy::access(ISSUER, AUDIENCE)
}

/// The set with the keys of all algorithms.
pub(crate) fn key_set() -> String {
    let all: Vec<_> = PUBLIC.iter().map(|algorithm| keys::signing(*algorithm)).collect();
    keys::jwks(&all).to_string()
}

/// What an API with the keys of this algorithm, and of all others where they are public, judges by.
pub(crate) fn surroundings(algorithm: Algorithm) -> Surroundings {
    surroundings_for(policy(), algorithm)
}

pub(crate) fn surroundings_for(policy: Policy, algorithm: Algorithm) -> Surroundings {
    let surroundings = Surroundings::new(policy, NOW);
    if algorithm.is_symmetric() {
        surroundings.with_secret("secret", keys::SECRET)
    } else {
        surroundings.with_key_set("jwks.json", key_set().as_bytes())
    }
}

/// A report in a line and its faults, for a test that fails.
pub(crate) fn said(report: &Report) -> String {
    let faults: Vec<String> = report
        .faults
        .iter()
        .map(|one| {
            format!("{} [{}] {}", one.fault.code, one.certainty.as_str(), one.fault.detail())
        })
        .collect();
    format!("{} {faults:#?}", report.verdict.as_str())
}
