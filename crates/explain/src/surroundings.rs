//! What a token is explained against: the policy, the keys as they were given, the time and the budget.
//!
//! Keeps the given texts beside the keys that were read from them, because some proofs are about the
//! text: an HMAC over a PEM, a secret with a newline. Reads no file and knows no clock; never prints
//! what it holds.

use std::fmt;

use claviger_token::{Code, Fact, Fault, Key, KeySet, Policy};
use serde_json::Value;

use crate::key_text;
use crate::online::{Clock, Introspection};

/// How many signatures (of ES256; others are weighed) may be verified for one explanation before the search
/// is given up, and says so.
///
/// The one-edit search over a damaged 700-character ES256 token needs about 25 000, over an RSA-2048
/// signature the work of 8 000, over an ES512 token more than this: there the plausible edits are tried.
/// Spent whole it takes about two seconds of one core.
pub const DEFAULT_BUDGET: u32 = 40_000;

/// Enough to see whether the fresh set verifies a token; damage is looked for under the given one.
const FRESH_BUDGET: u32 = 200;

/// Finds the lowest number below the first argument for which a test holds; may ask for several at once.
type Find = dyn Fn(usize, &(dyn Fn(usize) -> bool + Sync)) -> Option<usize> + Send + Sync;

/// Whether the time that was given to a search is over.
type IsOver = dyn Fn() -> bool + Send + Sync;

/// A given text that may have been fed into an HMAC.
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// A shared secret as it was given.
pub(crate) struct Secret {
    pub(crate) bytes: Vec<u8>,
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.bytes.fill(0);
    }
}

/// What something was given as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivenAs {
    /// A key set.
    Set,
    /// One public key.
    Key,
    /// A shared secret.
    Secret,
}

/// Something that was given: what it is called, and how many keys there were with its own.
pub(crate) struct Given {
    pub(crate) name: String,
    pub(crate) given_as: GivenAs,
    end: usize,
}

/// What a token is judged by.
pub struct Surroundings {
    pub(crate) policy: Policy,
    pub(crate) now: i64,
    pub(crate) budget: u32,
    find: Box<Find>,
    is_over: Box<IsOver>,
    pub(crate) keys: KeySet,
    /// What was given, in order.
    pub(crate) given: Vec<Given>,
    pub(crate) sources: Vec<Source>,
    pub(crate) secrets: Vec<Secret>,
    /// Faults of what was given: they stand whatever the token is.
    pub(crate) faults: Vec<Fault>,
    /// `kid`s of members of the sets that could not be used, with the reason.
    pub(crate) unusable: Vec<(String, String)>,
    /// The key set as it is published now, where that is another than the given one.
    pub(crate) fresh: Option<(String, Box<Self>)>,
    /// A clock that is not this machine's.
    pub(crate) clock: Option<Clock>,
    /// The issuer's word about the token.
    pub(crate) introspection: Option<Introspection>,
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Surroundings")
            .field("policy", &self.policy)
            .field("now", &self.now)
            .field("keys", &self.keys.keys().len())
            .field("secrets", &self.secrets.len())
            .finish_non_exhaustive()
    }
}

impl Surroundings {
    /// No key yet: the signature stays open until one is given.
    #[must_use]
    pub fn new(policy: Policy, now: i64) -> Self {
        Self {
            policy,
            now,
            budget: DEFAULT_BUDGET,
            find: Box::new(|count, test| (0..count).find(|nth| test(*nth))),
            is_over: Box::new(|| false),
            keys: KeySet::default(),
            given: Vec::new(),
            sources: Vec::new(),
            secrets: Vec::new(),
            faults: Vec::new(),
            unusable: Vec::new(),
            fresh: None,
            clock: None,
            introspection: None,
        }
    }

    /// The most signatures that may be verified.
    #[must_use]
    pub fn with_budget(mut self, verifications: u32) -> Self {
        self.budget = verifications;
        self
    }

    /// How a search goes through its candidates: `find` gets their count and a test, and gives the lowest
    /// one for which the test holds. Whoever has several cores to give asks for several at once.
    #[must_use]
    pub fn with_find(
        mut self,
        find: impl Fn(usize, &(dyn Fn(usize) -> bool + Sync)) -> Option<usize> + Send + Sync + 'static,
    ) -> Self {
        self.find = Box::new(find);
        self
    }

    /// What ends a search before its budget is spent: a clock is the caller's.
    #[must_use]
    pub fn with_end(mut self, is_over: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.is_over = Box::new(is_over);
        self
    }

    pub(crate) fn find(
        &self,
        count: usize,
        test: &(dyn Fn(usize) -> bool + Sync),
    ) -> Option<usize> {
        (self.find)(count, test)
    }

    pub(crate) fn is_over(&self) -> bool {
        (self.is_over)()
    }

