//! The keys as requests need them: those that sign, parsed, and the published documents, made once.
//!
//! When a key is made, signs, ceases and goes is decided by `claviger_protocol::key` from the records
//! and the time; this carries the steps out, stores them, and swaps the ring. A request reads the
//! ring without a lock.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use claviger_guard::trace::TARGET;
use claviger_protocol::{
    Invalid, KEPT_BEYOND_EXP, KeyRecord, KeySettings, KeyState, KeyStep, WithdrawError, metadata,
    plan, rotate, withdraw,
};
use claviger_store::seal::MasterKey;
use claviger_store::{Store, StoreError};
use claviger_token::{Algorithm, KeySet, SigningKey};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::call::clipped;
use crate::config::{Config, Issuer};
use crate::document::Document;
use crate::journal::{Event, Journal, Kind};
use crate::key_making::{self, KeyTrouble};
use crate::metrics::Metrics;
use crate::refusal::Refusal;

/// Keys could not be changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyringError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Key(#[from] KeyTrouble),
    #[error("{0}")]
    Withdraw(WithdrawError),
}

/// The keys at one moment.
pub(crate) struct Ring {
    /// The keys that sign, one of each algorithm, the default first; none only where the store was emptied
    /// behind our back.
    signers: Vec<SigningKey>,
    /// All published keys, to judge our own tokens by.
    pub(crate) verifying: KeySet,
    /// All records, gone ones included.
    pub(crate) records: Vec<KeyRecord>,
    pub(crate) jwks: Document,
    pub(crate) oauth: Document,
    pub(crate) openid: Document,
}

impl Ring {
    /// The key that signs with an algorithm; where none is asked for, with the default. None where the
    /// algorithm is not on.
    pub(crate) fn signer(&self, algorithm: Option<&str>) -> Option<&SigningKey> {
        match algorithm {
            None => self.signers.first(),
            Some(name) => {
                let algorithm = Algorithm::from_name(name)?;
                self.signers.iter().find(|key| key.algorithm() == algorithm)
            }
        }
    }

    /// What can be signed with now, the default first.
    pub(crate) fn algorithms(&self) -> Vec<Algorithm> {
        self.signers.iter().map(SigningKey::algorithm).collect()
    }
}

/// Holds the ring and changes it.
pub(crate) struct Keyring {
    ring: ArcSwap<Ring>,
    /// One change at a time: the steps of two at once would contradict each other.
    changing: Mutex<()>,
    store: Store,
    master: Arc<MasterKey>,
    rsa_bits: u32,
    settings: KeySettings,
    issuer: Issuer,
    offers: metadata::Offers,
    metrics: Arc<Metrics>,
    journal: Arc<Journal>,
}

/// The settings of the key life cycle that follow from the configuration.
pub(crate) fn settings(config: &Config) -> KeySettings {
    let seconds = |value: u64| i64::try_from(value).unwrap_or(i64::MAX / 4);
    KeySettings {
        algorithm: Algorithm::from(config.signing.algorithm).name().to_owned(),
        also: config
            .signing
            .also
            .iter()
            .map(|also| Algorithm::from(*also).name().to_owned())
            .collect(),
        rotate_after: seconds(config.signing.rotate_after_seconds),
        publish_ahead: seconds(config.signing.publish_ahead_seconds),
        first_ahead: seconds(config.signing.jwks_max_age_seconds).max(1),
        // Until the last token has expired for a verifier whose clock is behind.
        keep: seconds(config.tokens.access_ttl_max_seconds).saturating_add(KEPT_BEYOND_EXP),
    }
}

impl Keyring {
    pub(crate) async fn open(
        store: Store,
        master: Arc<MasterKey>,
        config: &Config,
        issuer: Issuer,
        metrics: Arc<Metrics>,
        journal: Arc<Journal>,
    ) -> Result<Self, KeyringError> {
        let (settings, offers) = (settings(config), config.offers());
        let ring = load(&store, &master, &issuer, &settings, offers).await?;
        metrics.keys_published(ring.verifying.keys().len());
        Ok(Self {
            ring: ArcSwap::from_pointee(ring),
            changing: Mutex::new(()),
            store,
            master,
            rsa_bits: config.signing.rsa_bits,
            settings,
            issuer,
            offers,
            metrics,
            journal,
        })
    }

    /// The keys as they are now.
    pub(crate) fn load(&self) -> Guard<Arc<Ring>> {
        self.ring.load()
    }

