//! What stands at addresses that clients name: documents, key sets. Fetched, read by whoever wants it, and remembered
//! for a while.
//!
//! Anybody can have such an address asked for, so a fetch reaches only the public Internet, follows no redirect, is
//! small and short, and happens only so often for one host and at all. What failed is not asked for again at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use claviger_guard::fetch::{FetchError, FetchRules, Fetched, Fetcher};
use claviger_protocol::OauthFault;
use tokio::sync::Semaphore;
use url::Url;

use crate::throttle::Throttle;

const PATIENCE: Duration = Duration::from_secs(4);
const AT_ONCE: usize = 8;
/// Addresses remembered.
const KEPT: usize = 1000;
/// The bounds within which `Cache-Control` is honoured, and what stands in for it, in seconds.
const LEAST_AGE: i64 = 60;
const MOST_AGE: i64 = 86_400;
const USUAL_AGE: i64 = 3600;
/// So many seconds what could not be had is not asked for again; twice as many after each further time.
const REFUSED_FOR: i64 = 10;
const MOST_DOUBLINGS: u32 = 5;
/// Fetches in a minute from one host, and from all together.
const PER_HOST: u32 = 10;
const PER_MINUTE: u32 = 300;

/// Why nothing came that could be read.
#[derive(Debug)]
pub(crate) enum NotHad {
    /// Too much is fetched at the moment.
    Limited,
    /// The address does not give it.
    Failed(FetchError),
}

/// What an address came to.
pub(crate) type Outcome<T> = Result<Arc<T>, OauthFault>;

struct Shelved<T> {
    outcome: Outcome<T>,
    /// When it was asked for. Unix seconds.
    asked: i64,
    /// Until when it counts. Unix seconds.
    until: i64,
    /// How often in a row it could not be had.
    failures: u32,
}

/// How a kind of thing is read, and what is said where there is nothing to read.
pub(crate) struct Reading<'a, T> {
    pub(crate) read: &'a (dyn Fn(Fetched) -> Result<T, OauthFault> + Send + Sync),
    pub(crate) not_had: fn(NotHad) -> OauthFault,
}

/// Things of one kind, by their addresses.
pub(crate) struct Library<T> {
    fetcher: Fetcher,
    places: Semaphore,
    hosts: Throttle,
    all: Throttle,
    kept: Mutex<HashMap<String, Shelved<T>>>,
}

impl<T> std::fmt::Debug for Library<T> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Library").field("fetcher", &self.fetcher).finish_non_exhaustive()
    }
}

impl<T> Library<T> {
    /// Of things of at most so many bytes. `danger_allow_loopback`: addresses may lead to this machine.
    pub(crate) fn new(max_bytes: usize, danger_allow_loopback: bool) -> Self {
        let rules = FetchRules {
            timeout: PATIENCE,
            max_bytes,
            public_only: true,
            danger_allow_loopback,
            ..FetchRules::default()
        };
        Self {
            fetcher: Fetcher::new(rules),
            places: Semaphore::new(AT_ONCE),
            hosts: Throttle::new(PER_HOST, 60),
            all: Throttle::new(PER_MINUTE, 60),
            kept: Mutex::default(),
        }
    }

    /// What stands at an address. What was asked for before `since` (Unix seconds) is asked for again; where that
    /// brings nothing, what was good and still counts goes on counting.
    pub(crate) async fn find(
        &self,
        address: &Url,
        since: i64,
        now: i64,
        reading: Reading<'_, T>,
    ) -> Outcome<T> {
        let name = address.as_str();
        if let Some(known) = self.known(name, since, now) {
            return known;
        }
        let place = tokio::time::timeout(PATIENCE, self.places.acquire()).await;
        // Somebody who waited before this one may have fetched it.
        if let Some(known) = self.known(name, since, now) {
            return known;
        }
        let host = address.host_str().unwrap_or_default();
        let admitted = matches!(place, Ok(Ok(_)))
            && self.all.admit((), now).is_ok()
            && self.hosts.admit(host, now).is_ok();
        if !admitted {
            let good = self.known(name, i64::MIN, now).filter(Result::is_ok);
            return good.unwrap_or_else(|| Err((reading.not_had)(NotHad::Limited)));
        }
        let (outcome, seconds) = match self.fetcher.get(name, None).await {
            Ok(fetched) => {
                let asked = fetched.max_age.and_then(|age| i64::try_from(age).ok());
                let age = asked.unwrap_or(USUAL_AGE).clamp(LEAST_AGE, MOST_AGE);
                ((reading.read)(fetched).map(Arc::new), age)
            }
            Err(error) => (Err((reading.not_had)(NotHad::Failed(error))), 0),
        };
        if let Err(fault) = &outcome {
            tracing::info!(
                address = name,
                code = fault.code,
                detail = fault.description,
                "what stands at a client's address was refused"
            );
        }
        self.keep(name, outcome, seconds, now)
    }

    fn known(&self, name: &str, since: i64, now: i64) -> Option<Outcome<T>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get(name).filter(|it| now < it.until && it.asked >= since)?;
        Some(found.outcome.clone())
    }

    /// Puts it on its shelf for so many seconds, or for as long as a failure counts; what holds from now on.
    fn keep(&self, name: &str, outcome: Outcome<T>, seconds: i64, now: i64) -> Outcome<T> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut new =
            Shelved { outcome, asked: now, until: now.saturating_add(seconds), failures: 0 };
        if new.outcome.is_err() {
            let before = kept.get(name).map_or(0, |old| old.failures);
            new.failures = before.saturating_add(1);
            new.until = now.saturating_add(REFUSED_FOR << before.min(MOST_DOUBLINGS));
            if let Some(old) = kept.get_mut(name)
                && old.outcome.is_ok()
                && now < old.until
            {
                (old.asked, old.failures) = (now, new.failures);
                return old.outcome.clone();
            }
        }
        if kept.len() >= KEPT {
            kept.retain(|_, it| now < it.until);
        }
        if kept.len() >= KEPT
            && let Some(first) = kept.iter().min_by_key(|(_, it)| it.until)
        {
            let first = first.0.clone();
            kept.remove(&first);
        }
        let outcome = new.outcome.clone();
        kept.insert(name.to_owned(), new);
        outcome
    }
}
