//! An issuer on loopback that publishes metadata and keys, and misbehaves on request.
//!
//! It answers `/.well-known/openid-configuration`, `/.well-known/oauth-authorization-server`, `/jwks`
//! and `/revocations`. It authenticates nobody and is no authorization server.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use claviger_token::{Algorithm, SigningKey};
use http::{Request, Response, StatusCode, header};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::server::{Body, Server, full, stream};
use crate::{keys, mint};

/// How the issuer answers from now on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// As it should.
    #[default]
    Well,
    /// 503 to everything.
    Outage,
    /// The connection breaks without an answer.
    Break,
    /// A good answer, late.
    Slow(Duration),
    /// 200 with a log-in page, as a misplaced proxy or firewall sends.
    Html,
    /// 200 with half of the JSON.
    Truncated,
    /// A good answer with so many spaces behind it.
    Huge(usize),
    /// This status and nothing else.
    Status(u16),
    /// Metadata that names another issuer.
    Claims(String),
    /// A key set without any key.
    NoKeys,
}

struct State {
    url: String,
    keys: Vec<SigningKey>,
    behaviour: Behaviour,
    cache_control: Option<String>,
    publishes_feed: bool,
    reports_to: Option<String>,
    entries: Vec<Value>,
    feeds: Vec<mpsc::Sender<Bytes>>,
}

#[derive(Default)]
struct Counters {
    discovery: AtomicUsize,
    key_set: AtomicUsize,
    not_modified: AtomicUsize,
    feed: AtomicUsize,
}

/// A running issuer; dropped, it stops accepting.
pub struct FakeIssuer {
    server: Server,
    url: String,
    state: Arc<Mutex<State>>,
    counters: Arc<Counters>,
}

impl std::fmt::Debug for FakeIssuer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("FakeIssuer").field("address", &self.server.address).finish()
    }
}

impl FakeIssuer {
    /// One with the fixed ES256 key, on a free loopback port.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(vec![keys::signing(Algorithm::Es256)])
    }

    /// One with the given keys; the first of them signs what [`Self::mint`] makes.
    #[must_use]
    pub fn start_with(keys: Vec<SigningKey>) -> Self {
        let state = Arc::new(Mutex::new(State {
            url: String::new(),
            keys,
            behaviour: Behaviour::Well,
            cache_control: Some("public, max-age=300".to_owned()),
            publishes_feed: false,
            reports_to: None,
            entries: Vec::new(),
            feeds: Vec::new(),
        }));
        let counters = Arc::new(Counters::default());
        let (shared, counted) = (Arc::clone(&state), Arc::clone(&counters));
        let handler = Arc::new(move |request: Request<Incoming>| {
            let answering: crate::server::Answering =
                Box::pin(answer(request, Arc::clone(&shared), Arc::clone(&counted)));
            answering
        });
        let server = Server::start("127.0.0.1:0", handler);
        let url = format!("http://{}", server.address);
        url.clone_into(&mut locked(&state).url);
        Self { server, url, state, counters }
    }

    /// The issuer identifier, which is its URL: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A good access token of this issuer for an audience, signed by its first key, with `changes`
    /// laid over the claims (null removes).
    ///
    /// # Panics
    /// Where the issuer has no key.
    #[must_use]
    pub fn mint(&self, audience: &str, changes: &Value) -> String {
        let claims = mint::access_claims(&self.url, audience, crate::now());
        let state = locked(&self.state);
        let key = state.keys.first().expect("an issuer with a key");
        mint::mint_with(key, &json!({}), &mint::with(claims, changes))
    }

    /// Replaces what is published, and with it what [`Self::mint`] signs with.
    pub fn rotate(&self, keys: Vec<SigningKey>) {
        locked(&self.state).keys = keys;
    }

    /// Changes how it answers from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        locked(&self.state).behaviour = behaviour;
    }

    /// What it says in `Cache-Control` of the key set; `None`: nothing.
    pub fn cache_control(&self, value: Option<&str>) {
        locked(&self.state).cache_control = value.map(str::to_owned);
    }

    /// Lets the metadata name a revocation feed.
    pub fn publish_feed(&self) {
        locked(&self.state).publishes_feed = true;
    }

    /// Lets the metadata name a place that takes reports of refusals.
    pub fn reports_to(&self, url: &str) {
        locked(&self.state).reports_to = Some(url.to_owned());
    }

    /// Appends an entry to the feed and tells every reader. `entry` is the event's data.
    pub fn revoke(&self, entry: Value) {
        let mut state = locked(&self.state);
        state.entries.push(entry);
        let event = event(state.entries.len(), &state.entries[state.entries.len() - 1]);
        state.feeds.retain(|feed| feed.try_send(event.clone()).is_ok());
    }

    /// Cuts every open feed; readers may come back.
    pub fn cut_feeds(&self) {
        locked(&self.state).feeds.clear();
    }

    /// How often metadata were fetched.
    #[must_use]
    pub fn discoveries(&self) -> usize {
        self.counters.discovery.load(Ordering::SeqCst)
    }
    /// How often the key set was fetched, answered with 304 or not.
    #[must_use]
    pub fn key_set_fetches(&self) -> usize {
        self.counters.key_set.load(Ordering::SeqCst)
    }
    /// How often a key-set request was answered with 304.
    #[must_use]
    pub fn not_modified(&self) -> usize {
        self.counters.not_modified.load(Ordering::SeqCst)
    }
    /// How often the feed was opened.
    #[must_use]
    pub fn feeds_opened(&self) -> usize {
        self.counters.feed.load(Ordering::SeqCst)
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(
    request: Request<Incoming>,
    state: Arc<Mutex<State>>,
    counters: Arc<Counters>,
) -> Option<Response<Body>> {
    let path = request.uri().path();
    match path {
        "/jwks" => counters.key_set.fetch_add(1, Ordering::SeqCst),
        "/revocations" => counters.feed.fetch_add(1, Ordering::SeqCst),
        _ => counters.discovery.fetch_add(1, Ordering::SeqCst),
    };
    let behaviour = locked(&state).behaviour.clone();
    match behaviour {
        Behaviour::Outage => return Some(plain(StatusCode::SERVICE_UNAVAILABLE, "out of order")),
        Behaviour::Break => return None,
        Behaviour::Slow(delay) => tokio::time::sleep(delay).await,
        Behaviour::Html => {
            let mut page = plain(StatusCode::OK, "<!doctype html><title>Sign in</title>");
            set(&mut page, header::CONTENT_TYPE, "text/html; charset=utf-8");
            return Some(page);
        }
        Behaviour::Status(code) => {
            return Some(plain(StatusCode::from_u16(code).expect("a status"), ""));
        }
        _ => {}
    }
    if path == "/revocations" {
        return Some(feed(&request, &state));
    }
    let document = match path {
        "/.well-known/openid-configuration" | "/.well-known/oauth-authorization-server" => {
            metadata(&locked(&state), &behaviour)
        }
        "/jwks" if behaviour == Behaviour::NoKeys => json!({ "keys": [] }),
        "/jwks" => keys::jwks(&locked(&state).keys),
        _ => return Some(plain(StatusCode::NOT_FOUND, "nothing here")),
    };
    let text = document.to_string();
    let tag = format!("\"{:016x}\"", fingerprint(&text));
    let known = request.headers().get(header::IF_NONE_MATCH);
    if path == "/jwks" && known.is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        counters.not_modified.fetch_add(1, Ordering::SeqCst);
        return Some(plain(StatusCode::NOT_MODIFIED, ""));
    }
    let text = match behaviour {
        Behaviour::Truncated => text[..text.len() / 2].to_owned(),
        Behaviour::Huge(spaces) => text + &" ".repeat(spaces),
        _ => text,
    };
    let mut response = Response::new(full(text));
    set(&mut response, header::CONTENT_TYPE, "application/json");
    if path == "/jwks" {
        set(&mut response, header::ETAG, &tag);
        if let Some(value) = &locked(&state).cache_control {
            set(&mut response, header::CACHE_CONTROL, value);
        }
    }
    Some(response)
}

