//! Whether a client's secret is the right one, at a cost that nobody can drive up.
//!
//! A secret is checked against its Argon2id hash once; a keyed hash of what was verified is then
//! remembered in memory, so that a token request costs a few microseconds. Runs of Argon2id are few
//! at a time, wait in a bounded queue, are shared by requests that present the same secret, and are
//! limited per client and address when they keep failing. A client whose secret is remembered is
//! touched by none of that. New secrets are hashed out of the same queue. Never stores, logs or
//! returns a secret.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Argon2, Params, Version};
use aws_lc_rs::hmac;
use claviger_protocol::Secret;
use subtle::ConstantTimeEq as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tracing::Instrument as _;

use crate::config::Limits;
use crate::hashing::Hashing;
use crate::metrics::Metrics;
use crate::random::{self, NoRandomness};
use crate::throttle::network;

/// What an unknown client's secret is compared with: well formed, same cost, matched by nothing. So
/// the time of an answer does not tell whether a client exists.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$\
                      bm8gY2xpZW50IGhhcyBpdA$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// How long a secret that was found wrong is known to be wrong without another run: a client that
/// retries with a stale secret in a loop costs one run a minute.
const REFUTED_FOR: Duration = Duration::from_secs(60);
const REFUTED_KEPT: usize = 4096;
/// The period of `wrong_secrets_per_minute`.
const WINDOW: Duration = Duration::from_secs(60);
const WINDOWS_KEPT: usize = 16_384;
/// One address may fail this many times as often over all clients as for one: enough for a whole
/// office behind one address, too little to keep the machine hashing.
const ADDRESS_FACTOR: u32 = 10;
/// A client has one secret, or two while one is being replaced.
const PER_CLIENT: usize = 4;

type Mac = [u8; 32];

/// No verdict: the answer is "later", and it says nothing about the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unjudged {
    /// Too many secrets are being checked.
    Busy,
    /// Too many wrong secrets came from this address.
    TooManyWrong { retry_after_seconds: u64 },
    /// The library failed; the stored hash may be damaged.
    Failed,
}

/// A new secret got no hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotHashed {
    /// Too many secrets are being hashed.
    #[error("too many secrets are being hashed")]
    Busy,
    /// The library failed, or its thread.
    #[error("Argon2id could not be run")]
    Failed,
}

/// A secret to be judged.
pub(crate) struct Asked<'a> {
    pub(crate) client: &'a str,
    /// The stored hash; none where the client is unknown or has no secret.
    pub(crate) hash: Option<&'a str>,
    pub(crate) presented: &'a str,
    pub(crate) peer: Option<IpAddr>,
}

/// The memory of verified secrets and the queue for new ones.
#[derive(Clone)]
pub(crate) struct Secrets(Arc<Inner>);

struct Inner {
    key: hmac::Key,
    memory: Mutex<Memory>,
    runs: Arc<Semaphore>,
    hashing: Hashing,
    /// Runs under way and waiting together.
    waiting: AtomicUsize,
    most_waiting: usize,
    remembered: usize,
    wrong_per_window: u32,
    windows_seed: RandomState,
    metrics: Arc<Metrics>,
}

#[derive(Default)]
struct Memory {
    verified: HashMap<String, Vec<Mac>>,
    refuted: HashMap<Mac, Instant>,
    running: HashMap<Mac, watch::Receiver<Option<Result<bool, Unjudged>>>>,
    windows: HashMap<u64, Window>,
}

