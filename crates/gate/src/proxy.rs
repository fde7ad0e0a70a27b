//! One request through the gate: judged, then passed on as it streams.
//!
//! Decides what goes to the upstream and what the client hears when the upstream is not there; never keeps a
//! body, never sends a request on that was not judged.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use claviger_guard::{is_preflight, trace};
use claviger_token::dpop;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::Shared;
use crate::answer::{self, Body};
use crate::forward_auth;
use crate::headers::{
    Forwarded, join_cookies, set_identity, strip_hop_by_hop, strip_identity, upgrade,
};
use crate::pages::{self, PROTECTED_RESOURCE, resource_metadata_url};
use crate::refused::Refused;
use crate::seen::Seen;
use crate::upgrade::tunnel;

const OWN_PAGES: [&str; 3] = ["/_claviger/auth", "/_claviger/health", "/_claviger/metrics"];

/// Answers one request, within its span.
pub(crate) async fn answer(
    shared: Arc<Shared>,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Response<Body> {
    // What the upstream serves, and under which templates, is its own affair.
    let route = OWN_PAGES.into_iter().find(|own| *own == request.uri().path());
    let span = trace::request(request.method(), route, request.headers());
    let response = respond(shared, peer, request).instrument(span.clone()).await;
    trace::answered(&span, response.status());
    response
}

async fn respond(
    shared: Arc<Shared>,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Response<Body> {
    let path = request.uri().path();
    if path.starts_with("/_claviger/") {
        return own_page(&shared, peer, &request).await;
    }
    if path
        .strip_prefix(PROTECTED_RESOURCE)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    {
        return pages::protected_resource(&shared.config);
    }
    let (config, headers) = (&shared.config, request.headers());
    let seen = Seen::here(config, peer.ip(), request.uri(), headers);
    let from = seen.forwarded(peer.ip());
    if is_preflight(request.method(), headers) {
        return pass_on(&shared, peer, request, None, from).await;
    }
    let asked = seen.asked(headers, request.method().as_str(), request.uri().path());
    match shared.guard.check(&asked, &[]).await {
        Ok(session) => {
            let nonce = shared.guard.next_nonce(headers);
            let mut response = pass_on(&shared, peer, request, Some(session), from).await;
            if let Some((name, nonce)) = nonce {
                response.headers_mut().insert(name, nonce);
            }
            response
        }
        Err(refusal) => {
            trace::refused(refusal.code().as_str(), &refusal.diagnosis);
            Refused { refusal: &refusal, status: refusal.status(), asked: &asked }.log();
            let url = resource_metadata_url(config, headers, request.uri());
            let (head, body) = refusal.with_resource_metadata(url).answer();
            Response::from_parts(head, answer::full(body))
        }
    }
}

async fn own_page(
    shared: &Shared,
    peer: SocketAddr,
    request: &Request<Incoming>,
) -> Response<Body> {
    let (guard, config) = (&shared.guard, &shared.config);
    match request.uri().path() {
        "/_claviger/auth" => {
            forward_auth::answer(guard, config, peer.ip(), request.uri(), request.headers()).await
        }
        "/_claviger/health" => pages::health(guard),
        "/_claviger/metrics" => pages::metrics(guard),
        _ => answer::empty(StatusCode::NOT_FOUND),
    }
}

async fn pass_on(
    shared: &Arc<Shared>,
    peer: SocketAddr,
    mut request: Request<Incoming>,
    session: Option<Arc<claviger_guard::Session>>,
    from: Forwarded,
) -> Response<Body> {
    if request.method() == Method::CONNECT {
        return answer::problem(
            StatusCode::METHOD_NOT_ALLOWED,
            "This is no forward proxy",
            "CONNECT",
        );
    }
    let Some(address) = shared.upstream.address(request.uri()) else {
        return answer::problem(StatusCode::BAD_REQUEST, "The request names no path", "no path");
    };
    let protocol = upgrade(request.headers()).filter(|_| request.version() <= Version::HTTP_11);
    let client = protocol.as_ref().map(|_| hyper::upgrade::on(&mut request));
    let credential = request.headers().get(header::AUTHORIZATION).cloned();
    let (mut head, body) = request.into_parts();
    head.headers.remove(header::HOST);
    strip_hop_by_hop(&mut head.headers);
    strip_identity(&mut head.headers);
    if let Some(name) = &shared.config.client_certificate_header
        && !shared.config.trusts(peer.ip())
    {
        head.headers.remove(name);
    }
    from.set(&mut head.headers);
    join_cookies(&mut head.headers);
    if shared.config.strip_authorization {
        head.headers.remove(header::AUTHORIZATION);
        head.headers.remove(dpop::HEADER);
    }
    if let Some(session) = &session {
        set_identity(&mut head.headers, session, usize::MAX);
    }
    if let Some(protocol) = &protocol {
        head.headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        head.headers.insert(header::UPGRADE, protocol.clone());
    }
    let span = tracing::info_span!(target: trace::TARGET, "upstream", otel.kind = "client");
    let told = shared.config.traceparent.and_then(|told| span.in_scope(told));
    if let Some(told) = told.and_then(|told| HeaderValue::try_from(told).ok()) {
        head.headers.insert("traceparent", told);
    }
    head.uri = address;
    head.version = Version::HTTP_11;
    head.extensions.clear();

    let moved = Moved::default();
    let body = Watched { body, moved: moved.clone() };
    let sent = shared.client.request(Request::from_parts(head, body)).instrument(span);
    let mut response = match in_time(sent, &moved, shared.config.response_timeout).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return unreachable(&error),
        Err(Late) => {
            let title = "The service behind the gate does not answer in time";
            return answer::problem(
                StatusCode::GATEWAY_TIMEOUT,
                title,
                "no answer within the response timeout",
            );
        }
    };
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let (Some(client), Some(session), Some(credential)) = (client, session, credential) else {
            let title = "The service behind the gate changed the protocol unasked";
            return answer::problem(
                StatusCode::BAD_GATEWAY,
                title,
                "101 without an upgrade request",
            );
        };
        let upstream = hyper::upgrade::on(&mut response);
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, credential)]);
        let expires = session.expires();
        shared.open.spawn(tunnel(Arc::clone(shared), client, upstream, headers, expires));
        return switched(response);
    }
    let (mut head, body) = response.into_parts();
    strip_hop_by_hop(&mut head.headers);
    head.extensions.clear();
    Response::from_parts(head, body.boxed())
}

