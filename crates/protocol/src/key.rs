//! The life of a signing key: published before it signs, kept until its last token is gone.
//!
//! Several algorithms may be on at once; each has a ring of keys with a life cycle of its own, and one of
//! them, the default, signs whatever asks for no other. Decides what is due. Makes no key, draws no randomness and stores nothing: the caller carries the
//! steps out, all of them in one transaction.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where in its life a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// Published; will sign.
    Next,
    /// Signs.
    Active,
    /// Published; signs no more.
    Retiring,
    /// Over: no living token is under it.
    Retired,
    /// Taken away at once: its tokens are refused.
    Withdrawn,
}

impl KeyState {
    /// All of them, in the order of a life.
    pub const ALL: [Self; 5] =
        [Self::Next, Self::Active, Self::Retiring, Self::Retired, Self::Withdrawn];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retiring => "retiring",
            Self::Retired => "retired",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether the key stands in the key set.
    #[must_use]
    pub const fn published(self) -> bool {
        matches!(self, Self::Next | Self::Active | Self::Retiring)
    }

    /// Whether tokens are signed with it.
    #[must_use]
    pub const fn signs(self) -> bool {
        matches!(self, Self::Active)
    }
}

/// What is known of a key beside the key itself. Times are unix seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// Its name in key set and tokens.
    pub kid: String,
    /// What it signs with, as JOSE names it.
    pub algorithm: String,
    /// Where in its life it is.
    pub state: KeyState,
    /// When it was made.
    pub created_at: i64,
    /// Since when it stands in the key set.
    pub published_at: i64,
    /// Since when it signs, or from when on it will.
    pub activates_at: i64,
    /// When it ceased to sign.
    pub retires_at: Option<i64>,
    /// When it leaves, or left, the key set.
    pub removed_at: Option<i64>,
}

impl KeyRecord {
    /// A key that is published from now on.
    #[must_use]
    pub fn created(
        kid: impl Into<String>,
        algorithm: impl Into<String>,
        state: KeyState,
        activates_at: i64,
        now: i64,
    ) -> Self {
        Self {
            kid: kid.into(),
            algorithm: algorithm.into(),
            state,
            created_at: now,
            published_at: now,
            activates_at,
            retires_at: None,
            removed_at: None,
        }
    }
}

/// Which algorithms are on, and how long the stages of a life are, in seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySettings {
    /// The default's.
    pub algorithm: String,
    /// Further ones, whose keys sign for who asks.
    pub also: Vec<String>,
    /// How long a key signs.
    pub rotate_after: i64,
    /// How long it is published before. Longer than verifiers keep a fetched key set.
    pub publish_ahead: i64,
    /// How long the first key of a further algorithm is published before: as long as verifiers may keep
    /// a key set. Nobody has a token of that algorithm yet, so nobody is taken by surprise.
    pub first_ahead: i64,
    /// How long it stays published after. Longer than the longest life of a token.
    pub keep: i64,
}

impl KeySettings {
    /// The algorithms that are on, the default first.
    pub fn algorithms(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.algorithm.as_str())
            .chain(self.also.iter().map(String::as_str).filter(|also| *also != self.algorithm))
    }

    /// Whether an algorithm is on.
    #[must_use]
    pub fn is_on(&self, algorithm: &str) -> bool {
        self.algorithms().any(|known| known == algorithm)
    }
}

/// One step that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyStep {
    /// Make a key; publish it.
    Create {
        /// What it is to sign with.
        algorithm: String,
        /// `Next`, or `Active` where nothing else can sign.
        state: KeyState,
        /// From when on it is to sign.
        activates_at: i64,
    },
    /// The day on which it is to sign was set by a clock that ran ahead: set it anew.
    Reschedule {
        /// Which key.
        kid: String,
        /// From when on it is to sign.
        activates_at: i64,
    },
    /// Sign with this one.
    Activate {
        /// Which key.
        kid: String,
    },
    /// Sign with it no more.
    Retire {
        /// Which key.
        kid: String,
        /// How long it stays published.
        remove_at: i64,
    },
    /// Take it out of the key set and wipe its private part; nobody misses it.
    Remove {
        /// Which key.
        kid: String,
    },
    /// Take it away although its tokens live. The caller revokes it, too.
    Withdraw {
        /// Which key.
        kid: String,
    },
}

