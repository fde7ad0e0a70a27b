//! One trusted issuer's keys, as this process holds them.
//!
//! Decides when keys are fetched: before they age, and once for an unknown `kid`; never by a token's own
//! word about where keys are. A failed fetch never replaces a good set.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use claviger_token::{Code, Fact, Fault, KeySet};
use tokio::sync::watch;

use crate::clock;
use crate::discovery::{self, Discovery};
use crate::fetch::{FetchError, Fetcher};
use crate::revocations::Feed;

/// Bounds on what the issuer says of its keys' age.
const FRESH: std::ops::RangeInclusive<u64> = 60..=24 * 3600;
/// Where it says nothing.
const FRESH_DEFAULT: u64 = 600;
/// How long old keys serve through an outage.
const STALE_LIMIT: Duration = Duration::from_secs(24 * 3600);
/// Metadata are read again this often.
const DISCOVERY_AGE: Duration = Duration::from_secs(3600);
/// Between attempts while there is no key at all.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// The longest pause between attempts in an outage.
const LAST_RETRY: Duration = Duration::from_secs(60);
/// How many unknown `kid`s are remembered, and how long.
const NEGATIVES: usize = 128;
const NEGATIVE_FOR: Duration = Duration::from_secs(60);

/// The keys of one fetch. Never changed, only replaced.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) keys: Arc<KeySet>,
    thumbprints: Arc<HashSet<String>>,
    pub(crate) fetched_at: i64,
    fetched: Instant,
    fresh_for: Duration,
    etag: Option<String>,
    jwks_uri: String,
}

impl Snapshot {
    pub(crate) fn has_key(&self, thumbprint: &str) -> bool {
        self.thumbprints.contains(thumbprint)
    }
}

#[derive(Debug)]
struct Known {
    discovery: Discovery,
    read: Instant,
}

#[derive(Debug, Default)]
struct Attempts {
    last: Option<Instant>,
    on_demand: Option<Instant>,
    failures: u32,
}

/// One issuer.
#[derive(Debug)]
pub(crate) struct Issuer {
    pub(crate) url: String,
    pub(crate) feed: Feed,
    fetcher: Fetcher,
    min_interval: Duration,
    snapshot: ArcSwapOption<Snapshot>,
    known: ArcSwapOption<Known>,
    last_error: ArcSwapOption<Fault>,
    attempts: tokio::sync::Mutex<Attempts>,
    negatives: Mutex<VecDeque<(Instant, u64)>>,
    hasher: RandomState,
    has_keys: watch::Sender<bool>,
}

impl Issuer {
    pub(crate) fn new(url: String, fetcher: Fetcher, min_interval: Duration) -> Self {
        Self {
            url,
            feed: Feed::default(),
            fetcher,
            min_interval,
            snapshot: ArcSwapOption::empty(),
            known: ArcSwapOption::empty(),
            last_error: ArcSwapOption::empty(),
            attempts: tokio::sync::Mutex::default(),
            negatives: Mutex::default(),
            hasher: RandomState::new(),
            has_keys: watch::Sender::new(false),
        }
    }

    /// The keys at hand, without waiting; none before the first fetch or past the stale limit.
    pub(crate) fn current(&self) -> Option<Arc<Snapshot>> {
        self.snapshot.load_full().filter(|snapshot| snapshot.fetched.elapsed() < STALE_LIMIT)
    }

    /// Whether a key is still in the set at hand: no lock, no reference count.
    pub(crate) fn has_key(&self, thumbprint: &str) -> bool {
        self.snapshot.load().as_ref().is_some_and(|snapshot| {
            snapshot.has_key(thumbprint) && snapshot.fetched.elapsed() < STALE_LIMIT
        })
    }

    pub(crate) fn last_error(&self) -> Option<Arc<Fault>> {
        self.last_error.load_full()
    }

    pub(crate) fn revocations_endpoint(&self) -> Option<String> {
        self.known.load().as_ref()?.discovery.revocations_endpoint.clone()
    }

    pub(crate) fn refusals_endpoint(&self) -> Option<String> {
        self.known.load().as_ref()?.discovery.refusals_endpoint.clone()
    }

    pub(crate) async fn wait_for_keys(&self) {
        // The sender lives in this very issuer, so the wait cannot end by its loss.
        let _ = self.has_keys.subscribe().wait_for(|has| *has).await;
    }

    /// The keys, waiting for the first fetch where there are none.
    pub(crate) async fn keys(&self) -> Result<Arc<Snapshot>, Box<Fault>> {
        if let Some(snapshot) = self.current() {
            return Ok(snapshot);
        }
        let mut attempts = self.attempts.lock().await;
        if let Some(snapshot) = self.current() {
            return Ok(snapshot);
        }
        if attempts.last.is_none_or(|last| last.elapsed() >= FIRST_RETRY) {
            self.fetch(&mut attempts).await;
        }
        self.current().ok_or_else(|| self.no_keys())
    }

    fn no_keys(&self) -> Box<Fault> {
        match self.last_error.load_full() {
            Some(fault) => Box::new((*fault).clone()),
            None => Box::new(
                Fault::new(Code::KeySetUnreachable)
                    .with("url", self.url.as_str())
                    .with("cause", Fact::Words("the keys have not arrived yet".to_owned())),
            ),
        }
    }