fn switched(response: Response<Incoming>) -> Response<Body> {
    let (mut head, _) = response.into_parts();
    let protocol = upgrade(&head.headers);
    strip_hop_by_hop(&mut head.headers);
    head.headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    if let Some(protocol) = protocol {
        head.headers.insert(header::UPGRADE, protocol);
    }
    head.extensions.clear();
    Response::from_parts(head, answer::full(Bytes::new()))
}

fn unreachable(error: &hyper_util::client::legacy::Error) -> Response<Body> {
    let mut inner: &dyn std::error::Error = error;
    while let Some(next) = inner.source() {
        inner = next;
    }
    let timed_out = inner
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::TimedOut);
    if timed_out {
        let title = "The service behind the gate does not answer in time";
        return answer::problem(StatusCode::GATEWAY_TIMEOUT, title, &inner.to_string());
    }
    let title = "The service behind the gate cannot be reached";
    answer::problem(StatusCode::BAD_GATEWAY, title, &inner.to_string())
}

/// When the request's body last moved.
#[derive(Clone)]
struct Moved(Arc<Mutex<Instant>>);

impl Default for Moved {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }
}

impl Moved {
    fn touch(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
    fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Late;

/// Waits for an answer; the time runs from the last movement of the request's body, so that a long upload
/// over a slow line is no time-out.
async fn in_time<F: Future>(sent: F, moved: &Moved, limit: Duration) -> Result<F::Output, Late> {
    tokio::pin!(sent);
    loop {
        let deadline = moved.last() + limit;
        tokio::select! {
            result = &mut sent => return Ok(result),
            () = tokio::time::sleep_until(deadline) => {
                if moved.last() + limit <= Instant::now() {
                    return Err(Late);
                }
            }
        }
    }
}

/// The request's body on its way, telling when it moves.
pub(crate) struct Watched {
    body: Incoming,
    moved: Moved,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if polled.is_ready() {
            self.moved.touch();
        }
        polled
    }
    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