impl KeyStep {
    /// The key it is about; none for one that is yet to be made.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        match self {
            Self::Create { .. } => None,
            Self::Activate { kid }
            | Self::Reschedule { kid, .. }
            | Self::Retire { kid, .. }
            | Self::Remove { kid }
            | Self::Withdraw { kid } => Some(kid),
        }
    }

    /// Writes the step into the record of its key; others are left as they are.
    pub fn apply(&self, record: &mut KeyRecord, now: i64) {
        if self.kid() != Some(record.kid.as_str()) {
            return;
        }
        match self {
            Self::Create { .. } => {}
            Self::Reschedule { activates_at, .. } => record.activates_at = *activates_at,
            Self::Activate { .. } => {
                record.state = KeyState::Active;
                record.activates_at = now;
            }
            Self::Retire { remove_at, .. } => {
                record.state = KeyState::Retiring;
                record.retires_at = Some(now);
                record.removed_at = Some(*remove_at);
            }
            Self::Remove { .. } => {
                record.state = KeyState::Retired;
                record.removed_at = Some(now);
            }
            Self::Withdraw { .. } => {
                record.state = KeyState::Withdrawn;
                record.retires_at.get_or_insert(now);
                record.removed_at = Some(now);
            }
        }
    }
}

/// What is due now. With the steps carried out, nothing is due any more at the same instant.
#[must_use]
pub fn plan(keys: &[KeyRecord], now: i64, settings: &KeySettings) -> Vec<KeyStep> {
    let mut steps = Vec::new();
    for algorithm in settings.algorithms() {
        ring(keys, algorithm, now, settings, &mut steps);
    }
    switched_off(keys, now, settings, &mut steps);
    for key in keys.iter().filter(|key| key.state == KeyState::Retiring) {
        if key.removed_at.is_none_or(|at| at <= now) {
            steps.push(KeyStep::Remove { kid: key.kid.clone() });
        }
    }
    steps
}

/// What is due in the ring of one algorithm that is on.
fn ring(
    keys: &[KeyRecord],
    algorithm: &str,
    now: i64,
    settings: &KeySettings,
    steps: &mut Vec<KeyStep>,
) {
    let active = newest(keys, algorithm, KeyState::Active);
    let next = upcoming(keys, algorithm);
    let mut signer = active;
    match (active, next) {
        (_, Some(next)) if next.activates_at <= now => {
            signer = Some(next);
            steps.push(KeyStep::Activate { kid: next.kid.clone() });
            follow(algorithm, now, settings, steps);
        }
        (None, next) if !signs_meanwhile(keys, algorithm) => match next {
            // Whatever is there signs before nothing does.
            Some(next) => {
                signer = Some(next);
                steps.push(KeyStep::Activate { kid: next.kid.clone() });
                follow(algorithm, now, settings, steps);
            }
            None => {
                steps.push(create(algorithm, KeyState::Active, now));
                follow(algorithm, now, settings, steps);
            }
        },
        (_, Some(next)) => {
            // No clock that is right has set a day that far ahead.
            let latest = now.saturating_add(settings.publish_ahead);
            if next.activates_at > latest {
                steps.push(KeyStep::Reschedule { kid: next.kid.clone(), activates_at: latest });
            }
        }
        (None, None) => {
            let ahead = if algorithm == settings.algorithm {
                settings.publish_ahead
            } else {
                settings.first_ahead
            };
            steps.push(create(algorithm, KeyState::Next, now.saturating_add(ahead)));
        }
        (Some(active), None) => {
            let earliest = now.saturating_add(settings.publish_ahead);
            let due = active.activates_at.saturating_add(settings.rotate_after);
            // A key that signs since a day to come would sign for as long as the clock was wrong.
            if due <= earliest || active.activates_at > earliest {
                steps.push(create(algorithm, KeyState::Next, earliest));
            }
        }
    }
    for key in keys.iter().filter(|key| key.algorithm == algorithm) {
        if key.state == KeyState::Active && signer.is_some_and(|signer| signer.kid != key.kid) {
            steps.push(retire(key, now, settings));
        }
    }
}

/// Where keys sign no longer than they are published before, the next one is due with each that begins.
fn follow(algorithm: &str, now: i64, settings: &KeySettings, steps: &mut Vec<KeyStep>) {
    if settings.rotate_after <= settings.publish_ahead {
        let at = now.saturating_add(settings.publish_ahead);
        steps.push(create(algorithm, KeyState::Next, at));
    }
}

