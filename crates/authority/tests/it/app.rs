//! An authority in a temporary directory, spoken to through its router.

use axum::Router;
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_authority::{Authority, Bootstrap, Clock, Config};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt as _;

/// 2026-11-23T10:00:00Z.
pub(crate) const NOW: i64 = 1_795_428_000;
pub(crate) const ISSUER: &str = "http://127.0.0.1:8600";

pub(crate) struct App {
    pub(crate) authority: Authority,
    pub(crate) bootstrap: Bootstrap,
    pub(crate) router: Router,
    pub(crate) clock: Clock,
    pub(crate) config: Config,
    pub(crate) dir: TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {} {}", self.status, self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts the status and hands on.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{:?} {}", self.headers, self.body);
        self
    }
}

impl App {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config { data_dir: dir.path().join("data"), ..Config::default() };
        change(&mut config);
        let clock = Clock::manual(NOW);
        let (authority, bootstrap) =
            Authority::open_at(config.clone(), clock.clone()).await.unwrap();
        Self {
            router: authority.router(),
            bootstrap: bootstrap.expect("a first start"),
            authority,
            clock,
            config,
            dir,
        }
    }

    /// Ends the authority and opens it again on the same directory.
    pub(crate) async fn restart(self) -> Self {
        self.restart_with(|_| {}).await
    }

    /// The same with settings that were changed meanwhile.
    pub(crate) async fn restart_with(self, change: impl FnOnce(&mut Config)) -> Self {
        let Self { authority, bootstrap, router, clock, mut config, dir } = self;
        change(&mut config);
        drop(router);
        authority.close().await;
        let (authority, again) = Authority::open_at(config.clone(), clock.clone()).await.unwrap();
        assert!(again.is_none(), "a second start bootstraps nothing");
        Self { router: authority.router(), authority, bootstrap, clock, config, dir }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// A form post without credentials in the header.
    pub(crate) async fn post(&self, path: &str, form: &str) -> Answer {
        self.send(form_request(path).body(Body::from(form.to_owned())).unwrap()).await
    }

    /// A form post with HTTP Basic (RFC 6749 §2.3.1).
    pub(crate) async fn post_as(&self, path: &str, id: &str, secret: &str, form: &str) -> Answer {
        let request = form_request(path).header("authorization", basic(id, secret));
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    /// The example client asks for a token.
    pub(crate) async fn example(&self, form: &str) -> Answer {
        let example = self.bootstrap.example.as_ref().unwrap();
        let secret = example.client_secret.expose();
        self.post_as("/token", &example.client_id, secret, form).await
    }

    /// An access token of the example client.
    pub(crate) async fn access_token(&self) -> String {
        let answer = self.example("grant_type=client_credentials").await.is(200);
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// A call of the admin API.
    pub(crate) async fn admin(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let token = self.bootstrap.admin_token.expose();
        let request = Request::builder()
            .method(method)
            .uri(format!("/admin/v1{path}"))
            .header("authorization", format!("Bearer {token}"));
        let request = match body {
            None => request.body(Body::empty()),
            Some(body) => request
                .header("content-type", "application/json")
                .body(Body::from(body.to_string())),
        };
        self.send(request.unwrap()).await
    }

    /// One figure of `/metrics`, 0 where it has not been counted yet.
    pub(crate) async fn figure(&self, name: &str) -> f64 {
        let text = self.get("/metrics").await.is(200).body;
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
            .map_or(0.0, |value| value.parse().unwrap())
    }
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let body = String::from_utf8_lossy(&body).into_owned();
    Answer { status: parts.status, headers: parts.headers, body }
}

pub(crate) fn form_request(path: &str) -> http::request::Builder {
    Request::post(path).header("content-type", "application/x-www-form-urlencoded")
}

/// `Authorization: Basic`, both halves form-encoded as RFC 6749 §2.3.1 wants it.
pub(crate) fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret))))
}

pub(crate) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The claims of a token, unverified.
pub(crate) fn claims(token: &str) -> Value {
    part(token, 1)
}

pub(crate) fn header(token: &str) -> Value {
    part(token, 0)
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&claviger_token::base64url::decode(part).unwrap()).unwrap()
}
