//! How many requests were let through and refused, by cause. Decides nothing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use claviger_token::Code;

#[derive(Debug)]
pub(crate) struct Counters {
    allowed: AtomicU64,
    remembered: AtomicU64,
    refused: Box<[AtomicU64]>,
}

impl Default for Counters {
    fn default() -> Self {
        let refused = Code::ALL.iter().map(|_| AtomicU64::new(0)).collect();
        Self { allowed: AtomicU64::new(0), remembered: AtomicU64::new(0), refused }
    }
}

/// The counts since the guard was built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests let through.
    pub allowed: u64,
    /// Those of them whose token was remembered from before.
    pub remembered: u64,
    /// Requests refused, by cause; causes that did not occur are left out.
    pub refused: BTreeMap<Code, u64>,
    /// Reports of refusals that the issuer has taken; one may stand for many alike.
    pub reported: u64,
    /// Reports that were given up.
    pub unreported: u64,
}

impl Counters {
    pub(crate) fn allow(&self, remembered: bool) {
        self.allowed.fetch_add(1, Ordering::Relaxed);
        if remembered {
            self.remembered.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn refuse(&self, code: Code) {
        if let Some(count) = self.refused.get(code as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        let refused = Code::ALL.iter().zip(&self.refused).filter_map(|(code, count)| {
            let count = count.load(Ordering::Relaxed);
            (count > 0).then_some((*code, count))
        });
        Counts {
            allowed: self.allowed.load(Ordering::Relaxed),
            remembered: self.remembered.load(Ordering::Relaxed),
            refused: refused.collect(),
            ..Counts::default()
        }
    }
}