#[derive(Clone, Copy)]
struct Window {
    since: Instant,
    wrong: u32,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl Secrets {
    /// Needs so many threads as `limits` allows runs.
    pub(crate) fn new(
        limits: &Limits,
        hashing: Hashing,
        metrics: Arc<Metrics>,
    ) -> Result<Self, NoRandomness> {
        let key = random::bytes::<32>()?;
        Ok(Self(Arc::new(Inner {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
            memory: Mutex::default(),
            runs: Arc::new(Semaphore::new(limits.argon2_runs)),
            hashing,
            waiting: AtomicUsize::new(0),
            most_waiting: limits.argon2_runs + limits.argon2_queue,
            remembered: limits.remembered_secrets,
            wrong_per_window: limits.wrong_secrets_per_minute,
            windows_seed: RandomState::new(),
            metrics,
        })))
    }

    /// Whether the presented secret is the client's.
    pub(crate) async fn verify(&self, asked: &Asked<'_>) -> Result<bool, Unjudged> {
        let inner = &self.0;
        let hash = asked.hash.unwrap_or(NOBODY);
        let mac = inner.mac(asked.client, hash, asked.presented);
        let mut verdict = {
            let mut memory = inner.memory();
            if memory.is_verified(asked.client, &mac) {
                inner.metrics.secret_remembered();
                return Ok(true);
            }
            let now = Instant::now();
            if memory.refuted.get(&mac).is_some_and(|at| now.duration_since(*at) < REFUTED_FOR) {
                return Ok(false);
            }
            if let Some(running) = memory.running.get(&mac) {
                running.clone()
            } else {
                let windows = inner.windows(asked.client, asked.peer);
                let place = inner.admit(&mut memory, &windows, now)?;
                let (done, verdict) = watch::channel(None);
                memory.running.insert(mac, verdict.clone());
                let run = Run {
                    mac,
                    client: asked.client.to_owned(),
                    known: asked.hash.is_some(),
                    hash: hash.to_owned(),
                    presented: Secret::new(asked.presented.to_owned()),
                    windows,
                };
                // A task of its own: the verdict is wanted by others even if this request is gone.
                tokio::spawn(run.carry_out(place, done).in_current_span());
                verdict
            }
        };
        match verdict.wait_for(Option::is_some).await {
            Ok(found) => (*found).unwrap_or(Err(Unjudged::Failed)),
            Err(_) => Err(Unjudged::Failed),
        }
    }

    /// The Argon2id hash under which a new secret is stored.
    pub(crate) async fn hash(&self, secret: &Secret) -> Result<String, NotHashed> {
        let place = self.0.place().ok_or(NotHashed::Busy)?;
        let secret = secret.clone();
        let hashed = place.run(move || {
            Argon2::new(argon2::Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
                .hash_password(secret.expose().as_bytes())
                .map(|hash| hash.to_string())
        });
        hashed.await.and_then(Result::ok).ok_or(NotHashed::Failed)
    }

    /// Forgets what was verified for a client that changed.
    pub(crate) fn forget(&self, client: &str) {
        self.0.memory().verified.remove(client);
    }

    /// Drops what has run out of time; called by the housekeeping job.
    pub(crate) fn sweep(&self) {
        let now = Instant::now();
        let mut memory = self.0.memory();
        memory.refuted.retain(|_, at| now.duration_since(*at) < REFUTED_FOR);
        memory.windows.retain(|_, window| now.duration_since(window.since) < WINDOW);
    }
}

impl Inner {
    /// A panic while the lock was held cannot leave the maps half changed in a way that matters.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// HMAC-SHA-256 under a key of this process over client, stored hash and secret, each preceded
    /// by its length. With the stored hash inside, a replaced secret is unknown at once.
    fn mac(&self, client: &str, hash: &str, presented: &str) -> Mac {
        let mut context = hmac::Context::with_key(&self.key);
        for part in [client, hash, presented] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut mac = [0; 32];
        mac.copy_from_slice(context.sign().as_ref());
        mac
    }

    /// The two windows a failure is counted in: this client from this address, and the address.
    fn windows(&self, client: &str, peer: Option<IpAddr>) -> [u64; 2] {
        let peer = peer.map(network);
        [self.windows_seed.hash_one((client, peer)), self.windows_seed.hash_one(peer)]
    }

    /// A place in the queue; none where it is full.
    fn place(self: &Arc<Self>) -> Option<Place> {
        let one_more = |waiting| (waiting < self.most_waiting).then_some(waiting + 1);
        self.waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).ok()?;
        Some(Place(Arc::clone(self)))
    }

    /// Lets a run begin, or says why not. A run counts as a failure of its client until it succeeds,
    /// so that many guesses at once are worth no more than many in a row.
    fn admit(
        self: &Arc<Self>,
        memory: &mut Memory,
        windows: &[u64; 2],
        now: Instant,
    ) -> Result<Place, Unjudged> {
        let limits = [self.wrong_per_window, self.wrong_per_window.saturating_mul(ADDRESS_FACTOR)];
        for (key, limit) in windows.iter().zip(limits) {
            if let Some(window) = memory.windows.get(key) {
                let age = now.duration_since(window.since);
                if age < WINDOW && window.wrong >= limit {
                    let left = (WINDOW - age).as_secs().max(1);
                    return Err(Unjudged::TooManyWrong { retry_after_seconds: left });
                }
            }
        }
        let place = self.place().ok_or(Unjudged::Busy)?;
        memory.count(windows[0], now);
        Ok(place)
    }
}

/// A place among the runs under way and waiting, given up when dropped.
struct Place(Arc<Inner>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Place {
    /// Carries a run of Argon2id out once its turn has come; none where that failed.
    async fn run<T: Send + 'static>(self, job: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let inner = Arc::clone(&self.0);
        let turn = Arc::clone(&inner.runs).acquire_owned().await.ok()?;
        inner.metrics.argon2_run();
        // Both go with the job: the thread is at it even if nobody waits for it any more.
        let held: (OwnedSemaphorePermit, Self) = (turn, self);
        let job = move || {
            let _held = held;
            job()
        };
        inner.hashing.run(job).await
    }
}

impl Memory {
    fn is_verified(&self, client: &str, mac: &Mac) -> bool {
        self.verified.get(client).is_some_and(|known| known.iter().any(|one| one.ct_eq(mac).into()))
    }

