//! The life of a signing key: published before it signs, kept until its last token is gone.
//!
//! Decides what is due. Makes no key, draws no randomness and stores nothing: the caller carries the
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

/// How long the stages of a life are, in seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySettings {
    /// What new keys sign with.
    pub algorithm: String,
    /// How long a key signs.
    pub rotate_after: i64,
    /// How long it is published before. Longer than verifiers keep a fetched key set.
    pub publish_ahead: i64,
    /// How long it stays published after. Longer than the longest life of a token.
    pub keep: i64,
}

/// One step that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyStep {
    /// Make a key; publish it.
    Create {
        /// `Next`, or `Active` where nothing else can sign.
        state: KeyState,
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
    let active = newest(keys, KeyState::Active);
    let next = upcoming(keys, settings);
    match (active, next) {
        // Whatever is there signs before nothing does.
        (None, next) => steps.push(match next.or_else(|| newest(keys, KeyState::Next)) {
            Some(next) => KeyStep::Activate { kid: next.kid.clone() },
            None => KeyStep::Create { state: KeyState::Active, activates_at: now },
        }),
        (Some(_), Some(next)) if next.activates_at <= now => {
            steps.push(KeyStep::Activate { kid: next.kid.clone() });
        }
        (Some(_), Some(_)) => {}
        (Some(active), None) => {
            let due = active.activates_at.saturating_add(settings.rotate_after);
            let earliest = now.saturating_add(settings.publish_ahead);
            if active.algorithm != settings.algorithm {
                let state = KeyState::Next;
                steps.push(KeyStep::Create { state, activates_at: earliest });
            } else if due <= earliest {
                let activates_at = due.max(earliest);
                steps.push(KeyStep::Create { state: KeyState::Next, activates_at });
            }
        }
    }
    let signer = match steps.first() {
        Some(KeyStep::Activate { kid }) => Some(kid.clone()),
        _ => active.map(|active| active.kid.clone()),
    };
    for key in keys.iter().filter(|key| Some(&key.kid) != signer.as_ref()) {
        let kid = key.kid.clone();
        match key.state {
            KeyState::Active => {
                steps.push(KeyStep::Retire { kid, remove_at: now.saturating_add(settings.keep) })
            }
            // The setting was changed before it ever signed.
            KeyState::Next if key.algorithm != settings.algorithm => {
                steps.push(KeyStep::Remove { kid });
            }
            KeyState::Retiring if key.removed_at.is_none_or(|at| at <= now) => {
                steps.push(KeyStep::Remove { kid });
            }
            _ => {}
        }
    }
    steps
}

/// A rotation by hand: a new key is published now, and signs as soon as every verifier can have it.
/// Nothing while one is on its way.
#[must_use]
pub fn rotate(keys: &[KeyRecord], now: i64, settings: &KeySettings) -> Vec<KeyStep> {
    if newest(keys, KeyState::Active).is_none() {
        return plan(keys, now, settings);
    }
    if upcoming(keys, settings).is_some() {
        return Vec::new();
    }
    let activates_at = now.saturating_add(settings.publish_ahead);
    vec![KeyStep::Create { state: KeyState::Next, activates_at }]
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
    let another = keys.iter().any(|other| other.kid != kid && other.state == KeyState::Active);
    if key.state == KeyState::Active && !another {
        steps.push(match upcoming(keys, settings) {
            Some(next) => KeyStep::Activate { kid: next.kid.clone() },
            None => KeyStep::Create { state: KeyState::Active, activates_at: now },
        });
    }
    steps.push(KeyStep::Withdraw { kid: kid.to_owned() });
    Ok(steps)
}

fn newest(keys: &[KeyRecord], state: KeyState) -> Option<&KeyRecord> {
    keys.iter().filter(|key| key.state == state).max_by_key(|key| key.activates_at)
}

/// The next key to sign, of the algorithm that is set.
fn upcoming<'a>(keys: &'a [KeyRecord], settings: &KeySettings) -> Option<&'a KeyRecord> {
    keys.iter()
        .filter(|key| key.state == KeyState::Next && key.algorithm == settings.algorithm)
        .min_by_key(|key| key.activates_at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn settings() -> KeySettings {
        KeySettings { algorithm: "ES256".into(), rotate_after: 1000, publish_ahead: 100, keep: 300 }
    }

    /// Carries steps out, as the authority does.
    fn carry_out(keys: &mut Vec<KeyRecord>, steps: &[KeyStep], now: i64, algorithm: &str) {
        for step in steps {
            if let KeyStep::Create { state, activates_at } = step {
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
        carry_out(keys, &steps, now, &settings.algorithm);
        assert_eq!(plan(keys, now, settings), [], "nothing is due twice at {now}: {keys:?}");
    }

    fn signer(keys: &[KeyRecord]) -> &str {
        let mut active = keys.iter().filter(|key| key.state.signs());
        let one = active.next().unwrap();
        assert!(active.next().is_none(), "{keys:?}");
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
    fn a_rotation_by_hand_publishes_first() {
        let (mut keys, settings) = (Vec::new(), settings());
        run(&mut keys, 0, &settings);
        let steps = rotate(&keys, 10, &settings);
        assert_eq!(steps, [KeyStep::Create { state: KeyState::Next, activates_at: 110 }]);
        carry_out(&mut keys, &steps, 10, "ES256");
        assert_eq!(rotate(&keys, 11, &settings), []);
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
        carry_out(&mut keys, &steps, 5, "ES256");
        assert_eq!(signer(&keys), "k1");
        assert_eq!(keys[0].state, KeyState::Withdrawn);
        assert_eq!(withdraw(&keys, "k0", 6, &settings), Err(WithdrawError::Gone));
        assert_eq!(withdraw(&keys, "x", 6, &settings), Err(WithdrawError::Unknown));
        // A published successor is taken before a new one is made.
        let steps = rotate(&keys, 7, &settings);
        carry_out(&mut keys, &steps, 7, "ES256");
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
        assert_eq!(signer(&keys), "k0");
        run(&mut keys, 1001, &settings);
        assert_eq!(signer(&keys), "k2");
    }

    proptest! {
        /// However rarely the plan is run: one key signs, it was published long enough before, and
        /// no key leaves before its last token.
        #[test]
        fn there_is_always_one_signer(
            pauses in proptest::collection::vec((1_i64..700, 0_u8..8), 1..60),
        ) {
            let (mut keys, settings) = (Vec::new(), settings());
            let mut now = 0;
            run(&mut keys, now, &settings);
            for (pause, deed) in pauses {
                now += pause;
                let withdrawn = deed == 0;
                if withdrawn {
                    let kid = signer(&keys).to_owned();
                    let steps = withdraw(&keys, &kid, now, &settings).unwrap();
                    carry_out(&mut keys, &steps, now, "ES256");
                } else if deed == 1 {
                    let steps = rotate(&keys, now, &settings);
                    carry_out(&mut keys, &steps, now, "ES256");
                }
                let before = signer(&keys).to_owned();
                run(&mut keys, now, &settings);
                let after = signer(&keys).to_owned();
                if before != after {
                    let key = keys.iter().find(|key| key.kid == after).unwrap();
                    prop_assert!(key.published_at + settings.publish_ahead <= now);
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
    }
}