    /// Carries out what has become due: the job that makes rotation automatic.
    pub(crate) async fn turn(&self, now: i64) -> Result<(), KeyringError> {
        self.change(now, |records| Ok(plan(records, now, &self.settings))).await
    }

    /// Publishes a successor in the ring of an algorithm that is on; it signs once every verifier can
    /// have seen it.
    pub(crate) async fn rotate(&self, algorithm: &str, now: i64) -> Result<(), KeyringError> {
        self.change(now, |records| Ok(rotate(records, algorithm, now, &self.settings))).await
    }

    /// The algorithms that are set, the default first. One that was set a moment ago may not sign yet.
    pub(crate) fn settings(&self) -> &KeySettings {
        &self.settings
    }

    /// Claims, signed: by the default key, or by that of the algorithm asked for.
    pub(crate) fn sign(
        &self,
        algorithm: Option<&str>,
        kind: &str,
        claims: &impl Serialize,
    ) -> Result<String, Box<Refusal>> {
        let ring = self.load();
        let Some(key) = ring.signer(algorithm) else {
            let inside = match algorithm {
                None => "no key is active".to_owned(),
                Some(name) => format!("`{name}` is off: add it to `signing.also`, or pick another"),
            };
            return Err(Refusal::unavailable("no-signing-key", inside).into());
        };
        let name = key.algorithm().name();
        let span = tracing::info_span!(target: TARGET, "sign", claviger.algorithm = name);
        span.in_scope(|| key.seal(kind, claims))
            .map_err(|error| Refusal::unavailable("signing-failed", error).into())
    }

    /// Whether a client or an API can have an algorithm: those that sign now.
    pub(crate) fn check_algorithm(
        &self,
        field: &'static str,
        name: Option<&str>,
    ) -> Result<(), Invalid> {
        let ring = self.load();
        match name {
            Some(name) if ring.signer(Some(name)).is_none() => {
                let on: Vec<&str> = ring.algorithms().into_iter().map(Algorithm::name).collect();
                Err(Invalid {
                    field,
                    problem: format!("nothing is signed with `{}` here", clipped(name)),
                    fix: format!("name one of: {}; or add it to `signing.also`", on.join(", ")),
                })
            }
            _ => Ok(()),
        }
    }

    /// Takes a key out of the key set at once, and has another sign.
    pub(crate) async fn withdraw(&self, kid: &str, now: i64) -> Result<(), KeyringError> {
        self.change(now, |records| withdraw(records, kid, now, &self.settings)).await
    }

    /// Whether a key can be withdrawn, before anything is written.
    pub(crate) fn may_withdraw(&self, kid: &str, now: i64) -> Result<(), WithdrawError> {
        withdraw(&self.load().records, kid, now, &self.settings).map(drop)
    }

    /// How long after now the last token under a present key may still be looked at.
    pub(crate) fn last_token_gone(&self, now: i64) -> i64 {
        now.saturating_add(self.settings.keep)
    }

    async fn change(
        &self,
        now: i64,
        decide: impl Fn(&[KeyRecord]) -> Result<Vec<KeyStep>, WithdrawError>,
    ) -> Result<(), KeyringError> {
        let _one = self.changing.lock().await;
        let mut records: Vec<KeyRecord> =
            self.store.list_keys().await?.into_iter().map(|(record, _)| record).collect();
        let steps = decide(&records).map_err(KeyringError::Withdraw)?;
        if steps.is_empty() && records == self.load().records {
            return Ok(());
        }
        let mut created = Vec::new();
        let mut changed: Vec<KeyRecord> = Vec::new();
        for step in &steps {
            match step {
                KeyStep::Create { algorithm, state, activates_at } => {
                    created.push(self.make(algorithm, *state, *activates_at, now).await?);
                }
                step => {
                    let Some(record) =
                        records.iter_mut().find(|record| step.kid() == Some(record.kid.as_str()))
                    else {
                        continue;
                    };
                    step.apply(record, now);
                    changed.retain(|known| known.kid != record.kid);
                    changed.push(record.clone());
                }
            }
        }
        let made: Vec<String> = created.iter().map(|(record, _)| record.kid.clone()).collect();
        if !steps.is_empty() {
            self.store.change_keys(created, changed).await?;
        }
        let mut made = made.into_iter();
        for step in &steps {
            tracing::info!(?step, "signing keys change");
            let kid = if step.kid().is_none() { made.next() } else { None };
            self.journal.event(written_down(step, kid, &records));
        }
        let ring =
            load(&self.store, &self.master, &self.issuer, &self.settings, self.offers).await?;
        self.metrics.keys_published(ring.verifying.keys().len());
        self.ring.store(Arc::new(ring));
        Ok(())
    }

