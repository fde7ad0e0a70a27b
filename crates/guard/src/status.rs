//! How the issuers stand, for health pages. Decides nothing; holds no key and no token.

use std::sync::Arc;

use claviger_token::Code;
use serde::Serialize;

use crate::clock;
use crate::issuer::Issuer;
use crate::revocations::State;

/// The state of a guard.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// Whether every issuer's keys are at hand.
    pub ready: bool,
    /// Each issuer.
    pub issuers: Vec<IssuerStatus>,
    /// How many verified tokens are remembered.
    pub remembered_tokens: usize,
}

/// The state of one issuer.
#[derive(Clone, Debug, Serialize)]
pub struct IssuerStatus {
    /// Its URL.
    pub issuer: String,
    /// How many keys are at hand.
    pub keys: usize,
    /// Seconds since they were last confirmed.
    pub age: Option<i64>,
    /// Why the last fetch failed; none where it did not.
    pub error: Option<IssuerError>,
    /// The revocation feed.
    pub feed: FeedStatus,
}

/// A failed fetch.
#[derive(Clone, Debug, Serialize)]
pub struct IssuerError {
    /// The fault.
    #[serde(serialize_with = "as_text")]
    pub code: Code,
    /// In words.
    pub detail: String,
}

/// The state of a revocation feed.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum FeedStatus {
    /// The issuer has none.
    Absent,
    /// Connected and current.
    Live {
        /// Living entries.
        entries: usize,
    },
    /// Not connected.
    Lost {
        /// Living entries as known last.
        entries: usize,
        /// For how long, in seconds.
        seconds: u64,
        /// Why.
        reason: String,
    },
}

fn as_text<S: serde::Serializer>(code: &Code, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(code.as_str())
}

pub(crate) fn of(issuers: &[Arc<Issuer>], remembered_tokens: usize) -> Status {
    let now = clock::now();
    let issuers: Vec<IssuerStatus> = issuers.iter().map(|issuer| one(issuer, now)).collect();
    Status { ready: issuers.iter().all(|issuer| issuer.keys > 0), issuers, remembered_tokens }
}

fn one(issuer: &Issuer, now: i64) -> IssuerStatus {
    let snapshot = issuer.current();
    let entries = issuer.feed.entries();
    IssuerStatus {
        issuer: issuer.url.clone(),
        keys: snapshot.as_ref().map_or(0, |snapshot| snapshot.keys.keys().len()),
        age: snapshot.map(|snapshot| now.saturating_sub(snapshot.fetched_at)),
        error: issuer
            .last_error()
            .map(|fault| IssuerError { code: fault.code, detail: fault.detail() }),
        feed: match &*issuer.feed.state() {
            State::Absent => FeedStatus::Absent,
            State::Live => FeedStatus::Live { entries },
            State::Lost { since, reason } => FeedStatus::Lost {
                entries,
                seconds: since.elapsed().as_secs(),
                reason: reason.clone(),
            },
        },
    }
}
