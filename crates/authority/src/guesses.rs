//! What was guessed wrongly, by whom about whom: in memory, bounded, and forgotten with the process.
//!
//! The waits are `claviger_protocol::guessing`'s. An attempt counts as a failure from its beginning until it
//! succeeds, so that many at once are worth no more than many in a row; one that has to wait is not counted.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use claviger_protocol::guessing::{
    ACCOUNT, ACCOUNT_AND_ADDRESS, ADDRESS, Budget, KNOWN_BROWSER, SECOND_FACTOR, Tally,
};

use crate::throttle::network;

/// A hundred bytes each. Who wants to push a count out pays a password's hash for each that takes its place.
const KEPT: usize = 65_536;
/// So many are looked at to find one that matters least.
const SAMPLE: usize = 16;

/// Who tries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guesser<'a> {
    /// The account that is tried, as it was typed: whether there is one does not matter here.
    pub(crate) account: &'a str,
    /// What tells a browser from which that account was logged in before.
    pub(crate) known_browser: Option<&'a [u8]>,
    pub(crate) address: Option<IpAddr>,
}

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Guess {
    Password,
    SecondFactor,
}

/// An attempt that may be made, and has been counted.
#[derive(Debug)]
pub(crate) struct Attempt(Vec<Counted>);

#[derive(Clone, Copy, Debug)]
struct Counted {
    key: u64,
    /// Whether a success clears it; of what others share only the own failure is taken back.
    own: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Guesses {
    tallies: Mutex<HashMap<u64, (Tally, Budget)>>,
    seed: RandomState,
}

impl Guesses {
    /// Lets an attempt begin, or says how many seconds it has to wait.
    pub(crate) fn begin(
        &self,
        guess: Guess,
        guesser: Guesser<'_>,
        now: i64,
    ) -> Result<Attempt, i64> {
        let counts = self.counts(guess, guesser);
        let mut tallies = self.lock();
        let waits = counts.iter().filter_map(|(counted, budget)| {
            let (tally, _) = tallies.get(&counted.key)?;
            budget.wait(*tally, now)
        });
        if let Some(wait) = waits.max() {
            return Err(wait);
        }
        for (counted, budget) in &counts {
            make_room(&mut tallies, counted.key, now);
            let entry = tallies.entry(counted.key).or_insert_with(|| (Tally::default(), *budget));
            entry.0 = budget.failed(entry.0, now);
        }
        Ok(Attempt(counts.into_iter().map(|(counted, _)| counted).collect()))
    }

    /// An attempt was right.
    pub(crate) fn succeeded(&self, attempt: Attempt) {
        let mut tallies = self.lock();
        for Counted { key, own } in attempt.0 {
            if own {
                tallies.remove(&key);
            } else if let Some((tally, _)) = tallies.get_mut(&key) {
                tally.failures = tally.failures.saturating_sub(1);
            }
        }
    }

    /// An attempt came to no verdict: it was neither right nor wrong.
    pub(crate) fn withdrawn(&self, attempt: Attempt) {
        let mut tallies = self.lock();
        for Counted { key, .. } in attempt.0 {
            if let Some((tally, _)) = tallies.get_mut(&key) {
                tally.failures = tally.failures.saturating_sub(1);
            }
        }
    }

    /// Drops what means nothing any more; called by the housekeeping job.
    pub(crate) fn sweep(&self, now: i64) {
        self.lock().retain(|_, (tally, budget)| !budget.is_forgotten(*tally, now));
    }

    fn counts(&self, guess: Guess, guesser: Guesser<'_>) -> Vec<(Counted, Budget)> {
        let Guesser { account, known_browser, address } = guesser;
        let address = address.map(network);
        let key = |what: &str| self.seed.hash_one((guess, what, account));
        let counted = |key, own| Counted { key, own };
        match (guess, known_browser) {
            // Nobody else's failures reach this browser, and its own reach nobody else.
            (_, Some(browser)) => {
                let budget = if guess == Guess::Password { KNOWN_BROWSER } else { SECOND_FACTOR };
                let key = self.seed.hash_one((guess, "browser", account, browser));
                vec![(counted(key, true), budget)]
            }
            // Codes are short: whoever has the password shares one budget, from wherever they come.
            (Guess::SecondFactor, None) => vec![(counted(key("factor"), true), SECOND_FACTOR)],
            (Guess::Password, None) => {
                let here = self.seed.hash_one((guess, "here", account, address));
                let from = self.seed.hash_one((guess, "from", address));
                vec![
                    (counted(here, true), ACCOUNT_AND_ADDRESS),
                    (counted(key("account"), false), ACCOUNT),
                    (counted(from, false), ADDRESS),
                ]
            }
        }
    }

