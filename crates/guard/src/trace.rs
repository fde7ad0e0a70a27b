//! The span of a request, for whoever collects spans: `tracing` with the names that OpenTelemetry has for HTTP.
//!
//! Decides what a span may say: method, route, status and code; never a path as it came, a query, a header, a
//! token or who asked. Nothing is recorded where no layer asks for [`TARGET`].

use http::{HeaderMap, Method, StatusCode};
use tracing::Span;
use tracing::field::Empty;

/// The target of spans that are meant for a collector of traces. The log leaves them out.
pub const TARGET: &str = "claviger::trace";

/// The longest `traceparent` that is looked at; that of version 0 has 55 characters.
const LONGEST_PARENT: usize = 128;

/// The span of a request that is answered here. `route` is a template, such as `/faults/{code}`, and none where
/// the path is not ours to name.
#[must_use]
pub fn request(method: &Method, route: Option<&str>, headers: &HeaderMap) -> Span {
    let method = known(method);
    let span = tracing::info_span!(
        target: TARGET,
        "request",
        otel.name = Empty,
        otel.kind = "server",
        traceparent = parent(headers),
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        "error.type" = Empty,
        claviger.diagnosis = Empty,
    );
    if !span.is_disabled() {
        match route {
            Some(route) => span.record("otel.name", format!("{method} {route}")),
            None => span.record("otel.name", method),
        };
    }
    span
}

/// Says in the current request's span why it was refused, and under which id that can be looked up.
pub fn refused(code: &str, diagnosis: &str) {
    let span = Span::current();
    span.record("error.type", code);
    span.record("claviger.diagnosis", diagnosis);
}

/// Says in a request's span how it was answered.
pub fn answered(span: &Span, status: StatusCode) {
    span.record("http.response.status_code", status.as_u16());
}

/// Semantic conventions: a method that nobody knows is not repeated.
fn known(method: &Method) -> &str {
    const KNOWN: [Method; 9] = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
        Method::PATCH,
        Method::CONNECT,
        Method::TRACE,
    ];
    if KNOWN.contains(method) { method.as_str() } else { "_OTHER" }
}

fn parent(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all("traceparent").iter();
    let one = all.next().filter(|_| all.next().is_none())?;
    one.to_str().ok().filter(|text| text.len() <= LONGEST_PARENT)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn what_is_not_known_is_not_repeated() {
        assert_eq!(known(&Method::PATCH), "PATCH");
        assert_eq!(known(&Method::from_bytes(b"SECRET").unwrap()), "_OTHER");
    }

    #[test]
    fn one_short_parent_is_taken_over() {
        let mut headers = HeaderMap::new();
        assert_eq!(parent(&headers), None);
        headers.append("traceparent", HeaderValue::from_static("00-a-b-01"));
        assert_eq!(parent(&headers), Some("00-a-b-01"));
        headers.append("traceparent", HeaderValue::from_static("00-a-b-01"));
        assert_eq!(parent(&headers), None, "which of two is meant, nobody knows");
        let mut long = HeaderMap::new();
        long.append("traceparent", HeaderValue::from_str(&"0".repeat(129)).unwrap());
        assert_eq!(parent(&long), None);
    }
}
