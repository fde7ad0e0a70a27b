//! A set of verifying keys (RFC 7517 §5). Members that are not understood are skipped and remembered,
//! so that one exotic key never takes the others away.

use std::fmt;

use serde_json::Value;

use crate::key::{Key, KeyError, KeyKind, KeyProblem};

/// Keys by which tokens of one issuer are judged.
#[derive(Debug, Default)]
pub struct KeySet {
    keys: Vec<Key>,
    rejected: Vec<(usize, KeyError)>,
}

/// What is wrong with a text that should have been a key set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySetProblem {
    /// It is no JSON.
    NotJson,
    /// It is an HTML page.
    Html,
    /// It is JSON without a list `keys`.
    NoKeys,
    /// It is a discovery document; its `jwks_uri` names the key set.
    Discovery,
    /// The list is empty.
    Empty,
    /// It holds private keys.
    Private,
    /// No member of it can verify anything.
    NoneUsable,
}

/// A text that is no key set, and why. Never quotes the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySetError {
    /// Which problem.
    pub problem: KeySetProblem,
    /// In words.
    pub reason: String,
}

impl KeySetError {
    fn new(problem: KeySetProblem, reason: impl Into<String>) -> Self {
        Self { problem, reason: reason.into() }
    }
}
impl fmt::Display for KeySetError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.reason)
    }
}
impl std::error::Error for KeySetError {}

/// More keys than any issuer publishes; a set beyond it is an attack on the reader's memory.
const MOST_KEYS: usize = 256;

impl KeySet {
    /// A set of these keys.
    #[must_use]
    pub const fn new(keys: Vec<Key>) -> Self {
        Self { keys, rejected: Vec::new() }
    }

    /// Reads a JWK set; a single JWK is taken as a set of one.
    ///
    /// # Errors
    /// Where the text is no JSON, no key set, empty, holds private keys, or no key that can be used.
    pub fn from_json(text: &str) -> Result<Self, KeySetError> {
        let start = text.trim_start_matches('\u{FEFF}').trim_start();
        if start.starts_with('<') {
            return Err(KeySetError::new(
                KeySetProblem::Html,
                "an HTML page where a key set is due",
            ));
        }
        let value: Value = serde_json::from_str(start).map_err(|error| {
            let reason = format!("no JSON where a key set is due ({error})");
            KeySetError::new(KeySetProblem::NotJson, reason)
        })?;
        let single;
        let list = match value.get("keys") {
            Some(Value::Array(list)) => list,
            Some(_) => {
                let reason = "a key set whose `keys` is no list";
                return Err(KeySetError::new(KeySetProblem::NoKeys, reason));
            }
            None if value.get("kty").is_some() => {
                single = vec![value];
                &single
            }
            None if value.get("jwks_uri").is_some() => {
                return Err(KeySetError::new(
                    KeySetProblem::Discovery,
                    "a discovery document where a key set is due; its `jwks_uri` names the key set",
                ));
            }
            None => {
                let reason = "JSON without a list `keys`";
                return Err(KeySetError::new(KeySetProblem::NoKeys, reason));
            }
        };
        if list.is_empty() {
            return Err(KeySetError::new(KeySetProblem::Empty, "a key set without a key"));
        }
        if list.len() > MOST_KEYS {
            let reason = format!("a key set with more than {MOST_KEYS} keys");
            return Err(KeySetError::new(KeySetProblem::NoneUsable, reason));
        }
        let mut set = Self::default();
        for (nth, jwk) in list.iter().enumerate() {
            match Key::from_jwk(jwk) {
                Ok(key) => set.keys.push(key),
                Err(error) if error.problem == KeyProblem::Private => {
                    let reason = format!("a key set with a private key in it (number {})", nth + 1);
                    return Err(KeySetError::new(KeySetProblem::Private, reason));
                }
                Err(error) => set.rejected.push((nth, error)),
            }
        }
        // Whoever may read the public keys of such a set reads its secrets too: they are secrets no more.
        if set.keys.iter().any(|key| key.kind() != KeyKind::Secret) {
            let (secrets, keys) =
                set.keys.into_iter().partition(|key: &Key| key.kind() == KeyKind::Secret);
            set.keys = keys;
            let secrets: Vec<Key> = secrets;
            set.rejected.extend(secrets.into_iter().map(|_| {
                let reason = "a shared secret in a set of public keys";
                (0, KeyError::new(KeyProblem::Unsupported, reason))
            }));
        }
        match set.rejected.first() {
            Some((nth, error)) if set.keys.is_empty() => {
                let reason =
                    format!("a key set without a usable key (number {}: {error})", nth + 1);
                Err(KeySetError::new(KeySetProblem::NoneUsable, reason))
            }
            _ => Ok(set),
        }
    }

    /// The same set without shared secrets: what is published for all to read is no secret.
    #[must_use]
    pub fn without_secrets(mut self) -> Self {
        self.keys.retain(|key| key.kind() != KeyKind::Secret);
        self
    }

    /// The keys, in order.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }
    /// Members that were skipped: their place in the list, and why.
    #[must_use]
    pub fn rejected(&self) -> &[(usize, KeyError)] {
        &self.rejected
    }
    /// The keys of this `kid`.
    pub fn find(&self, kid: &str) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(move |key| key.kid() == Some(kid))
    }
    /// Whether it holds no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
    /// Adds a key.
    pub fn push(&mut self, key: Key) {
        self.keys.push(key);
    }
    /// Adds all keys of another set.
    pub fn extend(&mut self, other: Self) {
        self.keys.extend(other.keys);
        self.rejected.extend(other.rejected);
    }
}
