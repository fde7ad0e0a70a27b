//! The work bench: the token crate's own verifier, with a count of how often it was used.
//!
//! Every hypothesis is judged here and nowhere else, so that "proven" always means: the same verifier
//! under the same policy accepts it. Decides nothing itself.

use std::cell::{Cell, OnceCell};

use aws_lc_rs::hmac;
use claviger_token::{
    Algorithm, Examination, Key, KeyKind, Policy, SignatureState, Token, examine,
};

use crate::rsa_block::{self, Block};
use crate::surroundings::Surroundings;

/// What one ES256 verification costs, in the units below.
const UNIT: u64 = 3;

/// What a verification costs: measured against each other, RSA-2048 being one (16 µs where ES256 takes 49).
const fn cost(key: &Key) -> u64 {
    match key.kind() {
        KeyKind::Secret => 0,
        KeyKind::Rsa => 1 + key.bits() as u64 / 3072,
        KeyKind::P256 | KeyKind::Ed25519 | KeyKind::MlDsa65 => UNIT,
        KeyKind::P384 => 12,
        KeyKind::P521 => 21,
    }
}

/// What may be read or hashed in the time of one verification.
const BYTES_PER_VERIFICATION: u64 = 16 * 1024;

/// Verifier, keys and budget for one explanation.
pub(crate) struct Bench<'s> {
    pub(crate) surroundings: &'s Surroundings,
    pub(crate) policy: Policy,
    /// The time that is judged at.
    pub(crate) now: i64,
    left: Cell<u64>,
    /// Bytes that may still be read in searches without verifications.
    bytes_left: Cell<u64>,
    exhausted: Cell<bool>,
}

impl<'s> Bench<'s> {
    pub(crate) fn new(surroundings: &'s Surroundings, now: i64) -> Self {
        Self {
            surroundings,
            now,
            policy: surroundings.policy.clone(),
            left: Cell::new(u64::from(surroundings.budget) * UNIT),
            bytes_left: Cell::new(u64::from(surroundings.budget) * BYTES_PER_VERIFICATION),
            exhausted: Cell::new(false),
        }
    }

    /// Runs all checks on a bare token.
    pub(crate) fn examine<'t>(&self, text: &'t str) -> Examination<'t> {
        examine(text, &self.policy, self.surroundings.keys(), self.now)
    }

    /// The given keys.
    pub(crate) fn keys(&self) -> &'s [Key] {
        self.surroundings.keys().map_or(&[], |keys| keys.keys())
    }

    /// The given keys that can serve an algorithm, the named one first.
    pub(crate) fn keys_for<'k>(
        &'k self,
        algorithm: Algorithm,
        kid: Option<&'k str>,
    ) -> Vec<&'s Key> {
        let mut keys: Vec<&Key> =
            self.keys().iter().filter(|key| key.algorithms().contains(&algorithm)).collect();
        keys.sort_by_key(|key| match (key.kid(), kid) {
            (Some(of_key), Some(wanted)) if of_key == wanted => 0,
            (None, _) => 1,
            _ => 2,
        });
        keys
    }

    /// Whether the work of one verification may be done.
    pub(crate) fn may(&self) -> bool {
        self.spend(UNIT)
    }

    fn spend(&self, cost: u64) -> bool {
        match self.left.get().checked_sub(cost) {
            Some(left) if !self.surroundings.is_over() => {
                self.left.set(left);
                true
            }
            _ => {
                self.exhausted.set(true);
                false
            }
        }
    }

    /// Whether so many bytes more may be read.
    pub(crate) fn effort(&self, bytes: usize) -> bool {
        match self.bytes_left.get().checked_sub(bytes as u64) {
            Some(left) if !self.exhausted.get() && !self.surroundings.is_over() => {
                self.bytes_left.set(left);
                true
            }
            _ => {
                self.exhausted.set(true);
                false
            }
        }
    }

    /// Whether a search was given up.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.exhausted.get()
    }

    /// One verification; none when the budget is spent.
    pub(crate) fn verifies(
        &self,
        key: &Key,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        self.spend(cost(key)) && key.verifies(algorithm, message, signature)
    }
}

/// A token that may be the right one, waiting for its signature to be verified.
pub(crate) struct Candidate {
    pub(crate) text: String,
    /// How much of the text is signed.
    pub(crate) input: usize,
    pub(crate) signature: Vec<u8>,
}

impl Bench<'_> {
    /// The first candidate that a key verifies, as far as the budget goes.
    pub(crate) fn first_verified(
        &self,
        key: &Key,
        algorithm: Algorithm,
        candidates: &[Candidate],
    ) -> Option<usize> {
        let affordable = candidates.iter().take_while(|_| self.spend(cost(key))).count();
        let test = |nth: usize| {
            candidates.get(nth).is_some_and(|one: &Candidate| {
                let input = &one.text.as_bytes()[..one.input.min(one.text.len())];
                key.verifies(algorithm, input, &one.signature)
            })
        };
        self.surroundings.find(affordable, &test)
    }
}

/// A token that is well formed and does not verify, and what is known of it.
pub(crate) struct Subject<'t> {
    pub(crate) token: &'t Token<'t>,
    /// The header's algorithm, if it is one of ours.
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) kid: Option<String>,
    /// The signature's segment as it came, before its last character was mended.
    pub(crate) segment: &'t str,
    /// The blocks inside the signature by key: opened once.
    blocks: OnceCell<Vec<(usize, Block)>>,
}

impl<'t> Subject<'t> {
    /// `sent` is the text as it came, which may differ from the token's own where that was mended.
    pub(crate) fn new(token: &'t Token<'t>, sent: &'t str) -> Self {
        let header = token.header();
        let text =
            |name: &str| header.and_then(|header| header.text(name)).map(|text| text.into_owned());
        Self {
            token,
            algorithm: text("alg").and_then(|name| Algorithm::from_name(&name)),
            kid: text("kid"),
            segment: sent.rsplit('.').next().unwrap_or_default(),
            blocks: OnceCell::new(),
        }
    }

    pub(crate) fn input(&self) -> &'t [u8] {
        self.token.signing_input().as_bytes()
    }

    pub(crate) fn signature(&self) -> &[u8] {
        self.token.signature()
    }

    /// What the signature gives up under each RSA key, by the key's place in the bench's list.
    pub(crate) fn blocks(&self, bench: &Bench<'_>) -> &[(usize, Block)] {
        self.blocks.get_or_init(|| {
            bench
                .keys()
                .iter()
                .enumerate()
                .filter_map(|(nth, key)| Some((nth, rsa_block::open(key, self.signature())?)))
                .filter(|(_, block)| !matches!(block, Block::Rubbish))
                .collect()
        })
    }
}

/// Whether this secret gives this HMAC. For guesses by the thousand: a hit is confirmed by the verifier.
pub(crate) fn is_mac(algorithm: Algorithm, secret: &[u8], message: &[u8], mac: &[u8]) -> bool {
    let hash = match algorithm {
        Algorithm::Hs256 => hmac::HMAC_SHA256,
        Algorithm::Hs384 => hmac::HMAC_SHA384,
        Algorithm::Hs512 => hmac::HMAC_SHA512,
        _ => return false,
    };
    hmac::verify(&hmac::Key::new(hash, secret), message, mac).is_ok()
        && Key::from_secret(secret).verifies(algorithm, message, mac)
}

/// Whether an examination found the signature good.
pub(crate) fn holds(examination: &Examination<'_>) -> bool {
    examination.signature() == SignatureState::Verified
}