    fn count(&mut self, window: u64, now: Instant) {
        if self.windows.len() >= WINDOWS_KEPT && !self.windows.contains_key(&window) {
            self.windows.retain(|_, window| now.duration_since(window.since) < WINDOW);
            if self.windows.len() >= WINDOWS_KEPT
                && let Some(&any) = self.windows.keys().next()
            {
                self.windows.remove(&any);
            }
        }
        let entry = self.windows.entry(window).or_insert(Window { since: now, wrong: 0 });
        if now.duration_since(entry.since) >= WINDOW {
            *entry = Window { since: now, wrong: 0 };
        }
        entry.wrong = entry.wrong.saturating_add(1);
    }

    fn remember(&mut self, client: &str, mac: Mac, most: usize) {
        if most == 0 {
            return;
        }
        if self.verified.len() >= most
            && !self.verified.contains_key(client)
            && let Some(any) = self.verified.keys().next().cloned()
        {
            // Which one is given up does not matter much: it costs its client one run.
            self.verified.remove(&any);
        }
        let known = self.verified.entry(client.to_owned()).or_default();
        if known.len() >= PER_CLIENT {
            known.remove(0);
        }
        known.push(mac);
    }

    fn refute(&mut self, mac: Mac, now: Instant) {
        if self.refuted.len() >= REFUTED_KEPT {
            self.refuted.retain(|_, at| now.duration_since(*at) < REFUTED_FOR);
            if self.refuted.len() >= REFUTED_KEPT
                && let Some(&any) = self.refuted.keys().next()
            {
                self.refuted.remove(&any);
            }
        }
        self.refuted.insert(mac, now);
    }
}

/// One run of Argon2id that several requests may be waiting for.
struct Run {
    mac: Mac,
    client: String,
    known: bool,
    hash: String,
    presented: Secret,
    windows: [u64; 2],
}

impl Run {
    async fn carry_out(self, place: Place, done: watch::Sender<Option<Result<bool, Unjudged>>>) {
        let inner = Arc::clone(&place.0);
        let verdict = self.judge(place).await;
        let now = Instant::now();
        {
            let mut memory = inner.memory();
            memory.running.remove(&self.mac);
            match verdict {
                Ok(true) => {
                    memory.remember(&self.client, self.mac, inner.remembered);
                    if let Some(window) = memory.windows.get_mut(&self.windows[0]) {
                        window.wrong = window.wrong.saturating_sub(1);
                    }
                }
                Ok(false) => {
                    memory.count(self.windows[1], now);
                    memory.refute(self.mac, now);
                }
                Err(_) => {}
            }
        }
        // Nobody may be left to hear it.
        let _ = done.send(Some(verdict));
    }