    /// Keys that are already parsed (a guard's, an authority's own).
    #[must_use]
    pub fn with_keys(mut self, keys: KeySet) -> Self {
        self.keys.extend(keys);
        self.call("", GivenAs::Set);
        self
    }

    /// A JWK set as it was given; `name` is what messages call it. A text that is no key set is a
    /// fault of its own.
    #[must_use]
    pub fn with_key_set(self, name: &str, bytes: &[u8]) -> Self {
        let found = key_text::key_set(name, bytes);
        self.with_found(name, bytes, found, GivenAs::Set)
    }

    /// One key as it was given, PEM or JWK. What is no public key is a fault of its own.
    #[must_use]
    pub fn with_key(self, name: &str, bytes: &[u8]) -> Self {
        let found = key_text::key(name, bytes);
        self.with_found(name, bytes, found, GivenAs::Key)
    }

    fn with_found(
        mut self,
        name: &str,
        bytes: &[u8],
        found: key_text::Found,
        given_as: GivenAs,
    ) -> Self {
        self.faults.extend(found.fault);
        self.unusable.extend(found.unusable);
        for key in found.keys {
            self.keys.push(key);
        }
        self.call(name, given_as);
        if bytes.len() <= key_text::MAX_KEY_BYTES {
            self.secrets.extend(symmetric_members(bytes));
            self.sources.push(Source { name: name.to_owned(), bytes: bytes.to_vec() });
        }
        self
    }

    /// A shared secret, its bytes as they are.
    #[must_use]
    pub fn with_secret(mut self, name: &str, bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            self.faults.push(
                Fault::new(Code::SecretEmpty)
                    .with("source", name)
                    .with("reason", Fact::Words("the given secret is empty".to_owned())),
            );
        }
        self.keys.push(Key::from_secret(bytes));
        self.call(name, GivenAs::Secret);
        self.secrets.push(Secret { bytes: bytes.to_vec() });
        self
    }

    /// A fault that was met while the surroundings were gathered: a key set that cannot be fetched.
    #[must_use]
    pub fn with_fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// The key set that the issuer publishes now, beside the one that was given: what verifies under one of them
    /// alone tells an old set from a good one. `name` is what messages call it.
    #[must_use]
    pub fn with_fresh_key_set(mut self, name: &str, bytes: &[u8]) -> Self {
        let fresh = Self::new(self.policy.clone(), self.now).with_key_set(name, bytes);
        self.fresh = Some((name.to_owned(), Box::new(fresh.with_budget(FRESH_BUDGET))));
        self
    }

    /// Another clock, of whoever `whose` names, by so many seconds ahead of this machine's.
    #[must_use]
    pub fn with_clock(mut self, whose: &str, ahead: i64) -> Self {
        self.clock = Some(Clock { whose: whose.to_owned(), ahead });
        self
    }

    /// What the issuer answers about the very token that is explained.
    #[must_use]
    pub fn with_introspection(mut self, introspection: Introspection) -> Self {
        self.introspection = Some(introspection);
        self
    }

    /// Whether any key, set or secret was given, usable or not.
    #[must_use]
    pub const fn has_keys(&self) -> bool {
        !self.given.is_empty()
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The time that tokens are judged at, unix seconds.
    #[must_use]
    pub const fn now(&self) -> i64 {
        self.now
    }

    /// Remembers what the keys since the last call were given as.
    fn call(&mut self, name: &str, given_as: GivenAs) {
        let end = self.keys.keys().len();
        self.given.push(Given { name: name.to_owned(), given_as, end });
    }

    /// What the key at this place of the list was given as, and whether that is a set.
    pub(crate) fn source_of(&self, nth: usize) -> Option<(&str, bool)> {
        let given = self.given.iter().find(|given| nth < given.end)?;
        let of_set = given.given_as == GivenAs::Set;
        (!given.name.is_empty()).then_some((given.name.as_str(), of_set))
    }

    /// What is wrong with what was given, whatever the token is.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The keys to judge by; none where none was given, or nothing given could be used.
    pub(crate) fn keys(&self) -> Option<&KeySet> {
        (!self.given.is_empty() && !self.keys.is_empty()).then_some(&self.keys)
    }
}

/// The secrets of `oct` members, so that they can be tried in other spellings too.
fn symmetric_members(bytes: &[u8]) -> Vec<Secret> {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return Vec::new() };
    let single = [value.clone()];
    let list = value.get("keys").and_then(Value::as_array).map_or(&single[..], Vec::as_slice);
    list.iter()
        .filter(|jwk| jwk.get("kty").and_then(Value::as_str) == Some("oct"))
        .filter_map(|jwk| claviger_token::base64url::decode(jwk.get("k")?.as_str()?).ok())
        .map(|bytes| Secret { bytes })
        .collect()
}