/// Whether another key signs while the first one of this ring becomes known: for the default it stands in,
/// and of a further algorithm nobody has asked anything yet.
fn signs_meanwhile(keys: &[KeyRecord], algorithm: &str) -> bool {
    keys.iter().any(|key| key.state.signs() && key.algorithm != algorithm)
}

/// What becomes of keys whose algorithm is on no more: they sign on until the default's can.
fn switched_off(keys: &[KeyRecord], now: i64, settings: &KeySettings, steps: &mut Vec<KeyStep>) {
    let default_signs = steps.iter().any(|step| match step {
        KeyStep::Activate { kid } => algorithm_of(keys, kid) == Some(settings.algorithm.as_str()),
        KeyStep::Create { algorithm, state: KeyState::Active, .. } => {
            *algorithm == settings.algorithm
        }
        _ => false,
    }) || newest(keys, &settings.algorithm, KeyState::Active).is_some();
    let stand_in = keys
        .iter()
        .filter(|key| key.state == KeyState::Active && !settings.is_on(&key.algorithm))
        .max_by_key(|key| key.activates_at)
        .filter(|_| !default_signs);
    for key in keys.iter().filter(|key| !settings.is_on(&key.algorithm)) {
        match key.state {
            KeyState::Active if stand_in.is_none_or(|stand_in| stand_in.kid != key.kid) => {
                steps.push(retire(key, now, settings));
            }
            // The setting was changed before it ever signed.
            KeyState::Next => steps.push(KeyStep::Remove { kid: key.kid.clone() }),
            _ => {}
        }
    }
}

fn create(algorithm: &str, state: KeyState, activates_at: i64) -> KeyStep {
    KeyStep::Create { algorithm: algorithm.to_owned(), state, activates_at }
}

/// Counted from the later of now and the day it began to sign: if the clock was ahead on that day, so are
/// its tokens' ends.
fn retire(key: &KeyRecord, now: i64, settings: &KeySettings) -> KeyStep {
    let remove_at = now.max(key.activates_at).saturating_add(settings.keep);
    KeyStep::Retire { kid: key.kid.clone(), remove_at }
}

/// A rotation by hand in the ring of an algorithm that is on: a new key is published now, and signs as
/// soon as every verifier can have it. Nothing while one is on its way.
#[must_use]
pub fn rotate(
    keys: &[KeyRecord],
    algorithm: &str,
    now: i64,
    settings: &KeySettings,
) -> Vec<KeyStep> {
    if newest(keys, algorithm, KeyState::Active).is_none() {
        return plan(keys, now, settings);
    }
    if upcoming(keys, algorithm).is_some() {
        return Vec::new();
    }
    vec![create(algorithm, KeyState::Next, now.saturating_add(settings.publish_ahead))]
}

/// Why a key cannot be withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithdrawError {
    /// There is no such key.
    Unknown,
    /// It stands in the key set no more.
    Gone,
}

impl fmt::Display for WithdrawError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Unknown => "there is no key of this name; the list of keys has those there are",
            Self::Gone => "the key was retired or withdrawn before; there is nothing to do",
        })
    }
}

impl std::error::Error for WithdrawError {}

/// Takes a key away at once: its private part may be in wrong hands. Another one signs before that.
pub fn withdraw(
    keys: &[KeyRecord],
    kid: &str,
    now: i64,
    settings: &KeySettings,
) -> Result<Vec<KeyStep>, WithdrawError> {
    let key = keys.iter().find(|key| key.kid == kid).ok_or(WithdrawError::Unknown)?;
    if !key.state.published() {
        return Err(WithdrawError::Gone);
    }
    let mut steps = Vec::new();
    let algorithm = if settings.is_on(&key.algorithm) || key.state != KeyState::Active {
        key.algorithm.as_str()
    } else {
        // It stood in for the default, which has to sign by itself now.
        settings.algorithm.as_str()
    };
    let another = keys.iter().any(|other| {
        other.kid != kid && other.state == KeyState::Active && other.algorithm == algorithm
    });
    if key.state == KeyState::Active && !another {
        let next = keys.iter().filter(|next| next.kid != kid);
        let next = next.filter(|next| next.state == KeyState::Next && next.algorithm == algorithm);
        steps.push(match next.min_by_key(|next| next.activates_at) {
            Some(next) => KeyStep::Activate { kid: next.kid.clone() },
            None => create(algorithm, KeyState::Active, now),
        });
    }
    steps.push(KeyStep::Withdraw { kid: kid.to_owned() });
    Ok(steps)
}

