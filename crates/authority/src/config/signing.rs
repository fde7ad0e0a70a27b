//! How tokens are signed, and how long keys live.

use claviger_token::Algorithm;
use serde::{Deserialize, Serialize};

use super::{ConfigError, LONGEST_SECONDS, PUBLISHED, within, wrong, wrongs};

/// Signing keys: which kind, and their life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signing {
    /// `ES256` (default), `EdDSA`, `PS256`, `RS256` or `ML-DSA-65`. RSA signs some fifteen times slower and
    /// makes longer tokens; choose it for verifiers that know nothing else. ML-DSA-65 withstands quantum
    /// computers; few verifiers know it yet, and its tokens have some five kilobytes. A change takes effect
    /// by rotation: the new key is published first.
    pub algorithm: SigningAlgorithm,
    /// Further algorithms, each with keys of its own. A client picks one for its ID tokens
    /// (`id_token_signed_response_alg`), an API one for its access tokens (`signing_alg`). Each costs a
    /// key or two in the key set. A new one signs as soon as verifiers can know its first key, after
    /// `jwks_max_age_seconds`; one that is taken away leaves those who picked it without tokens.
    pub also: Vec<SigningAlgorithm>,
    /// Size of a new RSA key. 2048 is the least that RFC 7518 §3.3 allows; 3072 and 4096 sign three
    /// and eight times slower.
    pub rsa_bits: u32,
    /// How long a key signs before the next takes over, in seconds (30 days). Shorter limits what a
    /// stolen key is worth; longer is kinder to verifiers that pin keys by hand.
    pub rotate_after_seconds: u64,
    /// How long a new key is published before it signs, in seconds (1 day). Verifiers cache key
    /// sets; less than their cache time makes a rotation look like forgery. At least
    /// `jwks_max_age_seconds`.
    pub publish_ahead_seconds: u64,
    /// `Cache-Control: max-age` of `/jwks`, in seconds. More spares requests, less spreads a
    /// withdrawal sooner to verifiers that do not read the revocation feed.
    pub jwks_max_age_seconds: u64,
}

impl Default for Signing {
    fn default() -> Self {
        Self {
            algorithm: SigningAlgorithm::Es256,
            also: Vec::new(),
            rsa_bits: 2048,
            rotate_after_seconds: 30 * 86_400,
            publish_ahead_seconds: 86_400,
            jwks_max_age_seconds: 300,
        }
    }
}

/// The algorithms the authority signs with: asymmetric only, so that no verifier can issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// ECDSA on P-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// RSA-PSS.
    #[serde(rename = "PS256")]
    Ps256,
    /// RSA PKCS#1 v1.5.
    #[serde(rename = "RS256")]
    Rs256,
    /// ML-DSA-65 (RFC 9964).
    #[serde(rename = "ML-DSA-65")]
    MlDsa65,
}

impl From<SigningAlgorithm> for Algorithm {
    fn from(chosen: SigningAlgorithm) -> Self {
        match chosen {
            SigningAlgorithm::Es256 => Self::Es256,
            SigningAlgorithm::EdDsa => Self::EdDsa,
            SigningAlgorithm::Ps256 => Self::Ps256,
            SigningAlgorithm::Rs256 => Self::Rs256,
            SigningAlgorithm::MlDsa65 => Self::MlDsa65,
        }
    }
}

impl Signing {
    pub(super) fn check(&self) -> Vec<ConfigError> {
        let mut found = Vec::new();
        if ![2048, 3072, 4096].contains(&self.rsa_bits) {
            found.push(wrong(
                "signing.rsa_bits",
                format!("{} is no size we make", self.rsa_bits),
                "choose 2048, 3072 or 4096",
            ));
        }
        for (place, also) in self.also.iter().enumerate() {
            if *also == self.algorithm || self.also[..place].contains(also) {
                let said = format!("{} is on already", Algorithm::from(*also));
                let fix = "name only algorithms beside `signing.algorithm`, each once";
                found.push(wrong("signing.also", said, fix).beside(&["signing.algorithm"]));
            }
        }
        // Each is held against the one before; against one that is out of range it says nothing.
        let cached = within("signing.jwks_max_age_seconds", self.jwks_max_age_seconds, 0, 86_400);
        let least = if cached.is_ok() { self.jwks_max_age_seconds.max(1) } else { 1 };
        let ahead = within(
            "signing.publish_ahead_seconds",
            self.publish_ahead_seconds,
            least,
            LONGEST_SECONDS,
        )
        .map_err(|error| error.beside(&["signing.jwks_max_age_seconds"]));
        let least = if ahead.is_ok() { self.publish_ahead_seconds } else { 1 };
        let rotated = within(PUBLISHED, self.rotate_after_seconds, least, LONGEST_SECONDS)
            .map_err(|error| error.beside(&["signing.publish_ahead_seconds"]));
        found.extend(wrongs([cached, ahead, rotated]));
        found
    }
}
