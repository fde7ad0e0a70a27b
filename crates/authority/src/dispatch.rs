//! From a request to the handler of its route, and from what the handler came to, to an answer with
//! everything that all answers share: method rules, refusals, protective headers, figures.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, HttpBody as _};
use claviger_guard::trace;
use futures_util::FutureExt as _;
use http::{HeaderValue, Method, Request, StatusCode, header};
use percent_encoding::percent_decode_str;
use tracing::Instrument as _;

use crate::administrator;
use crate::call::{Answer, Call, Reply, clipped, wants_html};
use crate::deed::{Deed, written_down};
use crate::endpoint::pages;
use crate::refusal::Refusal;
use crate::render;
use crate::routes::{Answering, Face, Operation, Route, table};
use crate::state::State;

/// A route with what follows from it.
struct Prepared {
    route: Route,
    /// Where it stands, as a template: below the issuer's path.
    path: String,
    allow: HeaderValue,
}

/// What stands in the path's places, percent-decoded, by name.
pub(crate) type Places = Vec<(String, String)>;

/// All routes under the issuer's path.
pub(crate) struct Dispatch {
    routes: matchit::Router<Arc<Prepared>>,
    state: Arc<State>,
}

impl Dispatch {
    pub(crate) fn new(state: &Arc<State>) -> Self {
        let mut routes = matchit::Router::new();
        let prefix = &state.issuer.path;
        for route in table() {
            let paths = paths(&route, prefix);
            let allow = allow(&route);
            let path = format!("{prefix}{}", route.path);
            let prepared = Arc::new(Prepared { route, path, allow });
            for path in paths {
                if let Err(error) = routes.insert(path, Arc::clone(&prepared)) {
                    tracing::error!(%error, "a route cannot be reached; please report it");
                }
            }
        }
        Self { routes, state: Arc::clone(state) }
    }

    /// Answers within the request's span; all that is done for it hangs below that.
    pub(crate) async fn answer(&self, request: Request<Body>) -> Reply {
        let Ok(found) = self.routes.at(request.uri().path()) else {
            return nowhere(&self.state, request);
        };
        let prepared = found.value;
        let places = places(&found.params);
        let span = trace::request(request.method(), Some(&prepared.path), request.headers());
        let answering = answer(prepared, &self.state, places, request);
        let reply = answering.instrument(span.clone()).await;
        trace::answered(&span, reply.status());
        reply
    }
}

/// What a path has in its places, where all of it is UTF-8.
fn places(params: &matchit::Params<'_, '_>) -> Option<Places> {
    params
        .iter()
        .map(|(name, value)| {
            let value = percent_decode_str(value).decode_utf8().ok()?;
            Some((name.to_owned(), value.into_owned()))
        })
        .collect()
}

/// Where a route is found. RFC 8414 §3 puts the well-known part before the issuer's path, OpenID
/// Connect Discovery §4 behind it; clients of either kind try both.
fn paths(route: &Route, prefix: &str) -> Vec<String> {
    let mut paths = vec![format!("{prefix}{}", route.path)];
    if !prefix.is_empty() {
        if route.path.starts_with("/.well-known/") {
            paths.push(format!("{}{prefix}", route.path));
        }
        if route.path == "/" {
            paths.push(prefix.to_owned());
        }
    }
    paths
}

fn allow(route: &Route) -> HeaderValue {
    let mut methods: Vec<&str> = Vec::new();
    for operation in &route.operations {
        methods.push(operation.method.as_str());
        if operation.method == Method::GET {
            methods.push("HEAD");
        }
    }
    methods.push("OPTIONS");
    HeaderValue::from_str(&methods.join(", ")).unwrap_or_else(|_| HeaderValue::from_static(""))
}

async fn answer(
    prepared: &Prepared,
    state: &Arc<State>,
    places: Option<Places>,
    request: Request<Body>,
) -> Reply {
    let started = Instant::now();
    let Prepared { route, allow, .. } = prepared;
    let method = request.method().clone();
    let reader = Reader::of(&request, route.face);
    let mut address = None;
    let answer = if method == Method::OPTIONS {
        Ok(options(route, allow))
    } else {
        let wanted = if method == Method::HEAD { &Method::GET } else { &method };
        match route.operations.iter().find(|operation| operation.method == *wanted) {
            Some(operation) => match call(state, places, request) {
                Ok(call) => {
                    address = call.peer();
                    match admitted(operation, &call) {
                        Ok(()) => {
                            let deed = Deed::of(operation, &call);
                            let handler = written_down(deed, (operation.handler)(call));
                            carry_out(handler, writes(route, wanted)).await
                        }
                        Err(refusal) => Err(refusal),
                    }
                }
                Err(refusal) => Err(refusal),
            },
            None => Err(wrong_method(&method, allow, route)),
        }
    };
    let place = (route.name, reader, address);
    finish(state, place, &method, answer, started)
}