fn metadata(state: &State, behaviour: &Behaviour) -> Value {
    let url = &state.url;
    let issuer = match behaviour {
        Behaviour::Claims(other) => other,
        _ => url,
    };
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "RS256"],
    });
    if state.publishes_feed {
        document["revocations_endpoint"] = json!(format!("{url}/revocations"));
    }
    if let Some(url) = &state.reports_to {
        document["refusals_endpoint"] = json!(url);
    }
    document
}

fn feed(request: &Request<Incoming>, state: &Mutex<State>) -> Response<Body> {
    let last = request.headers().get("last-event-id").and_then(|value| value.to_str().ok());
    let last: usize = last.and_then(|text| text.parse().ok()).unwrap_or(0);
    let (sender, chunks) = mpsc::channel(1024);
    let mut state = locked(state);
    let mut snapshot = Vec::new();
    for (index, entry) in state.entries.iter().enumerate().skip(last) {
        snapshot.extend_from_slice(&event(index + 1, entry));
    }
    let live = json!({ "seq": state.entries.len(), "now": crate::now() });
    snapshot.extend_from_slice(format!("event: live\ndata: {live}\n\n").as_bytes());
    sender.try_send(snapshot.into()).expect("room for the snapshot");
    state.feeds.push(sender);
    let mut response = Response::new(stream(chunks));
    set(&mut response, header::CONTENT_TYPE, "text/event-stream");
    set(&mut response, header::CACHE_CONTROL, "no-store");
    response
}

fn event(seq: usize, entry: &Value) -> Bytes {
    format!("id: {seq}\nevent: revoked\ndata: {entry}\n\n").into()
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(full(text));
    *response.status_mut() = status;
    response
}

fn set(response: &mut Response<Body>, name: header::HeaderName, value: &str) {
    response.headers_mut().insert(name, value.parse().expect("a header value"));
}

/// FNV-1a: an ETag has to change with the document, and nothing more.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
