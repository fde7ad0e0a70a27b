//! How often somebody may do a thing that costs us something, counted by address or whatever key there is.
//!
//! Memory is bounded: under a flood from many addresses the oldest counts are given up. Never blocks, never stores.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Keys remembered at once.
const KEPT: usize = 16_384;

/// So many in a window of time.
pub(crate) struct Throttle {
    seed: RandomState,
    window_seconds: i64,
    most: u32,
    counts: Mutex<HashMap<u64, (i64, u32)>>,
}

impl std::fmt::Debug for Throttle {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Throttle").field("most", &self.most).finish_non_exhaustive()
    }
}

impl Throttle {
    pub(crate) fn new(most: u32, window_seconds: i64) -> Self {
        Self { seed: RandomState::new(), window_seconds, most, counts: Mutex::default() }
    }

    /// Counts one, or says after how many seconds it may be tried again.
    pub(crate) fn admit(&self, key: impl Hash, now: i64) -> Result<(), u64> {
        let key = self.seed.hash_one(key);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= KEPT && !counts.contains_key(&key) {
            counts.retain(|_, (since, _)| now.saturating_sub(*since) < self.window_seconds);
            if counts.len() >= KEPT
                && let Some(oldest) = counts.iter().min_by_key(|(_, (since, _))| *since)
            {
                let oldest = *oldest.0;
                counts.remove(&oldest);
            }
        }
        let (since, count) = counts.entry(key).or_insert((now, 0));
        let age = now.saturating_sub(*since);
        // A clock that was set back begins a new window, too.
        if !(0..self.window_seconds).contains(&age) {
            (*since, *count) = (now, 0);
        }
        if *count >= self.most {
            let left = since.saturating_add(self.window_seconds).saturating_sub(now);
            return Err(u64::try_from(left).unwrap_or(1).max(1));
        }
        *count += 1;
        Ok(())
    }
}

/// What an address is counted as: an IPv6 host usually has a whole /64 to choose addresses from.
pub(crate) fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(v6) => {
            let mut octets = v6.octets();
            octets[8..].fill(0);
            IpAddr::V6(octets.into())
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_in_a_window_and_each_key_for_itself() {
        let throttle = Throttle::new(2, 60);
        assert_eq!(throttle.admit("a", 100), Ok(()));
        assert_eq!(throttle.admit("a", 130), Ok(()));
        assert_eq!(throttle.admit("a", 159), Err(1));
        assert_eq!(throttle.admit("b", 159), Ok(()));
        assert_eq!(throttle.admit("a", 160), Ok(()));
        // The clock was set back.
        assert_eq!(throttle.admit("a", 10), Ok(()));
    }

    #[test]
    fn a_flood_of_keys_takes_no_more_room() {
        let throttle = Throttle::new(1, 60);
        for key in 0..KEPT + 10 {
            throttle.admit(key, 0).unwrap();
        }
        assert!(throttle.counts.lock().unwrap().len() <= KEPT);
    }
}
