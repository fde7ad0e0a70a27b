//! Tokens that were verified before, by their exact bytes.
//!
//! Decides whether a token was seen and found good; never whether it still is: who asks judges time, key and
//! revocation again. Only verified tokens get in, so strangers cannot fill it.

use std::hash::RandomState;
use std::sync::Arc;

use claviger_token::revocation::Marks;
use quick_cache::Weighter;
use quick_cache::sync::{Cache as Map, DefaultLifecycle};

use crate::session::Session;

/// A remembered token.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) session: Arc<Session>,
    pub(crate) marks: Marks,
    /// Which of the guard's issuers.
    pub(crate) issuer: usize,
    /// After this instant it is not kept. Unix seconds.
    pub(crate) expires: i64,
}

/// The remembered tokens. The hash is seeded anew in every process and the whole token is compared, so
/// nobody can build tokens that collide or that pass for another.
#[derive(Debug)]
pub(crate) struct Cache {
    entries: Option<Map<Box<str>, Arc<Entry>, ByLength, RandomState>>,
}

/// Tokens beyond this are verified each time: they are rare.
const LONGEST_KEPT: usize = 8 * 1024;

/// A token counts once, and once more for each full KiB of it: memory is bounded whatever their lengths.
#[derive(Clone, Debug)]
struct ByLength;

impl<V> Weighter<Box<str>, V> for ByLength {
    fn weight(&self, token: &Box<str>, _: &V) -> u64 {
        1 + token.len() as u64 / 1024
    }
}

impl Cache {
    /// Remembers `most` tokens of up to a KiB; 0: none.
    pub(crate) fn new(most: usize) -> Self {
        let entries = || {
            let hasher = RandomState::new();
            Map::with(most, most as u64, ByLength, hasher, DefaultLifecycle::default())
        };
        Self { entries: (most > 0).then(entries) }
    }

    pub(crate) fn find(&self, token: &str) -> Option<Arc<Entry>> {
        self.entries.as_ref()?.get(token)
    }

    pub(crate) fn drop_token(&self, token: &str) {
        if let Some(entries) = &self.entries {
            entries.remove(token);
        }
    }

    pub(crate) fn keep(&self, token: &str, entry: Entry, now: i64) {
        if token.len() > LONGEST_KEPT || entry.expires <= now {
            return;
        }
        if let Some(entries) = &self.entries {
            entries.insert(token.into(), Arc::new(entry));
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.as_ref().map_or(0, Map::len)
    }
}

#[cfg(test)]
mod tests {
    use claviger_testkit::{keys, mint};
    use claviger_token::{Algorithm, KeySet, Policy, verify};
    use serde_json::json;

    use super::*;
    use crate::refusal::Voice;

    const NOW: i64 = 1_795_000_000;

    fn session() -> Arc<Session> {
        let key = keys::signing(Algorithm::Es256);
        let set = KeySet::new(vec![key.public().unwrap()]);
        let claims = mint::access_claims("https://id.example", "https://api.example", NOW);
        let token = mint::mint_with(&key, &json!({}), &claims);
        let policy = Policy::access("https://id.example", "https://api.example");
        let verified = verify(&token, &policy, &set, NOW).unwrap();
        Arc::new(Session::new(verified, Arc::new(Voice::default())))
    }

    fn entry(session: &Arc<Session>) -> Entry {
        let marks = Marks::of(session);
        Entry { session: Arc::clone(session), marks, issuer: 0, expires: NOW + 60 }
    }

    /// Two threads that never stop bringing new tokens: once took all memory of the machine.
    #[test]
    fn a_flood_of_good_tokens_stays_within_its_bounds() {
        let (cache, session) = (Cache::new(10_000), session());
        std::thread::scope(|scope| {
            for thread in 0..2 {
                let (cache, session) = (&cache, &session);
                scope.spawn(move || {
                    for n in 0..60_000 {
                        cache.keep(&format!("{thread}-{n}"), entry(session), NOW);
                    }
                });
            }
        });
        assert!(cache.len() <= 10_000, "{}", cache.len());
        assert!(cache.len() > 9_000, "{}", cache.len());
    }
}