fn newest<'a>(keys: &'a [KeyRecord], algorithm: &str, state: KeyState) -> Option<&'a KeyRecord> {
    keys.iter()
        .filter(|key| key.state == state && key.algorithm == algorithm)
        .max_by_key(|key| key.activates_at)
}

/// The next key of a ring to sign.
fn upcoming<'a>(keys: &'a [KeyRecord], algorithm: &str) -> Option<&'a KeyRecord> {
    keys.iter()
        .filter(|key| key.state == KeyState::Next && key.algorithm == algorithm)
        .min_by_key(|key| key.activates_at)
}

fn algorithm_of<'a>(keys: &'a [KeyRecord], kid: &str) -> Option<&'a str> {
    keys.iter().find(|key| key.kid == kid).map(|key| key.algorithm.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn settings() -> KeySettings {
        KeySettings {
            algorithm: "ES256".into(),
            also: Vec::new(),
            rotate_after: 1000,
            publish_ahead: 100,
            first_ahead: 40,
            keep: 300,
        }
    }

    /// Carries steps out, as the authority does.
    fn carry_out(keys: &mut Vec<KeyRecord>, steps: &[KeyStep], now: i64) {
        for step in steps {
            if let KeyStep::Create { algorithm, state, activates_at } = step {
                let kid = format!("k{}", keys.len());
                keys.push(KeyRecord::created(kid, algorithm, *state, *activates_at, now));
            }
            for key in keys.iter_mut() {
                step.apply(key, now);
            }
        }
    }

    fn run(keys: &mut Vec<KeyRecord>, now: i64, settings: &KeySettings) {
        let steps = plan(keys, now, settings);
        carry_out(keys, &steps, now);
        assert_eq!(plan(keys, now, settings), [], "nothing is due twice at {now}: {keys:?}");
    }

    fn signers(keys: &[KeyRecord]) -> Vec<&KeyRecord> {
        keys.iter().filter(|key| key.state.signs()).collect()
    }

    fn signer(keys: &[KeyRecord]) -> &str {
        let [one] = signers(keys)[..] else { panic!("{keys:?}") };
        &one.kid
    }

    #[test]
    fn a_life_from_the_first_day() {
        let (mut keys, settings) = (Vec::new(), settings());
        for (now, states) in [
            (0, vec![KeyState::Active]),
            (899, vec![KeyState::Active]),
            (900, vec![KeyState::Active, KeyState::Next]),
            (999, vec![KeyState::Active, KeyState::Next]),
            (1000, vec![KeyState::Retiring, KeyState::Active]),
            (1299, vec![KeyState::Retiring, KeyState::Active]),
            (1300, vec![KeyState::Retired, KeyState::Active]),
        ] {
            run(&mut keys, now, &settings);
            let seen: Vec<KeyState> = keys.iter().map(|key| key.state).collect();
            assert_eq!(seen, states, "at {now}");
        }
    }

    #[test]
    fn keys_that_sign_as_long_as_they_are_published_before_follow_each_other_without_a_gap() {
        let mut settings = settings();
        settings.rotate_after = settings.publish_ahead;
        let mut keys = Vec::new();
        for nth in 0..10 {
            run(&mut keys, nth * 100, &settings);
            assert_eq!(signer(&keys), format!("k{nth}"));
        }
    }

    #[test]
    fn a_rotation_by_hand_publishes_first() {
        let (mut keys, settings) = (Vec::new(), settings());
        run(&mut keys, 0, &settings);
        let steps = rotate(&keys, "ES256", 10, &settings);
        assert_eq!(steps, [create("ES256", KeyState::Next, 110)]);
        carry_out(&mut keys, &steps, 10);
        assert_eq!(rotate(&keys, "ES256", 11, &settings), []);
        run(&mut keys, 109, &settings);
        assert_eq!(signer(&keys), "k0");
        run(&mut keys, 110, &settings);
        assert_eq!(signer(&keys), "k1");
    }

    #[test]
    fn a_withdrawn_key_leaves_at_once_and_another_signs() {
        let (mut keys, settings) = (Vec::new(), settings());
        run(&mut keys, 0, &settings);
        let steps = withdraw(&keys, "k0", 5, &settings).unwrap();
        carry_out(&mut keys, &steps, 5);
        assert_eq!(signer(&keys), "k1");
        assert_eq!(keys[0].state, KeyState::Withdrawn);
        assert_eq!(withdraw(&keys, "k0", 6, &settings), Err(WithdrawError::Gone));
        assert_eq!(withdraw(&keys, "x", 6, &settings), Err(WithdrawError::Unknown));
        // A published successor is taken before a new one is made.
        let steps = rotate(&keys, "ES256", 7, &settings);
        carry_out(&mut keys, &steps, 7);
        let steps = withdraw(&keys, "k1", 8, &settings).unwrap();
        assert_eq!(steps[0], KeyStep::Activate { kid: "k2".into() });
    }

    #[test]
    fn another_algorithm_comes_by_rotation() {
        let (mut keys, mut settings) = (Vec::new(), settings());
        run(&mut keys, 0, &settings);
        run(&mut keys, 900, &settings);
        settings.algorithm = "EdDSA".into();
        run(&mut keys, 901, &settings);
        assert_eq!(keys[1].state, KeyState::Retired, "it never signed");
        assert_eq!((keys[2].state, keys[2].activates_at), (KeyState::Next, 1001));
        assert_eq!(signer(&keys), "k0", "it stands in");
        run(&mut keys, 1001, &settings);
        assert_eq!(signer(&keys), "k2");
        assert_eq!(keys[0].state, KeyState::Retiring);
    }

    #[test]
    fn who_stands_in_and_is_withdrawn_leaves_its_place_at_once() {
        let (mut keys, mut settings) = (Vec::new(), settings());
        run(&mut keys, 0, &settings);
        settings.algorithm = "EdDSA".into();
        run(&mut keys, 1, &settings);
        let steps = withdraw(&keys, "k0", 2, &settings).unwrap();
        carry_out(&mut keys, &steps, 2);
        assert_eq!(signer(&keys), "k1");
        assert_eq!(keys[1].algorithm, "EdDSA");
    }

    #[test]
    fn every_algorithm_that_is_on_has_a_life_of_its_own() {
        let (mut keys, mut settings) = (Vec::new(), settings());
        settings.also = vec!["RS256".into(), "ES256".into()];
        run(&mut keys, 0, &settings);
        let algorithms: Vec<&str> = signers(&keys).iter().map(|key| &*key.algorithm).collect();
        assert_eq!(algorithms, ["ES256", "RS256"], "on the first day all of them sign at once");
        // A rotation by hand in one ring leaves the other alone.
        let steps = rotate(&keys, "RS256", 10, &settings);
        assert_eq!(steps, [create("RS256", KeyState::Next, 110)]);
        carry_out(&mut keys, &steps, 10);
        run(&mut keys, 110, &settings);
        let kids: Vec<&str> = signers(&keys).iter().map(|key| &*key.kid).collect();
        assert_eq!(kids, ["k0", "k2"]);
        // So does a withdrawal, which makes the successor in its own ring.
        let steps = withdraw(&keys, "k2", 120, &settings).unwrap();
        assert_eq!(steps[0], create("RS256", KeyState::Active, 120));
        carry_out(&mut keys, &steps, 120);
        run(&mut keys, 120, &settings);
        assert_eq!(signers(&keys).len(), 2);
    }

    #[test]
    fn a_further_algorithm_is_known_before_it_signs_and_goes_when_it_is_switched_off() {
        let (mut keys, mut settings) = (Vec::new(), settings());
        run(&mut keys, 0, &settings);
        settings.also = vec!["RS256".into()];
        run(&mut keys, 10, &settings);
        assert_eq!((keys[1].state, keys[1].activates_at), (KeyState::Next, 50));
        run(&mut keys, 49, &settings);
        assert_eq!(signer(&keys), "k0");
        run(&mut keys, 50, &settings);
        assert_eq!(signers(&keys).len(), 2);
        settings.also.clear();
        run(&mut keys, 60, &settings);
        assert_eq!(signer(&keys), "k0");
        assert_eq!((keys[1].state, keys[1].removed_at), (KeyState::Retiring, Some(360)));
        run(&mut keys, 360, &settings);
        assert_eq!(keys[1].state, KeyState::Retired);
    }

    #[test]
    fn the_default_can_change_places_with_a_further_one_at_any_time() {
        let (mut keys, mut settings) = (Vec::new(), settings());
        settings.also = vec!["RS256".into()];
        run(&mut keys, 0, &settings);
        let before = keys.clone();
        (settings.algorithm, settings.also) = ("RS256".into(), vec!["ES256".into()]);
        run(&mut keys, 1, &settings);
        assert_eq!(keys, before, "both were known before");
    }

    #[test]
    fn a_clock_that_ran_ahead_does_not_stop_rotation() {
        let (mut keys, settings) = (Vec::new(), settings());
        let ahead = 1_000_000;
        run(&mut keys, ahead - 100, &settings);
        run(&mut keys, ahead + 800, &settings);
        assert_eq!(keys[1].state, KeyState::Next);
        // The clock is set right.
        run(&mut keys, 0, &settings);
        assert_eq!(keys[1].activates_at, 100);
        run(&mut keys, 99, &settings);
        assert_eq!(signer(&keys), "k0");
        run(&mut keys, 100, &settings);
        assert_eq!(signer(&keys), "k1");
        // What was signed while it ran ahead ends by that clock.
        assert_eq!(keys[0].removed_at, Some(ahead - 100 + settings.keep));
        // An active key from the days to come is replaced.
        let (mut keys, now) = (Vec::new(), 5);
        run(&mut keys, ahead, &settings);
        run(&mut keys, now, &settings);
        run(&mut keys, now + 100, &settings);
        assert_eq!(signer(&keys), "k1");
    }

    proptest! {
        /// However rarely the plan is run, whatever is done by hand, and however the clock steps: one key
        /// of each algorithm signs, it was published long enough before, the one that signs is never
        /// cleared away, and no key leaves before its last token.
        #[test]
        fn there_is_always_one_signer(
            steps in proptest::collection::vec((-300_i64..700, 0_u8..10), 1..80),
        ) {
            let (mut keys, mut settings) = (Vec::new(), settings());
            settings.also = vec!["RS256".into()];
            let mut now = 10_000;
            run(&mut keys, now, &settings);
            for (step, deed) in steps {
                now += step;
                let algorithm = if deed % 2 == 0 { "ES256" } else { "RS256" };
                let of = |keys: &[KeyRecord]| -> Vec<String> {
                    signers(keys).iter().map(|key| key.kid.clone()).collect()
                };
                if deed < 2 {
                    let kid = newest(&keys, algorithm, KeyState::Active).unwrap().kid.clone();
                    let steps = withdraw(&keys, &kid, now, &settings).unwrap();
                    carry_out(&mut keys, &steps, now);
                } else if deed < 4 {
                    let steps = rotate(&keys, algorithm, now, &settings);
                    carry_out(&mut keys, &steps, now);
                }
                let before = of(&keys);
                let known = keys.clone();
                let steps = plan(&keys, now, &settings);
                for step in &steps {
                    if let KeyStep::Remove { kid } = step {
                        prop_assert!(!before.contains(kid), "a signer was cleared away");
                    }
                }
                run(&mut keys, now, &settings);
                let signing = signers(&keys);
                let algorithms: Vec<&str> = signing.iter().map(|key| &*key.algorithm).collect();
                prop_assert!(algorithms.len() == 2 && algorithms[0] != algorithms[1]);
                for key in signing.iter().filter(|key| !before.contains(&key.kid)) {
                    let was = known.iter().find(|was| was.kid == key.kid);
                    prop_assert!(was.is_some_and(|was| was.state == KeyState::Next), "{key:?}");
                }
                for key in &keys {
                    if let (KeyState::Retired, Some(ceased), Some(left)) =
                        (key.state, key.retires_at, key.removed_at)
                    {
                        prop_assert!(left - ceased >= settings.keep);
                    }
                }
            }
        }

        /// By a clock that only goes forward every key is published long enough before it signs.
        #[test]
        fn every_key_is_known_before_it_signs(
            pauses in proptest::collection::vec((1_i64..700, any::<bool>()), 1..60),
        ) {
            let (mut keys, mut settings) = (Vec::new(), settings());
            settings.also = vec!["RS256".into()];
            let mut now = 0;
            run(&mut keys, now, &settings);
            for (pause, by_hand) in pauses {
                now += pause;
                if by_hand {
                    let steps = rotate(&keys, "RS256", now, &settings);
                    carry_out(&mut keys, &steps, now);
                }
                run(&mut keys, now, &settings);
                for key in signers(&keys).iter().filter(|key| key.created_at > 0) {
                    prop_assert!(key.published_at + settings.publish_ahead <= key.activates_at);
                }
            }
        }
    }
}
