//! The keys as requests need them: the one that signs, parsed, and the published documents, made once.
//!
//! When a key is made, signs, ceases and goes is decided by `claviger_protocol::key` from the records
//! and the time; this carries the steps out, stores them, and swaps the ring. A request reads the
//! ring without a lock.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use claviger_protocol::{
    KEPT_BEYOND_EXP, KeyRecord, KeySettings, KeyState, KeyStep, WithdrawError, metadata, plan,
    rotate, withdraw,
};
use claviger_store::seal::MasterKey;
use claviger_store::{Store, StoreError};
use claviger_token::{Algorithm, KeySet, SigningKey};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::config::{Config, Issuer, Signing};
use crate::document::Document;
use crate::key_making::{self, KeyTrouble};
use crate::metrics::Metrics;

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
    /// The key that signs; none only where the store was emptied behind our back.
    pub(crate) active: Option<SigningKey>,
    /// All published keys, to judge our own tokens by.
    pub(crate) verifying: KeySet,
    /// All records, gone ones included.
    pub(crate) records: Vec<KeyRecord>,
    pub(crate) jwks: Document,
    pub(crate) oauth: Document,
    pub(crate) openid: Document,
}

/// Holds the ring and changes it.
pub(crate) struct Keyring {
    ring: ArcSwap<Ring>,
    /// One change at a time: the steps of two at once would contradict each other.
    changing: Mutex<()>,
    store: Store,
    master: Arc<MasterKey>,
    signing: Signing,
    settings: KeySettings,
    issuer: Issuer,
    offers: metadata::Offers,
    metrics: Arc<Metrics>,
}

/// The settings of the key life cycle that follow from the configuration.
pub(crate) fn settings(config: &Config) -> KeySettings {
    let seconds = |value: u64| i64::try_from(value).unwrap_or(i64::MAX / 4);
    KeySettings {
        algorithm: Algorithm::from(config.signing.algorithm).name().to_owned(),
        rotate_after: seconds(config.signing.rotate_after_seconds),
        publish_ahead: seconds(config.signing.publish_ahead_seconds),
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
    ) -> Result<Self, KeyringError> {
        let offers = config.offers();
        let ring = load(&store, &master, &issuer, offers).await?;
        metrics.keys_published(ring.verifying.keys().len());
        Ok(Self {
            ring: ArcSwap::from_pointee(ring),
            changing: Mutex::new(()),
            store,
            master,
            signing: config.signing.clone(),
            settings: settings(config),
            issuer,
            offers,
            metrics,
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

    /// Publishes a successor now; it signs once every verifier can have seen it.
    pub(crate) async fn rotate(&self, now: i64) -> Result<(), KeyringError> {
        self.change(now, |records| Ok(rotate(records, now, &self.settings))).await
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
                KeyStep::Create { state, activates_at } => {
                    created.push(self.make(*state, *activates_at, now).await?);
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
        for step in &steps {
            tracing::info!(?step, "signing keys change");
        }
        if !steps.is_empty() {
            self.store.change_keys(created, changed).await?;
        }
        let ring = load(&self.store, &self.master, &self.issuer, self.offers).await?;
        self.metrics.keys_published(ring.verifying.keys().len());
        self.ring.store(Arc::new(ring));
        Ok(())
    }

    async fn make(
        &self,
        state: KeyState,
        activates_at: i64,
        now: i64,
    ) -> Result<(KeyRecord, Vec<u8>), KeyTrouble> {
        let (signing, master) = (self.signing.clone(), Arc::clone(&self.master));
        let made = tokio::task::spawn_blocking(move || {
            key_making::make(&signing, &master, state, activates_at, now)
        });
        made.await.unwrap_or_else(|_| {
            Err(KeyTrouble::Making {
                algorithm: Algorithm::from(self.signing.algorithm),
                reason: "making it was cut short".to_owned(),
            })
        })
    }
}

async fn load(
    store: &Store,
    master: &Arc<MasterKey>,
    issuer: &Issuer,
    offers: metadata::Offers,
) -> Result<Ring, KeyringError> {
    let held = store.list_keys().await?;
    let mut active = None;
    let mut jwks: Vec<Value> = Vec::new();
    let mut algorithms: Vec<Algorithm> = Vec::new();
    let mut verifying = KeySet::default();
    for (record, sealed) in &held {
        let Some(sealed) = sealed.as_deref().filter(|_| record.state.published()) else {
            continue;
        };
        let key = key_making::open(record, sealed, master)?;
        if !algorithms.contains(&key.algorithm()) {
            algorithms.push(key.algorithm());
        }
        verifying.push(key.public().map_err(|error| KeyTrouble::Damaged {
            kid: record.kid.clone(),
            reason: error.to_string(),
        })?);
        if record.state.signs() {
            // The signer stands first: readers that look at one key only are served, too.
            jwks.insert(0, key.jwk());
            active = Some(key);
        } else {
            jwks.push(key.jwk());
        }
    }
    let mut oauth = metadata::oauth(&issuer.base, &issuer.text, &[]);
    let mut openid = metadata::openid(&issuer.base, &issuer.text, &algorithms, &[]);
    for document in [&mut oauth, &mut openid] {
        offers.write(&issuer.base, document);
    }
    Ok(Ring {
        active,
        verifying,
        records: held.into_iter().map(|(record, _)| record).collect(),
        jwks: Document::new(&json!({ "keys": jwks })),
        oauth: Document::new(&oauth),
        openid: Document::new(&openid),
    })
}