/// Asks for the administrator where the table says so: here, so that no handler can forget it.
fn admitted(operation: &Operation, call: &Call) -> Result<(), Box<Refusal>> {
    match &operation.described {
        Some(described) if described.guarded => administrator::authenticate(call),
        _ => Ok(()),
    }
}

/// Whether a call changes things in several steps that belong together.
fn writes(route: &Route, method: &Method) -> bool {
    let several = matches!(route.face, Face::Admin | Face::Page) || route.name == "registration";
    several && !method.is_safe()
}

/// Runs a handler. One that writes runs to its end even if the client hangs up in the middle. A panic
/// is a mistake of ours; it costs this one answer, is reported without anything that was sent, and
/// takes nothing else down.
async fn carry_out(handler: Answering, to_the_end: bool) -> Answer {
    let outcome = if to_the_end {
        tokio::spawn(handler.in_current_span()).await.map_err(|_| ())
    } else {
        AssertUnwindSafe(handler).catch_unwind().await.map_err(|_| ())
    };
    outcome.unwrap_or_else(|()| {
        tracing::error!("a handler panicked; this is a mistake in claviger, please report it");
        Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
            .error("server_error")
            .detail("the authority made a mistake")
            .fix("please report it with the diagnosis id and the lines of the log around it")
            .into())
    })
}

fn nowhere(state: &State, request: Request<Body>) -> Reply {
    let started = Instant::now();
    let span = trace::request(request.method(), None, request.headers());
    let _within = span.enter();
    let (parts, _) = request.into_parts();
    let path = parts.uri.path();
    let reader = Reader { face: Face::Page, html: wants_html(&parts.headers) };
    let answer = if reader.html {
        pages::not_found(state, path)
    } else {
        Err(Refusal::new(StatusCode::NOT_FOUND, "path-unknown")
            .detail(format!("there is nothing at `{}`", clipped(path)))
            .fix(format!(
                "the endpoints are listed in {}/.well-known/openid-configuration",
                state.issuer.base
            ))
            .into())
    };
    let reply = finish(state, ("unknown", reader, None), &parts.method, answer, started);
    trace::answered(&span, reply.status());
    reply
}

fn call(
    state: &Arc<State>,
    places: Option<Places>,
    request: Request<Body>,
) -> Result<Call, Box<Refusal>> {
    let Some(places) = places else {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "path-encoding")
            .detail("the path is no UTF-8 once its percent escapes are decoded")
            .fix("encode the path as UTF-8")
            .into());
    };
    let (parts, body) = request.into_parts();
    Ok(Call::new(Arc::clone(state), parts, body, places))
}

fn options(route: &Route, allow: &HeaderValue) -> Reply {
    let mut answer = if route.face.is_for_scripts() {
        render::preflight(allow)
    } else {
        render::empty(StatusCode::NO_CONTENT)
    };
    answer.headers_mut().insert(header::ALLOW, allow.clone());
    answer
}

fn wrong_method(method: &Method, allow: &HeaderValue, route: &Route) -> Box<Refusal> {
    let first = route.operations.first().map_or("GET", |operation| operation.method.as_str());
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed")
        .detail(format!("{} does not answer {}", route.path, clipped(method.as_str())))
        .fix(format!("use {first}"))
        .header(header::ALLOW, allow.clone())
        .into()
}

/// Who reads an answer.
#[derive(Clone, Copy)]
struct Reader {
    face: Face,
    /// Whether it is a person with a browser.
    html: bool,
}

impl Reader {
    fn of(request: &Request<Body>, face: Face) -> Self {
        Self { face, html: face == Face::Page && wants_html(request.headers()) }
    }
}

fn finish(
    state: &State,
    (endpoint, reader, address): (&'static str, Reader, Option<IpAddr>),
    method: &Method,
    answer: Answer,
    started: Instant,
) -> Reply {
    let face = reader.face;
    let mut reply = match answer {
        Ok(reply) => reply,
        Err(refusal) => {
            state.metrics.refusal(endpoint, refusal.error, refusal.code);
            let diagnosis = state.journal.refused(endpoint, face, &refusal, address);
            trace::refused(refusal.code, &diagnosis);
            let page = reader.html.then(|| pages::refusal(&state.site, &refusal, &diagnosis));
            render::refusal(&refusal, face, page.flatten(), &state.issuer, &diagnosis)
        }
    };
    render::protect(&mut reply, face, &state.issuer);
    if method == Method::HEAD {
        if let Some(length) = reply.body().size_hint().exact() {
            reply.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        *reply.body_mut() = Body::empty();
    }
    state.metrics.request(endpoint, reply.status().as_u16(), started.elapsed());
    reply
}
