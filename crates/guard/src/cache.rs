//! Tokens that were verified before, by their exact bytes.
//!
//! Decides whether a token was seen and found good; never whether it still is: who asks judges time, key and
//! revocation again. Only verified tokens get in, so strangers cannot fill it.

use std::hash::RandomState;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use claviger_token::revocation::Marks;
use papaya::HashMap;

use crate::session::Session;

/// A remembered token.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) session: Arc<Session>,
    pub(crate) marks: Marks,
    /// Which of the guard's issuers.
    pub(crate) issuer: usize,
    /// After this instant it is dropped. Unix seconds.
    pub(crate) expires: i64,
}

/// The remembered tokens. The hash is seeded anew in every process and the whole token is compared, so
/// nobody can build tokens that collide or that pass for another.
#[derive(Debug)]
pub(crate) struct Cache {
    entries: HashMap<Box<str>, Arc<Entry>, RandomState>,
    count: AtomicUsize,
    most: usize,
}

/// Tokens beyond this are verified each time: they are rare, and memory is bounded by count.
const LONGEST_KEPT: usize = 8 * 1024;

impl Cache {
    pub(crate) fn new(most: usize) -> Self {
        Self { entries: HashMap::with_hasher(RandomState::new()), count: AtomicUsize::new(0), most }
    }

    pub(crate) fn find(&self, token: &str) -> Option<Arc<Entry>> {
        self.entries.pin().get(token).map(Arc::clone)
    }

    pub(crate) fn drop_token(&self, token: &str) {
        if self.entries.pin().remove(token).is_some() {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn keep(&self, token: &str, entry: Entry, now: i64) {
        if token.len() > LONGEST_KEPT || self.most == 0 || entry.expires <= now {
            return;
        }
        if self.count.load(Ordering::Relaxed) >= self.most {
            self.make_room(now);
        }
        if self.entries.pin().insert(token.into(), Arc::new(entry)).is_none() {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Drops what has expired; where that is not enough, an arbitrary tenth.
    fn make_room(&self, now: i64) {
        let entries = self.entries.pin();
        let mut others = (self.most / 10).max(1);
        let mut dropped = 0;
        for (token, entry) in &entries {
            if entry.expires <= now && entries.remove(token).is_some() {
                dropped += 1;
            }
        }
        others = others.saturating_sub(dropped);
        for (token, _) in entries.iter().take(others) {
            if entries.remove(token).is_some() {
                dropped += 1;
            }
        }
        self.count.fetch_sub(dropped, Ordering::Relaxed);
    }

    pub(crate) fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }
}