    async fn judge(&self, place: Place) -> Result<bool, Unjudged> {
        let (hash, presented, known) = (self.hash.clone(), self.presented.clone(), self.known);
        let verdict = place.run(move || {
            let hash = PasswordHash::new(&hash).map_err(|_| Unjudged::Failed)?;
            let fits = Argon2::default().verify_password(presented.expose().as_bytes(), &hash);
            Ok(fits.is_ok() && known)
        });
        verdict.await.unwrap_or(Err(Unjudged::Failed))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn secrets(limits: &Limits) -> (Secrets, Arc<Metrics>) {
        let metrics = Arc::new(Metrics::new());
        let hashing = Hashing::start(limits.argon2_runs).unwrap();
        (Secrets::new(limits, hashing, Arc::clone(&metrics)).unwrap(), metrics)
    }

    fn asked<'a>(hash: Option<&'a str>, presented: &'a str) -> Asked<'a> {
        Asked { client: "shop", hash, presented, peer: Some(IpAddr::from([192, 0, 2, 1])) }
    }

    #[tokio::test]
    async fn a_hundred_requests_at_once_share_one_run() {
        let (secrets, metrics) = secrets(&Limits::default());
        let hash = secrets.hash(&Secret::new("right".to_owned())).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let before = metrics.argon2_runs();
        let all = (0..100).map(|_| {
            let (secrets, hash) = (secrets.clone(), hash.clone());
            tokio::spawn(async move { secrets.verify(&asked(Some(&hash), "right")).await })
        });
        for one in all.collect::<Vec<_>>() {
            assert_eq!(one.await.unwrap(), Ok(true));
        }
        assert_eq!(metrics.argon2_runs() - before, 1);
        assert_eq!(secrets.verify(&asked(Some(&hash), "right")).await, Ok(true));
        assert_eq!(metrics.argon2_runs() - before, 1);
    }

    #[tokio::test]
    async fn an_unknown_client_costs_a_run_and_is_never_right() {
        let (secrets, metrics) = secrets(&Limits::default());
        assert_eq!(secrets.verify(&asked(None, "anything")).await, Ok(false));
        assert_eq!(metrics.argon2_runs(), 1);
        // The same guess again is known to be wrong.
        assert_eq!(secrets.verify(&asked(None, "anything")).await, Ok(false));
        assert_eq!(metrics.argon2_runs(), 1);
    }

    #[tokio::test]
    async fn guessing_is_limited_and_does_not_lock_out_the_remembered_client() {
        let limits = Limits { wrong_secrets_per_minute: 3, ..Limits::default() };
        let (secrets, _) = secrets(&limits);
        let hash = secrets.hash(&Secret::new("right".to_owned())).await.unwrap();
        assert_eq!(secrets.verify(&asked(Some(&hash), "right")).await, Ok(true));
        for guess in ["a", "b", "c"] {
            assert_eq!(secrets.verify(&asked(Some(&hash), guess)).await, Ok(false));
        }
        let refused = secrets.verify(&asked(Some(&hash), "d")).await;
        assert!(matches!(refused, Err(Unjudged::TooManyWrong { .. })), "{refused:?}");
        assert_eq!(secrets.verify(&asked(Some(&hash), "right")).await, Ok(true));
        // Another address is not held responsible.
        let elsewhere =
            Asked { peer: Some(IpAddr::from([198, 51, 100, 7])), ..asked(Some(&hash), "e") };
        assert_eq!(secrets.verify(&elsewhere).await, Ok(false));
    }

    #[tokio::test]
    async fn a_replaced_secret_dies_with_its_hash() {
        let (secrets, _) = secrets(&Limits::default());
        let old = secrets.hash(&Secret::new("old".to_owned())).await.unwrap();
        let new = secrets.hash(&Secret::new("new".to_owned())).await.unwrap();
        assert_eq!(secrets.verify(&asked(Some(&old), "old")).await, Ok(true));
        assert_eq!(secrets.verify(&asked(Some(&new), "old")).await, Ok(false));
        assert_eq!(secrets.verify(&asked(Some(&new), "new")).await, Ok(true));
    }

    #[tokio::test]
    async fn a_damaged_hash_is_a_failure_and_not_a_wrong_secret() {
        let (secrets, _) = secrets(&Limits::default());
        assert_eq!(secrets.verify(&asked(Some("no hash"), "x")).await, Err(Unjudged::Failed));
    }

    #[tokio::test]
    async fn a_full_queue_says_later() {
        let limits = Limits {
            argon2_runs: 1,
            argon2_queue: 1,
            wrong_secrets_per_minute: 1000,
            ..Limits::default()
        };
        let (secrets, _) = secrets(&limits);
        let all = (0..20).map(|n| {
            let secrets = secrets.clone();
            tokio::spawn(async move { secrets.verify(&asked(None, &format!("guess {n}"))).await })
        });
        let mut busy = 0;
        for one in all.collect::<Vec<_>>() {
            busy += usize::from(one.await.unwrap() == Err(Unjudged::Busy));
        }
        assert!(busy >= 15, "{busy}");
    }

    /// Keeps the only thread busy until what it returns is dropped.
    fn keep_busy(secrets: &Secrets) -> std::sync::mpsc::Sender<()> {
        let (end, wait) = std::sync::mpsc::channel::<()>();
        let job = secrets.0.hashing.run(move || wait.recv().is_ok());
        assert!(job.now_or_never().is_none());
        end
    }

    #[tokio::test]
    async fn new_secrets_wait_in_the_queue_of_presented_ones_and_are_refused_beyond_it() {
        let limits = Limits { argon2_runs: 1, argon2_queue: 1, ..Limits::default() };
        let (secrets, metrics) = secrets(&limits);
        let busy = keep_busy(&secrets);
        let all = (0..20).map(|_| {
            let secrets = secrets.clone();
            tokio::spawn(async move { secrets.hash(&Secret::new("new".to_owned())).await })
        });
        let all: Vec<_> = all.collect();
        tokio::task::yield_now().await;
        assert_eq!(secrets.verify(&asked(None, "a guess")).await, Err(Unjudged::Busy));
        drop(busy);
        let mut refused = 0;
        for one in all {
            refused += usize::from(one.await.unwrap() == Err(NotHashed::Busy));
        }
        assert_eq!((refused, metrics.argon2_runs()), (18, 2));
        // Whoever was answered has left the queue.
        for _ in 0..3 {
            secrets.hash(&Secret::new("new".to_owned())).await.unwrap();
        }
        assert_eq!(secrets.verify(&asked(None, "a guess")).await, Ok(false));
    }

    #[tokio::test]
    async fn who_gives_up_leaves_the_queue_but_not_before_a_run_that_has_begun_ends() {
        let limits = Limits { argon2_runs: 1, argon2_queue: 1, ..Limits::default() };
        let (secrets, _) = secrets(&limits);
        let busy = keep_busy(&secrets);
        let new = Secret::new("new".to_owned());
        let begun = || Box::pin(secrets.hash(&new));
        let (mut runs, mut waits) = (begun(), begun());
        assert_eq!(runs.as_mut().now_or_never(), None);
        assert_eq!(waits.as_mut().now_or_never(), None);
        assert_eq!(begun().now_or_never(), Some(Err(NotHashed::Busy)));
        drop(waits);
        let mut waits = begun();
        assert_eq!(waits.as_mut().now_or_never(), None);
        drop(runs);
        assert_eq!(begun().now_or_never(), Some(Err(NotHashed::Busy)));
        drop(busy);
        waits.await.unwrap();
    }
}
