//! The revocation feed of one issuer: a server-sent event stream, read for as long as the guard lives.
//!
//! Decides whether the view of revoked tokens is current; never whether a token is otherwise good. The feed
//! can only take trust away: nothing in it makes a token good.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use claviger_token::revocation::{Entry, Marks, View};
use claviger_token::{Code, Fact, Fault};
use http::{HeaderMap, HeaderValue, header};
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::events::{Event, Events};
use crate::issuer::Issuer;

/// The feed pings every 10 s; three missed pings are a lost connection.
const SILENCE: Duration = Duration::from_secs(30);
/// Pauses between attempts.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LAST_PAUSE: Duration = Duration::from_secs(30);
/// How often an issuer without a feed is looked at again.
const NO_FEED_PAUSE: Duration = Duration::from_secs(60);
/// More living entries than this are not taken in; the feed then counts as lost.
const MOST_ENTRIES: usize = 1_000_000;
/// Entries outlive the tokens they touch by this much, for clocks that differ.
const GRACE: i64 = 600;

/// What is done while the feed is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LostFeed {
    /// Tokens are judged by what was known last, for so many seconds; then none is let through.
    GoOn {
        /// How long.
        seconds: u64,
    },
    /// No token is let through.
    Refuse,
}

impl Default for LostFeed {
    fn default() -> Self {
        Self::GoOn { seconds: 600 }
    }
}

/// How the feed stands.
#[derive(Clone, Debug)]
pub(crate) enum State {
    /// The issuer has none, or its metadata are not there yet.
    Absent,
    /// Snapshot read, connection alive.
    Live,
    /// Not connected, since.
    Lost { since: Instant, reason: String },
}

/// The view of one issuer's revocations and how current it is.
#[derive(Debug)]
pub(crate) struct Feed {
    view: ArcSwap<View>,
    state: ArcSwap<State>,
}

impl Default for Feed {
    fn default() -> Self {
        Self { view: ArcSwap::default(), state: ArcSwap::from_pointee(State::Absent) }
    }
}

impl Feed {
    pub(crate) fn state(&self) -> Arc<State> {
        self.state.load_full()
    }

    pub(crate) fn entries(&self) -> usize {
        self.view.load().len()
    }

    /// Judges a verified token by the view.
    pub(crate) fn check(
        &self,
        issuer: &str,
        marks: &Marks,
        lost: LostFeed,
    ) -> Result<(), Box<Fault>> {
        if let Some(fault) = self.view.load().check(marks) {
            return Err(fault);
        }
        let state = self.state.load();
        let State::Lost { since, reason } = &**state else { return Ok(()) };
        let overdue = match lost {
            LostFeed::Refuse => true,
            LostFeed::GoOn { seconds } => since.elapsed() > Duration::from_secs(seconds),
        };
        if !overdue {
            return Ok(());
        }
        Err(Box::new(
            Fault::new(Code::IntrospectionUnreachable)
                .with("url", issuer)
                .with("cause", Fact::Words("the revocation feed is lost".to_owned()))
                .with("reason", Fact::Words(reason.clone())),
        ))
    }

    fn lose(&self, issuer: &str, reason: String) {
        let since = match &**self.state.load() {
            State::Lost { since, .. } => *since,
            _ => {
                tracing::warn!(issuer, reason, "the revocation feed is lost");
                Instant::now()
            }
        };
        self.state.store(Arc::new(State::Lost { since, reason }));
    }

    /// Takes entries in. Only the one task that follows the feed writes.
    fn take(&self, entries: &[Entry]) {
        if entries.is_empty() {
            return;
        }
        let mut view = View::clone(&self.view.load());
        for entry in entries {
            view.insert(entry);
        }
        view.forget_expired(clock::now().saturating_sub(GRACE));
        self.view.store(Arc::new(view));
    }

    /// Follows an issuer's feed; ends only when it is aborted.
    pub(crate) async fn follow(issuer: Arc<Issuer>) {
        issuer.wait_for_keys().await;
        let mut pause = FIRST_PAUSE;
        loop {
            let Some(url) = issuer.revocations_endpoint() else {
                issuer.feed.state.store(Arc::new(State::Absent));
                tokio::time::sleep(NO_FEED_PAUSE).await;
                continue;
            };
            if matches!(*issuer.feed.state(), State::Absent) {
                let reason = "it is being read for the first time".to_owned();
                issuer.feed.state.store(Arc::new(State::Lost { since: Instant::now(), reason }));
            }
            let reason = issuer.feed.read(&issuer, &url).await;
            if matches!(*issuer.feed.state(), State::Live) {
                pause = FIRST_PAUSE;
            }
            issuer.feed.lose(&issuer.url, reason);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }

    /// Reads one connection to its end and says why it ended.
    async fn read(&self, issuer: &Issuer, url: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("text/event-stream"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        let seq = self.view.load().seq();
        if seq > 0 {
            headers.insert("last-event-id", HeaderValue::from(seq));
        }
        let response = match issuer.fetcher().open(url, headers).await {
            Ok(response) => response,
            Err(error) => return error.to_string(),
        };
        if response.status() != http::StatusCode::OK {
            return format!("{url} answers with status {}", response.status().as_u16());
        }
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(|kind| {
            kind.trim_start().to_ascii_lowercase().starts_with("text/event-stream")
        }) {
            return format!("{url} is no event stream");
        }
        let mut body = response.into_body();
        let mut events = Events::default();
        loop {
            let frame = match tokio::time::timeout(SILENCE, body.frame()).await {
                Err(_) => return format!("{url} is silent since {} s", SILENCE.as_secs()),
                Ok(None) => return format!("{url} ended the stream"),
                Ok(Some(Err(_))) => return format!("the connection to {url} broke"),
                Ok(Some(Ok(frame))) => frame,
            };
            let Ok(data) = frame.into_data() else { continue };
            let Ok(read) = events.read(&data) else {
                return format!("{url} sends lines that are too long");
            };
            if let Err(reason) = self.apply(&read) {
                return format!("{url}: {reason}");
            }
        }
    }

    fn apply(&self, events: &[Event]) -> Result<(), &'static str> {
        let mut entries = Vec::new();
        let mut live = None;
        for event in events {
            match event.name.as_str() {
                "revoked" => {
                    match event.id.parse().ok().and_then(|seq| Entry::from_json(seq, &event.data)) {
                        Some(entry) => entries.push(entry),
                        // A newer issuer may know kinds that this guard does not; the rest still counts.
                        None => {
                            tracing::warn!(id = %event.id, "an entry of the revocation feed is not understood")
                        }
                    }
                }
                "live" => live = Some(seq_of(&event.data)),
                _ => {}
            }
        }
        if self.entries() + entries.len() > MOST_ENTRIES {
            return Err("it has more entries than fit into memory");
        }
        self.take(&entries);
        match live {
            // The issuer has begun a new sequence (restored or set up anew): the numbers that are known
            // mean nothing any more, and the next connection reads from the start.
            Some(Some(seq)) if seq < self.view.load().seq() => {
                self.view.store(Arc::new(View::default()));
                Err("it has begun a new sequence, which is read from the start")
            }
            Some(_) => {
                self.state.store(Arc::new(State::Live));
                Ok(())
            }
            None => Ok(()),
        }
    }
}

fn seq_of(data: &str) -> Option<u64> {
    serde_json::from_str::<serde_json::Value>(data).ok()?.get("seq")?.as_u64()
}
