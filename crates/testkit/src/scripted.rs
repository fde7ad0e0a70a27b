//! A server that answers as the test says, and remembers what reached it. Over TLS too, with a certificate as the
//! test wants it.

use std::sync::{Arc, Mutex, PoisonError};

use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use crate::server::{Body, Server, full};
use crate::tls::Tls;

/// A request that arrived.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Names in lower case, values as they came.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Heard {
    /// The values of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Vec<&str> {
        let of_name = self.headers.iter().filter(|(known, _)| known == name);
        of_name.map(|(_, value)| value.as_str()).collect()
    }
}

/// What is answered.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// The status; 0 closes the connection without an answer.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

impl Reply {
    /// A status and nothing else.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// With one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With a body of a type.
    #[must_use]
    pub fn body(self, kind: &str, body: impl Into<String>) -> Self {
        Self { body: body.into(), ..self.with("content-type", kind) }
    }
}

/// A running server; dropped, it stops accepting.
#[derive(Debug)]
pub struct Scripted {
    server: Server,
    scheme: &'static str,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Scripted {
    /// Starts one on a free loopback port.
    #[must_use]
    pub fn start(answer: impl Fn(&Heard) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_over(None, answer)
    }

    /// Starts one that speaks TLS.
    #[must_use]
    pub fn start_tls(tls: Tls, answer: impl Fn(&Heard) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_over(Some(tls), answer)
    }

    fn start_over(
        tls: Option<Tls>,
        answer: impl Fn(&Heard) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let memory = Arc::clone(&heard);
        let answer = Arc::new(answer);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let server = Server::start_over(
            "127.0.0.1:0",
            tls,
            Arc::new(move |request| {
                let (memory, answer) = (Arc::clone(&memory), Arc::clone(&answer));
                Box::pin(async move {
                    let one = read(request).await;
                    memory.lock().unwrap_or_else(PoisonError::into_inner).push(one.clone());
                    written(answer(&one))
                })
            }),
        );
        Self { server, scheme, heard }
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.server.address)
    }

    /// `http://localhost:PORT`: another origin, the same server.
    #[must_use]
    pub fn other_origin(&self) -> String {
        format!("{}://localhost:{}", self.scheme, self.server.address.port())
    }

    /// What reached it so far.
    #[must_use]
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn read(request: Request<Incoming>) -> Heard {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Heard {
        method: head.method.to_string(),
        path: head.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
            .collect(),
        body: text(&body),
    }
}

fn written(reply: Reply) -> Option<Response<Body>> {
    if reply.status == 0 {
        return None;
    }
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    Some(response.body(full(reply.body)).expect("a reply that can be written"))
}