    async fn make(
        &self,
        algorithm: &str,
        state: KeyState,
        activates_at: i64,
        now: i64,
    ) -> Result<(KeyRecord, Vec<u8>), KeyTrouble> {
        let trouble = |reason: &str| KeyTrouble::Making {
            algorithm: algorithm.to_owned(),
            reason: reason.to_owned(),
        };
        let algorithm = Algorithm::from_name(algorithm).ok_or_else(|| trouble("it is unknown"))?;
        let (bits, master) = (self.rsa_bits, Arc::clone(&self.master));
        let made = tokio::task::spawn_blocking(move || {
            key_making::make(algorithm, bits, &master, state, activates_at, now)
        });
        made.await.unwrap_or_else(|_| Err(trouble("making it was cut short")))
    }
}

/// A step in the life of a key, for the journal.
fn written_down(step: &KeyStep, made: Option<String>, records: &[KeyRecord]) -> Event {
    let (code, kid, algorithm) = match step {
        KeyStep::Create { algorithm, .. } => ("key-made", made, Some(algorithm.as_str())),
        step => {
            let code = match step {
                KeyStep::Activate { .. } => "key-activated",
                KeyStep::Retire { .. } => "key-retiring",
                KeyStep::Remove { .. } => "key-retired",
                KeyStep::Withdraw { .. } => "key-withdrawn",
                KeyStep::Reschedule { .. } | KeyStep::Create { .. } => "key-rescheduled",
            };
            let kid = step.kid().unwrap_or_default();
            let record = records.iter().find(|record| record.kid == kid);
            (code, Some(kid.to_owned()), record.map(|record| record.algorithm.as_str()))
        }
    };
    Event::new(Kind::Rotation, code).by("authority").with("kid", kid).with("algorithm", algorithm)
}

async fn load(
    store: &Store,
    master: &Arc<MasterKey>,
    issuer: &Issuer,
    settings: &KeySettings,
    offers: metadata::Offers,
) -> Result<Ring, KeyringError> {
    let held = store.list_keys().await?;
    let mut signers: Vec<(&KeyRecord, SigningKey)> = Vec::new();
    let mut others: Vec<Value> = Vec::new();
    let mut verifying = KeySet::default();
    for (record, sealed) in &held {
        let Some(sealed) = sealed.as_deref().filter(|_| record.state.published()) else {
            continue;
        };
        let key = key_making::open(record, sealed, master)?;
        verifying.push(key.public().map_err(|error| KeyTrouble::Damaged {
            kid: record.kid.clone(),
            reason: error.to_string(),
        })?);
        if record.state.signs() {
            signers.push((record, key));
        } else {
            others.push(key.jwk());
        }
    }
    // The default, or what stands in for it until it is known; then as they are set.
    let place = |record: &KeyRecord| {
        let set = settings.algorithms().position(|algorithm| algorithm == record.algorithm);
        let place = set.map_or(1, |nth| if nth == 0 { 0 } else { nth + 1 });
        (place, std::cmp::Reverse(record.activates_at))
    };
    signers.sort_by_key(|(record, _)| place(record));
    let signers: Vec<SigningKey> = signers.into_iter().map(|(_, key)| key).collect();
    // The signers stand first: readers that look at one key only are served, too.
    let jwks: Vec<Value> = signers.iter().map(SigningKey::jwk).chain(others).collect();
    let algorithms: Vec<Algorithm> = signers.iter().map(SigningKey::algorithm).collect();
    let mut oauth = metadata::oauth(&issuer.base, &issuer.text, &[]);
    let mut openid = metadata::openid(&issuer.base, &issuer.text, &algorithms, &[]);
    for document in [&mut oauth, &mut openid] {
        offers.write(&issuer.base, document);
    }
    Ok(Ring {
        signers,
        verifying,
        records: held.into_iter().map(|(record, _)| record).collect(),
        jwks: Document::new(&json!({ "keys": jwks })),
        oauth: Document::new(&oauth),
        openid: Document::new(&openid),
    })
}
