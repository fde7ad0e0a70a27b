//! The gate's own answers. Decides how they look, never when they are given.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};

/// A body on its way: the upstream's stream or a text of our own.
pub(crate) type Body = BoxBody<Bytes, hyper::Error>;

pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed()
}

pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(full(Bytes::new()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(crate) fn text(status: StatusCode, kind: &'static str, body: String) -> Response<Body> {
    let mut response = empty(status);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    *response.body_mut() = full(body);
    response
}

pub(crate) fn json(status: StatusCode, body: &Value) -> Response<Body> {
    text(status, "application/json", body.to_string())
}

/// A failure that no token is to blame for (RFC 9457).
pub(crate) fn problem(status: StatusCode, title: &str, detail: &str) -> Response<Body> {
    let diagnosis = claviger_guard::diagnosis();
    tracing::warn!(status = status.as_u16(), diagnosis, detail, "{title}");
    let body = json!({
        "type": "about:blank", "title": title, "status": status.as_u16(), "diagnosis": diagnosis
    });
    let mut response = text(status, "application/problem+json", body.to_string());
    if let Ok(id) = HeaderValue::from_str(&diagnosis) {
        response.headers_mut().insert("claviger-diagnosis", id);
    }
    response
}