    /// A panic while the lock was held cannot leave the map half changed in a way that matters.
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, (Tally, Budget)>> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room(tallies: &mut HashMap<u64, (Tally, Budget)>, key: u64, now: i64) {
    if tallies.len() < KEPT || tallies.contains_key(&key) {
        return;
    }
    let weight = |(tally, budget): &(Tally, Budget)| {
        if budget.is_forgotten(*tally, now) { 0 } else { tally.failures }
    };
    let least = tallies.iter().take(SAMPLE).min_by_key(|(_, entry)| weight(entry));
    if let Some(least) = least.map(|(key, _)| *key) {
        tallies.remove(&least);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(account: &str, last: u8) -> Guesser<'_> {
        Guesser { account, known_browser: None, address: Some(IpAddr::from([192, 0, 2, last])) }
    }

    /// Guesses until it has to wait; so many were taken.
    fn taken(guesses: &Guesses, guess: Guess, guesser: Guesser<'_>, now: i64) -> u32 {
        (0..1000).find(|_| guesses.begin(guess, guesser, now).is_err()).unwrap()
    }

    #[test]
    fn nobody_can_use_up_the_owner_s_browser() {
        let guesses = Guesses::default();
        for last in 0..=255 {
            while guesses.begin(Guess::Password, from("ada", last), 0).is_ok() {}
        }
        // Strangers wait, and no longer than a minute for want of the account's budget.
        let wait = guesses.begin(Guess::Password, from("ada", 7), 0).unwrap_err();
        assert!(
            (1..=60).contains(
                &guesses
                    .begin(Guess::Password, Guesser { address: None, ..from("ada", 0) }, 0)
                    .unwrap_err()
            )
        );
        assert!(wait >= 1);
        let owner = Guesser { known_browser: Some(b"mark"), ..from("ada", 7) };
        assert_eq!(taken(&guesses, Guess::Password, owner, 0), KNOWN_BROWSER.free);
        // And what the owner mistypes is nobody else's.
        assert!(guesses.begin(Guess::Password, from("eve", 7), 0).is_ok());
    }

    #[test]
    fn one_address_is_stopped_over_all_accounts() {
        let guesses = Guesses::default();
        let names: Vec<String> = (0..1000).map(|n| format!("user{n}")).collect();
        let stopped =
            names.iter().position(|name| guesses.begin(Guess::Password, from(name, 1), 0).is_err());
        assert_eq!(stopped, Some(100));
        assert!(guesses.begin(Guess::Password, from("user0", 2), 0).is_ok());
    }

    #[test]
    fn codes_have_a_budget_of_their_own() {
        let guesses = Guesses::default();
        // From wherever they come, strangers share it.
        let all: u32 =
            (0..20).map(|n| taken(&guesses, Guess::SecondFactor, from("ada", n), 0)).sum();
        assert_eq!(all, SECOND_FACTOR.free);
        assert!(guesses.begin(Guess::Password, from("ada", 0), 0).is_ok());
        let owner = Guesser { known_browser: Some(b"mark"), ..from("ada", 7) };
        assert!(guesses.begin(Guess::SecondFactor, owner, 0).is_ok());
    }

    #[test]
    fn a_success_clears_what_is_its_own_and_little_else() {
        let guesses = Guesses::default();
        for _ in 0..9 {
            guesses.begin(Guess::Password, from("ada", 1), 0).unwrap();
        }
        let right = guesses.begin(Guess::Password, from("ada", 1), 0).unwrap();
        guesses.succeeded(right);
        assert_eq!(taken(&guesses, Guess::Password, from("ada", 1), 0), 10);
        // The account's own count has not been cleared: 9 + 10 of 50 are gone.
        let rest: u32 = (2..20).map(|n| taken(&guesses, Guess::Password, from("ada", n), 0)).sum();
        assert_eq!(rest, 31);
    }

    #[test]
    fn memory_has_an_end() {
        let guesses = Guesses::default();
        for n in 0..2 * KEPT {
            let browser = n.to_be_bytes();
            let guesser = Guesser { known_browser: Some(&browser), ..from("ada", 1) };
            guesses.begin(Guess::Password, guesser, 0).unwrap();
        }
        assert!(guesses.lock().len() <= KEPT);
        guesses.sweep(86_400);
        assert!(guesses.lock().is_empty());
    }
}
