//! An upstream that shows what reached it and streams in both directions without keeping a body.
//!
//! - `POST /echo` streams the request's body back as it arrives;
//! - `POST /count` reads the body to its end and answers `{"bytes": n}`;
//! - `GET /bytes/N` streams N bytes;
//! - `GET /slow/MS` answers after that many milliseconds;
//! - `GET /status/N` answers with that status;
//! - `GET /break` closes the connection without an answer;
//! - anything else answers with what came: `{"method", "path", "query", "headers": [[name, value]…]}`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::server::{Body, Server, full, stream};

/// A running upstream; dropped, it stops accepting.
#[derive(Debug)]
pub struct Sink {
    server: Server,
    requests: Arc<AtomicUsize>,
}

impl Sink {
    /// Starts one on a free loopback port.
    #[must_use]
    pub fn start() -> Self {
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        let server = Server::start(
            "127.0.0.1:0",
            Arc::new(move |request| {
                counter.fetch_add(1, Ordering::SeqCst);
                Box::pin(answer(request))
            }),
        );
        Self { server, requests }
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// How many requests reached it: what a gate refused must not be among them.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn answer(request: Request<Incoming>) -> Option<Response<Body>> {
    let path = request.uri().path().to_owned();
    let number = path.rsplit('/').next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let response = match path.as_str() {
        "/echo" => Response::new(request.into_body().boxed()),
        "/count" => Response::new(full(json!({ "bytes": count(request).await }).to_string())),
        "/break" => return None,
        _ if path.starts_with("/bytes/") => Response::new(bytes(number)),
        _ if path.starts_with("/slow/") => {
            tokio::time::sleep(Duration::from_millis(number)).await;
            Response::new(full("late"))
        }
        _ if path.starts_with("/status/") => {
            let mut response = Response::new(full("as asked"));
            let status =
                u16::try_from(number).ok().and_then(|code| StatusCode::from_u16(code).ok());
            *response.status_mut() = status.unwrap_or(StatusCode::BAD_REQUEST);
            response
        }
        _ => {
            let mut response = Response::new(full(shown(&request).to_string()));
            let json = http::HeaderValue::from_static("application/json");
            response.headers_mut().insert(http::header::CONTENT_TYPE, json);
            response
        }
    };
    Some(response)
}

async fn count(request: Request<Incoming>) -> u64 {
    let mut body = request.into_body();
    let mut bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
    }
    bytes
}

fn bytes(total: u64) -> Body {
    let (sender, chunks) = tokio::sync::mpsc::channel(4);
    tokio::spawn(async move {
        let block = Bytes::from(vec![b'x'; 64 * 1024]);
        let mut left = usize::try_from(total).unwrap_or(usize::MAX);
        while left > 0 {
            let size = left.min(block.len());
            if sender.send(block.slice(..size)).await.is_err() {
                return;
            }
            left -= size;
        }
    });
    stream(chunks)
}

fn shown(request: &Request<Incoming>) -> Value {
    let headers: Vec<_> = request
        .headers()
        .iter()
        .map(|(name, value)| json!([name.as_str(), String::from_utf8_lossy(value.as_bytes())]))
        .collect();
    json!({
        "method": request.method().as_str(),
        "path": request.uri().path(),
        "query": request.uri().query(),
        "headers": headers,
    })
}
