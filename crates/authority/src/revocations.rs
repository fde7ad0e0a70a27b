//! What was revoked, held in memory for as long as it can matter: the feed reads it, introspection
//! asks it. One task follows the store, so the order is the store's.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use claviger_store::Store;
use claviger_token::revocation::{Entry, Marks, View};
use claviger_token::{Fault, Verified};
use tokio::sync::watch;

/// How long an answer to a revocation waits for this memory to follow the store.
const FOLLOW_WITHIN: Duration = Duration::from_secs(2);

/// The living entries, in order.
#[derive(Debug)]
pub(crate) struct Revocations {
    held: RwLock<Held>,
    latest: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Held {
    entries: Vec<Entry>,
    view: View,
    seq: u64,
}

impl Revocations {
    pub(crate) fn new() -> Self {
        Self { held: RwLock::default(), latest: watch::Sender::new(0) }
    }

    /// Takes in what the store has beyond what is held.
    pub(crate) async fn follow(&self, store: &Store) -> Result<(), claviger_store::StoreError> {
        loop {
            let found = store.revocations_since(self.latest()).await?;
            let Some(last) = found.last().map(|entry| entry.seq) else {
                return Ok(());
            };
            {
                let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
                for entry in found {
                    if entry.seq > held.seq {
                        held.seq = entry.seq;
                        held.view.insert(&entry);
                        held.entries.push(entry);
                    }
                }
            }
            // Two may follow at once; the slower one must not take the number back.
            self.latest.send_if_modified(|latest| {
                let moved = *latest < last;
                *latest = last.max(*latest);
                moved
            });
        }
    }

    /// Waits until the entry `seq` is held; gives up after a moment, because the entry is safely
    /// stored and will be.
    pub(crate) async fn reached(&self, seq: u64) {
        let mut latest = self.latest.subscribe();
        let _ = tokio::time::timeout(FOLLOW_WITHIN, latest.wait_for(|at| *at >= seq)).await;
    }

    /// The number of the last entry, whether it is still held or forgotten.
    pub(crate) fn latest(&self) -> u64 {
        *self.latest.borrow()
    }

    /// Tells when `latest` has moved.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.latest.subscribe()
    }

    /// Up to `most` entries beyond `seq`, in order, and the number of the last entry held at that
    /// same moment: with no entries left, a reader has everything up to it.
    pub(crate) fn after(&self, seq: u64, most: usize) -> (Vec<Entry>, u64) {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let from = held.entries.partition_point(|entry| entry.seq <= seq);
        (held.entries.iter().skip(from).take(most).cloned().collect(), held.seq)
    }

    /// Whether a verified token of our own was revoked.
    pub(crate) fn touches(&self, verified: &Verified) -> bool {
        self.fault(verified).is_some()
    }

    /// Why a verified token of our own is refused, if it was revoked.
    pub(crate) fn fault(&self, verified: &Verified) -> Option<Box<Fault>> {
        let marks = Marks::of(verified);
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.view.check(&marks)
    }

    /// Drops entries that no living token can be touched by.
    pub(crate) fn forget_expired(&self, now: i64) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.entries.retain(|entry| entry.expires > now);
        held.view.forget_expired(now);
    }
}
