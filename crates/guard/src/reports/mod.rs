//! Telling an issuer's journal what was refused here, so that its operator finds a diagnosis id that this guard
//! gave out.
//!
//! Decides when reports are sent, sent again and given up; never slows a request down: what is refused is put
//! on the [`desk`] and sent by a task of its own.

mod desk;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use claviger_token::base64url;
use http::{HeaderMap, HeaderValue, header};
use serde_json::json;
use tokio::sync::Notify;

use crate::asked::Asked;
use crate::claimed::{Claimed, plain_path};
use crate::clock;
use crate::issuer::Issuer;
use crate::refusal::Refusal;

use desk::{Desk, Report};

/// So many in one report, as the journal takes them.
const MOST_AT_ONCE: usize = 200;
/// Reports are gathered for so long.
const GATHERING: Duration = Duration::from_secs(1);
/// Between attempts to send what could not be sent.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_secs(60);
/// What could not be sent for so long is given up.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// A method that is longer is none.
const LONGEST_METHOD: usize = 32;

/// Who reports refusals, and to whom.
#[derive(Clone)]
pub struct Reports {
    /// The issuer that takes them; none: the only one that is trusted.
    pub issuer: Option<String>,
    /// The client as which the guard proves itself: one that may introspect the API's tokens.
    pub client: String,
    /// That client's secret.
    pub secret: String,
}

impl fmt::Debug for Reports {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { issuer, client, .. } = self;
        let mut out = out.debug_struct("Reports");
        out.field("issuer", issuer).field("client", client).finish_non_exhaustive()
    }
}

impl Reports {
    /// RFC 6749 §2.3.1: both parts in the form encoding, so that a colon parts them.
    fn authorization(&self) -> HeaderValue {
        let form = |text: &str| -> String {
            url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
        };
        let text = base64url::basic(&form(&self.client), &form(&self.secret));
        let mut value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("Basic"));
        value.set_sensitive(true);
        value
    }
}

/// What is being sent: kept as it is until it is taken or given up.
#[derive(Debug, Default)]
struct Outbox {
    batch: Vec<Report>,
    since: Option<Instant>,
    failures: u32,
}

/// How an attempt to send came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    /// Taken, or refused for good; there may be more.
    Done,
    /// Nothing waits.
    Nothing,
    /// To be tried again after a pause.
    Later(Duration),
}

/// The reporter of one guard.
pub(crate) struct Reporter {
    issuer: Arc<Issuer>,
    authorization: HeaderValue,
    desk: Mutex<Desk>,
    news: Notify,
    full: Notify,
    outbox: tokio::sync::Mutex<Outbox>,
    reported: AtomicU64,
    unreported: AtomicU64,
}

impl fmt::Debug for Reporter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Reporter").field("issuer", &self.issuer.url).finish_non_exhaustive()
    }
}

impl Reporter {
    pub(crate) fn new(reports: &Reports, issuer: Arc<Issuer>) -> Self {
        Self {
            issuer,
            authorization: reports.authorization(),
            desk: Mutex::default(),
            news: Notify::new(),
            full: Notify::new(),
            outbox: tokio::sync::Mutex::default(),
            reported: AtomicU64::new(0),
            unreported: AtomicU64::new(0),
        }
    }

    /// Takes a refusal in; tells the id under which the journal will have it. Waits for nobody.
    pub(crate) fn take(&self, asked: &Asked<'_>, refusal: &Refusal) -> String {
        let claimed = Claimed::read(asked.headers);
        // Another issuer's subjects are nothing to this one.
        let is_its_own = claimed.issuer.as_deref() == Some(self.issuer.url.as_str());
        let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let report = Report {
            diagnosis: refusal.diagnosis.clone(),
            code: refusal.code(),
            at: clock::now(),
            count: 1,
            status: refusal.status().as_u16(),
            method: known(asked.method).filter(|method| method.len() <= LONGEST_METHOD),
            path: known(plain_path(asked.path)),
            client: claimed.client,
            subject: claimed.subject.filter(|_| is_its_own),
            address: asked.address.map(|address| address.to_canonical().to_string()),
        };
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        let id = desk.take(report);
        let is_full = desk.len() >= MOST_AT_ONCE;
        drop(desk);
        self.news.notify_one();
        if is_full {
            self.full.notify_one();
        }
        id
    }

    /// How many refusals were told, and how many were given up.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.reported.load(Ordering::Relaxed), self.unreported.load(Ordering::Relaxed))
    }

    /// Sends what there is, for as long as the guard lives.
    pub(crate) async fn report(self: Arc<Self>) {
        loop {
            self.news.notified().await;
            tokio::select! {
                () = tokio::time::sleep(GATHERING) => {}
                () = self.full.notified() => {}
            }
            loop {
                match self.send().await {
                    Sent::Done => {}
                    Sent::Nothing => break,
                    Sent::Later(pause) => tokio::time::sleep(pause).await,
                }
            }
        }
    }

    /// Sends what waits now, until it cannot be sent or nothing is left.
    pub(crate) async fn finish(&self) {
        while self.send().await == Sent::Done {}
    }

    /// Sends one batch. Dropped in the middle, it is sent again by the next call.
    async fn send(&self) -> Sent {
        let mut outbox = self.outbox.lock().await;
        if outbox.batch.is_empty() {
            let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
            outbox.batch = desk.hand_out(MOST_AT_ONCE, clock::now());
            outbox.since = None;
        }
        if outbox.batch.is_empty() {
            return Sent::Nothing;
        }
        let since = *outbox.since.get_or_insert_with(Instant::now);
        let many = outbox.batch.len() as u64;
        let Err(NotTaken { reason, for_good }) = self.post(&outbox.batch).await else {
            if outbox.failures > 0 {
                tracing::info!(issuer = %self.issuer.url, "refusals can be reported again");
            }
            *outbox = Outbox::default();
            self.reported.fetch_add(many, Ordering::Relaxed);
            return Sent::Done;
        };
        if outbox.failures == 0 {
            tracing::warn!(issuer = %self.issuer.url, reason, "refusals cannot be reported");
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << outbox.failures.min(6)).min(LAST_PAUSE);
        outbox.failures = outbox.failures.saturating_add(1);
        if for_good || since.elapsed() >= PATIENCE {
            outbox.batch.clear();
            self.unreported.fetch_add(many, Ordering::Relaxed);
            tracing::warn!(issuer = %self.issuer.url, many, reason, "reports of refusals are given up");
        }
        Sent::Later(pause)
    }

    async fn post(&self, batch: &[Report]) -> Result<(), NotTaken> {
        let later = |reason: String| NotTaken { reason, for_good: false };
        let Some(url) = self.issuer.refusals_endpoint() else {
            return Err(later("its metadata name no `refusals_endpoint`".to_owned()));
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, self.authorization.clone());
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let body = Bytes::from(json!({ "refusals": batch }).to_string());
        let posted = self.issuer.fetcher().post(&url, headers, body).await;
        let status = posted.map_err(|error| later(error.to_string()))?;
        let reason = match status {
            200..300 => return Ok(()),
            401 => "it does not know the client or its secret".to_owned(),
            400 | 403 => format!(
                "it takes none from this client (status {status}): name it among the `introspectors` of the API"
            ),
            other => format!("it answers with status {other}"),
        };
        // What it does not take now for another's sake it may take later; what is wrong stays wrong.
        let for_good = matches!(status, 400 | 413 | 415 | 422);
        Err(NotTaken { reason, for_good })
    }
}

/// Why a report was not taken.
struct NotTaken {
    reason: String,
    /// It would not be taken a second time.
    for_good: bool,
}
