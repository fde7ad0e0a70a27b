//! Guessing: how many wrong passwords and codes are taken before the next one has to wait, and how long.
//!
//! Who was logged in from a browser before has an account's budget for that browser alone, so that nobody else
//! can use it up; all other browsers share one. Counts are the caller's; no clock is read here.

/// How much guessing is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// So many failures cost nothing.
    pub free: u32,
    /// After the next one it takes so many seconds, and twice as many after each further.
    pub first_wait: i64,
    /// At most so many: whoever is meant by the account can always come back.
    pub longest_wait: i64,
    /// After so many quiet seconds everything is forgotten.
    pub forgotten_after: i64,
}

/// One account from one browser that was logged in there before.
pub const KNOWN_BROWSER: Budget =
    Budget { free: 10, first_wait: 30, longest_wait: 900, forgotten_after: 3600 };
/// One account from one address, whatever the browser.
pub const ACCOUNT_AND_ADDRESS: Budget = KNOWN_BROWSER;
/// One account from everywhere. The wait stays short: it is what an attacker with many addresses can impose on the
/// owner in a new browser.
pub const ACCOUNT: Budget =
    Budget { free: 50, first_wait: 1, longest_wait: 60, forgotten_after: 86_400 };
/// One address over all accounts: an office is behind it, or somebody with a list of stolen passwords.
pub const ADDRESS: Budget =
    Budget { free: 100, first_wait: 10, longest_wait: 900, forgotten_after: 3600 };
/// Second factors of one account. Of a million codes three fit at a time: some hundred guesses a day make
/// a chance of one in three thousand, for somebody who has the password already.
pub const SECOND_FACTOR: Budget =
    Budget { free: 5, first_wait: 30, longest_wait: 900, forgotten_after: 86_400 };

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Failures in a row.
    pub failures: u32,
    /// When the last one was. Unix seconds.
    pub last: i64,
}

impl Budget {
    /// Seconds that the next attempt has to wait; none where it may be made now.
    #[must_use]
    pub fn wait(&self, tally: Tally, now: i64) -> Option<i64> {
        if self.is_forgotten(tally, now) {
            return None;
        }
        let beyond = tally.failures.checked_sub(self.free)?;
        let wait = 1_i64
            .checked_shl(beyond)
            .filter(|factor| *factor > 0)
            .map_or(self.longest_wait, |factor| self.first_wait.saturating_mul(factor))
            .min(self.longest_wait);
        // A clock that was set back makes nobody wait longer than that.
        let left = tally.last.saturating_add(wait).saturating_sub(now).min(wait);
        (left > 0).then_some(left)
    }

    /// The count after one more failure.
    #[must_use]
    pub fn failed(&self, tally: Tally, now: i64) -> Tally {
        let before = if self.is_forgotten(tally, now) { 0 } else { tally.failures };
        Tally { failures: before.saturating_add(1), last: now }
    }

    /// Whether a count means nothing any more.
    #[must_use]
    pub fn is_forgotten(&self, tally: Tally, now: i64) -> bool {
        tally.failures == 0 || now.saturating_sub(tally.last) >= self.forgotten_after
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SMALL: Budget =
        Budget { free: 3, first_wait: 10, longest_wait: 60, forgotten_after: 600 };

    #[test]
    fn the_wait_grows_to_its_end_and_is_forgotten() {
        let after = |failures| SMALL.wait(Tally { failures, last: 100 }, 100);
        let waits: Vec<Option<i64>> = (0..8).map(after).collect();
        let expected = [None, None, None, Some(10), Some(20), Some(40), Some(60), Some(60)];
        assert_eq!(waits, expected);
        assert_eq!(after(u32::MAX), Some(60));
        let tally = Tally { failures: 3, last: 100 };
        assert_eq!((SMALL.wait(tally, 109), SMALL.wait(tally, 110)), (Some(1), None));
        // Set back by an hour: the usual wait, not an hour.
        assert_eq!(SMALL.wait(tally, -3500), Some(10));
        let high = Tally { failures: 100, last: 0 };
        assert_eq!(SMALL.failed(high, 599).failures, 101);
        assert_eq!(SMALL.failed(high, 600).failures, 1);
    }

    proptest! {
        /// Whoever guesses as fast as it is allowed gets no more than this in a day.
        #[test]
        fn guesses_of_a_day_are_few(pauses in proptest::collection::vec(0_i64..4000, 0..2000)) {
            for (budget, most) in [(SECOND_FACTOR, 110), (ACCOUNT_AND_ADDRESS, 340), (KNOWN_BROWSER, 340)] {
                let (mut tally, mut now, mut taken) = (Tally::default(), 0, 0);
                for pause in &pauses {
                    now += *pause;
                    if now >= 86_400 {
                        break;
                    }
                    if budget.wait(tally, now).is_none() {
                        tally = budget.failed(tally, now);
                        taken += 1;
                    }
                }
                prop_assert!(taken <= most, "{taken} of {budget:?}");
            }
        }
    }
}