    /// Other keys than `seen`, for a `kid` that is not among them. One fetch serves all who wait, and two
    /// fetches are `min_interval` apart, whatever `kid`s the world invents.
    pub(crate) async fn newer(&self, seen: &Arc<Snapshot>, kid: &str) -> Option<Arc<Snapshot>> {
        let kid = self.hasher.hash_one(kid);
        if self.is_negative(kid) {
            return None;
        }
        let mut attempts = self.attempts.lock().await;
        let current = self.current()?;
        if !Arc::ptr_eq(&current, seen) {
            return Some(current);
        }
        if attempts.on_demand.is_some_and(|last| last.elapsed() < self.min_interval) {
            return None;
        }
        attempts.on_demand = Some(Instant::now());
        let fetched = self.fetch(&mut attempts).await;
        drop(attempts);
        fetched.then(|| self.current()).flatten()
    }

    /// Remembers that a `kid` was not in a freshly fetched set.
    pub(crate) fn remember_unknown(&self, kid: &str) {
        let kid = self.hasher.hash_one(kid);
        let mut negatives = self.negatives.lock().unwrap_or_else(PoisonError::into_inner);
        if negatives.len() >= NEGATIVES {
            negatives.pop_front();
        }
        negatives.push_back((Instant::now(), kid));
    }

    fn is_negative(&self, kid: u64) -> bool {
        let mut negatives = self.negatives.lock().unwrap_or_else(PoisonError::into_inner);
        while negatives.front().is_some_and(|(since, _)| since.elapsed() > NEGATIVE_FOR) {
            negatives.pop_front();
        }
        negatives.iter().any(|(_, known)| *known == kid)
    }

    /// Keeps the keys fresh for as long as the guard lives.
    pub(crate) async fn keep_fresh(self: Arc<Self>) {
        loop {
            let pause = {
                let mut attempts = self.attempts.lock().await;
                // A request may just have fetched; then it is not yet time.
                let due = self.due_in(&attempts);
                if due.is_zero() {
                    self.fetch(&mut attempts).await;
                    self.due_in(&attempts)
                } else {
                    due
                }
            };
            tokio::time::sleep(pause.max(Duration::from_millis(100))).await;
        }
    }

    fn due_in(&self, attempts: &Attempts) -> Duration {
        let Some(last) = attempts.last else { return Duration::ZERO };
        if attempts.failures > 0 {
            let backoff = FIRST_RETRY.saturating_mul(1 << attempts.failures.min(6)).min(LAST_RETRY);
            return backoff.saturating_sub(last.elapsed());
        }
        match self.snapshot.load().as_ref() {
            // At 80 % of their life, so that a request never meets keys that are over.
            Some(snapshot) => {
                (snapshot.fresh_for / 5 * 4).saturating_sub(snapshot.fetched.elapsed())
            }
            None => Duration::ZERO,
        }
    }

    async fn fetch(&self, attempts: &mut Attempts) -> bool {
        attempts.last = Some(Instant::now());
        match self.fetched(attempts.failures > 0).await {
            Ok(snapshot) => {
                if attempts.failures > 0 {
                    tracing::info!(issuer = %self.url, "the issuer's keys can be fetched again");
                }
                attempts.failures = 0;
                self.last_error.store(None);
                self.snapshot.store(Some(Arc::new(snapshot)));
                self.has_keys.send_replace(true);
                // What was unknown before may be known now; the next asker finds out.
                self.negatives.lock().unwrap_or_else(PoisonError::into_inner).clear();
                true
            }
            Err(fault) => {
                attempts.failures = attempts.failures.saturating_add(1);
                tracing::warn!(
                    issuer = %self.url, code = %fault.code, detail = %fault.detail(),
                    keeps_old_keys = self.current().is_some(), "the issuer's keys cannot be fetched"
                );
                self.last_error.store(Some(Arc::from(fault)));
                false
            }
        }
    }

    async fn fetched(&self, rediscover: bool) -> Result<Snapshot, Box<Fault>> {
        let known = self
            .known
            .load_full()
            .filter(|known| !rediscover && known.read.elapsed() < DISCOVERY_AGE);
        let jwks_uri = match known {
            Some(known) => known.discovery.jwks_uri.clone(),
            None => {
                let discovery = self.fetcher.discover(&self.url).await?;
                let jwks_uri = discovery.jwks_uri.clone();
                self.known.store(Some(Arc::new(Known { discovery, read: Instant::now() })));
                jwks_uri
            }
        };
        let old = self.snapshot.load_full().filter(|old| old.jwks_uri == jwks_uri);
        let etag = old.as_ref().and_then(|old| old.etag.as_deref());
        let fetched = self.fetcher.get(&jwks_uri, etag).await.map_err(FetchError::into_fault)?;
        let fresh = fetched.max_age.unwrap_or(FRESH_DEFAULT).clamp(*FRESH.start(), *FRESH.end());
        let (keys, thumbprints, etag) = match old {
            Some(old) if fetched.unchanged => {
                (Arc::clone(&old.keys), Arc::clone(&old.thumbprints), old.etag.clone())
            }
            _ => {
                let keys = discovery::key_set(&jwks_uri, &fetched)?;
                let thumbprints =
                    keys.keys().iter().map(|key| key.thumbprint().to_owned()).collect();
                (Arc::new(keys), Arc::new(thumbprints), fetched.etag)
            }
        };
        Ok(Snapshot {
            keys,
            thumbprints,
            fetched_at: clock::now(),
            fetched: Instant::now(),
            fresh_for: Duration::from_secs(fresh),
            etag,
            jwks_uri,
        })
    }

    /// The fetcher, for the feed.
    pub(crate) const fn fetcher(&self) -> &Fetcher {
        &self.fetcher
    }
}
