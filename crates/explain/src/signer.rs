//! Which of the given keys made a signature: by its name, its kind and the set it came with.
//!
//! Decides nothing about the token: the verifier chooses its key by `kid`, this asks all of them, so that
//! two observations can be compared. Never shows anything of a shared secret.

use claviger_token::{KeyKind, SignatureState};
use serde_json::{Value, json};

use crate::bench::{Bench, Subject};

/// More keys than this are not asked.
const MOST_KEYS: usize = 32;

/// A given key under which a signature verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// Its name.
    pub kid: Option<String>,
    /// Its kind, in words.
    pub kind: &'static str,
    /// Its strength.
    pub bits: usize,
    /// Its thumbprint (RFC 7638); none for a shared secret, which it would help to guess.
    pub thumbprint: Option<String>,
    /// What it was given as: the name of a file or an address.
    pub source: Option<String>,
    /// Whether that was a key set: keys that were given one by one are apart by nature.
    pub(crate) of_set: bool,
}

impl Signer {
    /// In words: `key a (RSA) of old.json`.
    #[must_use]
    pub fn described(&self) -> String {
        let name = match &self.kid {
            Some(kid) => format!("key {kid} ({}, {} bits)", self.kind, self.bits),
            None => format!("a key without a name ({}, {} bits)", self.kind, self.bits),
        };
        match &self.source {
            Some(source) => format!("{name} of {source}"),
            None => name,
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "kid": self.kid,
            "kind": self.kind,
            "bits": self.bits,
            "thumbprint": self.thumbprint,
            "source": self.source,
        })
    }
}

/// The given keys under which the token verifies, as it stands; mostly one.
pub(crate) fn of(bench: &Bench<'_>, subject: &Subject<'_>, state: SignatureState) -> Vec<Signer> {
    let Some(algorithm) = subject.algorithm else { return Vec::new() };
    if state == SignatureState::Unchecked {
        return Vec::new();
    }
    let mut found: Vec<Signer> = Vec::new();
    let keys = bench.surroundings.keys().map_or(&[][..], |keys| keys.keys());
    let serve = keys.iter().enumerate().filter(|(_, key)| key.algorithms().contains(&algorithm));
    for (nth, key) in serve.take(MOST_KEYS) {
        if !key.verifies(algorithm, subject.input(), subject.signature()) {
            continue;
        }
        let source = bench.surroundings.source_of(nth);
        let secret = key.kind() == KeyKind::Secret;
        found.push(Signer {
            kid: key.kid().map(str::to_owned),
            kind: key.kind().as_str(),
            bits: key.bits(),
            thumbprint: (!secret).then(|| key.thumbprint().to_owned()),
            source: source.map(|(name, _)| name.to_owned()),
            of_set: source.is_some_and(|(_, of_set)| of_set),
        });
    }
    found
}
