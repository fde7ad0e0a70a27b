//! Clients that are documents on the web: fetched, judged, and remembered for a while.
//!
//! A `client_id` is what anybody may send here, so a fetch reaches only the public Internet, follows no redirect, is
//! small and short, and happens only so often for one host and at all. What failed is not asked for again at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use claviger_guard::fetch::{FetchRules, Fetcher};
use claviger_protocol::{
    Client, OauthCode, OauthFault, Resource, Terms, check_document_id, document_client,
};
use tokio::sync::Semaphore;

use crate::config::Registration;
use crate::throttle::Throttle;

/// Longer than any honest document; the draft advises 5 KiB.
const MOST_BYTES: usize = 10 * 1024;
const PATIENCE: Duration = Duration::from_secs(4);
const AT_ONCE: usize = 8;
/// Documents remembered.
const KEPT: usize = 1000;
/// The bounds within which `Cache-Control` is honoured, and what stands in for it, in seconds.
const LEAST_AGE: i64 = 60;
const MOST_AGE: i64 = 86_400;
const USUAL_AGE: i64 = 3600;
/// So long a document that could not be had is not asked for again.
const REFUSED_FOR: i64 = 10;
/// Fetches in a minute from one host, and from all together.
const PER_HOST: u32 = 10;
const PER_MINUTE: u32 = 300;

type Outcome = Result<Arc<Client>, OauthFault>;

pub(crate) struct Documents {
    on: bool,
    danger_allow_loopback: bool,
    fetcher: Fetcher,
    places: Semaphore,
    hosts: Throttle,
    all: Throttle,
    kept: Mutex<HashMap<String, (Outcome, i64)>>,
}

impl std::fmt::Debug for Documents {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Documents").field("on", &self.on).finish_non_exhaustive()
    }
}

fn refused(code: &'static str, description: impl Into<String>, fix: &'static str) -> OauthFault {
    OauthFault::new(OauthCode::InvalidRequest, code, description).fix(fix)
}

impl Documents {
    pub(crate) fn new(rules: &Registration) -> Self {
        let danger_allow_loopback = rules.danger_client_id_documents_on_loopback;
        let rules_of_fetch = FetchRules {
            timeout: PATIENCE,
            max_bytes: MOST_BYTES,
            public_only: true,
            danger_allow_loopback,
            ..FetchRules::default()
        };
        Self {
            on: rules.client_id_documents,
            danger_allow_loopback,
            fetcher: Fetcher::new(rules_of_fetch),
            places: Semaphore::new(AT_ONCE),
            hosts: Throttle::new(PER_HOST, 60),
            all: Throttle::new(PER_MINUTE, 60),
            kept: Mutex::default(),
        }
    }

    /// The client that the document at `client_id` describes. `resources` are those of the policy.
    pub(crate) async fn find(
        &self,
        client_id: &str,
        rules: &Registration,
        resources: &[Resource],
        now: i64,
    ) -> Outcome {
        if !self.on {
            return Err(refused(
                "client-document-off",
                "client ids that are addresses are not served here",
                "register the application; or the operator sets `registration.client_id_documents`",
            ));
        }
        let url = check_document_id(client_id, self.danger_allow_loopback)?;
        if let Some(known) = self.known(client_id, now) {
            return known;
        }
        let late = || {
            refused(
                "client-document-limited",
                "too many documents of clients are fetched at the moment",
                "try again in a minute",
            )
        };
        let place = tokio::time::timeout(PATIENCE, self.places.acquire()).await;
        let Ok(Ok(_place)) = place else { return Err(late()) };
        // Somebody who waited before this one may have fetched it.
        if let Some(known) = self.known(client_id, now) {
            return known;
        }
        let host = url.host_str().unwrap_or_default();
        if self.all.admit((), now).is_err() || self.hosts.admit(host, now).is_err() {
            return Err(late());
        }
        let (outcome, seconds) = self.fetched(client_id, rules, resources, now).await;
        if let Err(fault) = &outcome {
            tracing::info!(
                client_id,
                code = fault.code,
                detail = fault.description,
                "a client's document was refused"
            );
        }
        self.keep(client_id, outcome.clone(), now.saturating_add(seconds), now);
        outcome
    }

    async fn fetched(
        &self,
        client_id: &str,
        rules: &Registration,
        resources: &[Resource],
        now: i64,
    ) -> (Outcome, i64) {
        let fetched = match self.fetcher.get(client_id, None).await {
            Ok(fetched) => fetched,
            Err(error) => {
                let description =
                    format!("the client's document could not be had: {}", error.reason);
                let fix = "the application's maker publishes it at its client id, as JSON";
                return (
                    Err(refused("client-document-unreachable", description, fix)),
                    REFUSED_FOR,
                );
            }
        };
        let kind = fetched.content_type.unwrap_or_default();
        if kind != "application/json"
            && !(kind.starts_with("application/") && kind.ends_with("+json"))
        {
            let description = "the client's document is not sent as JSON";
            let fix = "the application's maker sends it with `Content-Type: application/json`";
            return (Err(refused("client-document-refused", description, fix)), REFUSED_FOR);
        }
        let terms = Terms { grants: &rules.grants, resources, scopes: rules.scopes.as_deref() };
        match document_client(client_id, fetched.body.as_bytes(), &terms, now) {
            Ok(client) => {
                let asked = fetched.max_age.and_then(|age| i64::try_from(age).ok());
                (Ok(Arc::new(client)), asked.unwrap_or(USUAL_AGE).clamp(LEAST_AGE, MOST_AGE))
            }
            Err(fault) => (Err(fault), REFUSED_FOR),
        }
    }

    fn known(&self, client_id: &str, now: i64) -> Option<Outcome> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (outcome, until) = kept.get(client_id)?;
        (now < *until).then(|| outcome.clone())
    }

    fn keep(&self, client_id: &str, outcome: Outcome, until: i64, now: i64) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.retain(|_, (_, until)| now < *until);
        }
        if kept.len() >= KEPT
            && let Some(first) = kept.iter().min_by_key(|(_, (_, until))| *until)
        {
            let first = first.0.clone();
            kept.remove(&first);
        }
        kept.insert(client_id.to_owned(), (outcome, until));
    }
}
