//! Proofs that were used (RFC 9449 §11.1): each serves once.
//!
//! Decides whether a proof is new. Keeps a digest of 16 bytes for each, until the proof is refused for its age.

use std::collections::{BTreeMap, HashSet};

use aws_lc_rs::digest;

use super::Proof;

/// What a use of a proof comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It was not used before.
    First,
    /// It was.
    Again,
    /// Nobody can say: so many are remembered that no more fit.
    Full,
}

/// A memory of used proofs, within a bound.
#[derive(Debug)]
pub struct Used {
    /// By the minute in which they are over, so that a minute goes as a whole.
    minutes: BTreeMap<i64, HashSet<[u8; 16]>>,
    held: usize,
    most: usize,
}

/// Proofs that a server remembers at most, at some 30 bytes each: 2 700 a second for as long as one could be
/// accepted.
const USUAL_MOST: usize = 1_000_000;

impl Default for Used {
    /// Remembers up to a million proofs.
    fn default() -> Self {
        Self::new(USUAL_MOST)
    }
}

impl Used {
    /// Remembers up to `most` proofs; one costs some 30 bytes.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self { minutes: BTreeMap::new(), held: 0, most }
    }

    /// Uses a proof up.
    pub fn take(&mut self, proof: &Proof, now: i64) -> Use {
        self.forget(now);
        let minute = proof.until().div_euclid(60);
        let mark = mark(proof);
        if self.minutes.get(&minute).is_some_and(|marks| marks.contains(&mark)) {
            return Use::Again;
        }
        if self.held >= self.most {
            return Use::Full;
        }
        self.minutes.entry(minute).or_default().insert(mark);
        self.held += 1;
        Use::First
    }

    /// Drops the minutes that are wholly over.
    fn forget(&mut self, now: i64) {
        while let Some(oldest) = self.minutes.first_entry()
            && *oldest.key() < now.div_euclid(60)
        {
            self.held -= oldest.remove().len();
        }
    }
}

/// A `jti` is unique for its key; a thumbprint has one length, so the two cannot run into each other.
fn mark(proof: &Proof) -> [u8; 16] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(proof.thumbprint.as_bytes());
    context.update(proof.id.as_bytes());
    let mut mark = [0; 16];
    mark.copy_from_slice(&context.finish().as_ref()[..16]);
    mark
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dpop::LONGEST_AGE;

    const NOW: i64 = 1_795_428_000;

    fn proof(thumbprint: &str, id: &str, issued_at: i64) -> Proof {
        Proof { thumbprint: thumbprint.into(), id: id.into(), nonce: None, issued_at }
    }

    #[test]
    fn a_proof_serves_once_for_as_long_as_it_could_be_accepted() {
        let mut used = Used::new(10);
        for issued_at in NOW - LONGEST_AGE..=NOW + 60 {
            let mut used = Used::new(10);
            let proof = proof("k", "one", issued_at);
            assert_eq!(used.take(&proof, NOW), Use::First);
            for now in [NOW, proof.until() - 1] {
                assert_eq!(used.take(&proof, now), Use::Again);
            }
        }
        assert_eq!(used.take(&proof("k", "one", NOW), NOW), Use::First);
        assert_eq!(used.take(&proof("k", "two", NOW), NOW), Use::First);
        assert_eq!(used.take(&proof("l", "one", NOW), NOW), Use::First);
    }

    #[test]
    fn a_full_memory_says_so_and_empties_with_time() {
        let mut used = Used::new(2);
        assert_eq!(used.take(&proof("k", "1", NOW), NOW), Use::First);
        assert_eq!(used.take(&proof("k", "2", NOW), NOW), Use::First);
        assert_eq!(used.take(&proof("k", "3", NOW), NOW), Use::Full);
        assert_eq!(used.take(&proof("k", "2", NOW), NOW), Use::Again);
        let later = NOW + LONGEST_AGE + 61;
        assert_eq!(used.take(&proof("k", "3", later), later), Use::First);
        assert_eq!(used.held, 1);
    }
}
