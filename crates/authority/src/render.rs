//! How answers look: JSON, refusals for each kind of reader, and the headers that every answer has.
//!
//! Decides statuses' bodies and headers, and nothing about who is right.

use axum::body::Body;
use bytes::Bytes;
use claviger_token::challenge::{Challenge, Demand, Disclosure};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::call::Reply;
use crate::config::Issuer;
use crate::document::Document;
use crate::refusal::Refusal;
use crate::routes::Face;

/// The realm of the admin API.
const ADMIN_REALM: &str = "claviger admin";
/// The realm of what an access token opens here.
const USERINFO_REALM: &str = "claviger";
/// The scope that it takes.
pub(crate) const USERINFO_SCOPE: &str = "openid";

/// Room for most JSON answers; the rest grow.
const JSON_BYTES: usize = 1024;
/// Headers that an answer has at most, as a rule.
const HEADERS: usize = 12;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(crate) const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");
pub(crate) const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
pub(crate) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// An answer with a body of a known kind.
pub(crate) fn reply(status: StatusCode, media: HeaderValue, body: impl Into<Bytes>) -> Reply {
    let body = body.into();
    let mut reply = Response::new(Body::from(body));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    // Room for what `protect` adds, at once.
    headers.reserve(HEADERS);
    headers.insert(header::CONTENT_TYPE, media);
    reply
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Reply {
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = status;
    reply
}

/// The body of a JSON answer.
pub(crate) fn written(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut body = Vec::with_capacity(JSON_BYTES);
    serde_json::to_writer(&mut body, value).map(|()| body)
}

/// A JSON answer. A value that does not serialise is a mistake of ours and says so with 500.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Reply {
    match written(value) {
        Ok(body) => reply(status, JSON, body),
        Err(_) => empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// A published document with its validator: 304 where the reader has it already (RFC 9110 §13.1.2).
pub(crate) fn document(
    asked: &HeaderMap,
    media: HeaderValue,
    document: &Document,
    cache: HeaderValue,
) -> Reply {
    let Document { body, etag } = document;
    let known = asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == "*" || one.as_bytes() == etag.as_bytes());
    let mut answer = if known {
        empty(StatusCode::NOT_MODIFIED)
    } else {
        reply(StatusCode::OK, media, body.clone())
    };
    answer.headers_mut().insert(header::ETAG, etag.clone());
    answer.headers_mut().insert(header::CACHE_CONTROL, cache);
    answer
}

/// A refusal as its reader can use it: as the page, where one was written for a person.
pub(crate) fn refusal(
    refusal: &Refusal,
    face: Face,
    page: Option<String>,
    issuer: &Issuer,
    diagnosis: &str,
) -> Reply {
    let mut answer = match (page, face) {
        (Some(page), _) => reply(refusal.status, HTML, page),
        (None, Face::Oauth | Face::Backend) => {
            reply(refusal.status, JSON, oauth_error(refusal, diagnosis).to_string())
        }
        (None, Face::Public | Face::Bearer | Face::Page | Face::Admin) => {
            reply(refusal.status, PROBLEM, problem(refusal, face, issuer, diagnosis).to_string())
        }
    };
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    for (name, value) in &refusal.headers {
        headers.append(name, value.clone());
    }
    if let Some(fault) = &refusal.fault {
        let faults = faults(issuer);
        let challenge = challenge(face, &faults, diagnosis, refusal.demand).www_authenticate(fault);
        if let Some(value) = challenge.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(header::WWW_AUTHENTICATE, value);
        }
    }
    answer
}

fn faults(issuer: &Issuer) -> String {
    format!("{}/faults", issuer.base)
}

fn challenge<'a>(face: Face, faults: &'a str, diagnosis: &'a str, demand: Demand) -> Challenge<'a> {
    let (realm, disclosure, scope) = match face {
        Face::Bearer => (USERINFO_REALM, Disclosure::Code, Some(USERINFO_SCOPE)),
        // Whoever talks to the admin API is an operator, or wants to be one.
        _ => (ADMIN_REALM, Disclosure::Full, None),
    };
    Challenge {
        realm: Some(realm),
        faults: Some(faults),
        disclosure,
        diagnosis,
        scope,
        demand,
        resource_metadata: None,
    }
}

/// RFC 6749 §5.2, with our own members beside the registered ones.
fn oauth_error(refusal: &Refusal, diagnosis: &str) -> Value {
    let mut body = Map::new();
    body.insert("error".to_owned(), json!(refusal.error));
    body.insert("error_description".to_owned(), json!(describable(&refusal.detail)));
    body.insert("code".to_owned(), json!(refusal.code));
    if !refusal.fix.is_empty() {
        body.insert("fix".to_owned(), json!(refusal.fix));
    }
    body.insert("diagnosis".to_owned(), json!(diagnosis));
    Value::Object(body)
}

/// RFC 9457, with the members `code`, `diagnosis` and `fix` of the house.
fn problem(refusal: &Refusal, face: Face, issuer: &Issuer, diagnosis: &str) -> Value {
    if let Some(fault) = &refusal.fault {
        return challenge(face, &faults(issuer), diagnosis, refusal.demand).problem(fault);
    }
    let mut body = Map::new();
    body.insert("type".to_owned(), json!("about:blank"));
    body.insert("title".to_owned(), json!(refusal.status.canonical_reason().unwrap_or("Refused")));
    body.insert("status".to_owned(), json!(refusal.status.as_u16()));
    body.insert("detail".to_owned(), json!(refusal.detail));
    body.insert("code".to_owned(), json!(refusal.code));
    body.insert("diagnosis".to_owned(), json!(diagnosis));
    if !refusal.fix.is_empty() {
        body.insert("fix".to_owned(), json!(refusal.fix));
    }
    Value::Object(body)
}

/// RFC 6749 §5.2: `error_description` holds printable ASCII without `"` and `\`.
fn describable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push('\''),
            '\\' => out.push('/'),
            '…' => out.push_str("..."),
            ' '..='~' => out.push(c),
            _ => out.push('?'),
        }
    }
    out
}

const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);
const DATA_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// The headers of every answer: what a browser must not do with it, and who may read it.
pub(crate) fn protect(reply: &mut Reply, face: Face, issuer: &Issuer) {
    let headers = reply.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    let policy = if face == Face::Page { PAGE_POLICY } else { DATA_POLICY };
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    if issuer.secure {
        // Two years, as the preload lists want it; only ever sent where the issuer itself is https.
        let value = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    if face.is_for_scripts() {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        let exposed = HeaderValue::from_static("DPoP-Nonce, ETag, Retry-After, WWW-Authenticate");
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
    match face {
        Face::Oauth | Face::Backend | Face::Bearer | Face::Admin => {
            headers.entry(header::CACHE_CONTROL).or_insert(NO_STORE);
            // RFC 6749 §5.1 asks for it beside `no-store`, for caches of HTTP/1.0.
            headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
        }
        Face::Public | Face::Page => {}
    }
}

/// Answers a browser's question whether its script may ask (Fetch §3.2.2).
pub(crate) fn preflight(allow: &HeaderValue) -> Reply {
    let mut answer = empty(StatusCode::NO_CONTENT);
    let headers = answer.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, allow.clone());
    // Fetch §4.9: the asterisk does not stand for `Authorization`.
    let allowed = HeaderValue::from_static("*, Authorization");
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_stays_within_the_characters_of_rfc_6749() {
        let text = describable("the `resource` \"x\" \\ ü … \u{7f}\n");
        assert_eq!(text, "the `resource` 'x' / ? ... ??");
        assert!(text.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)));
    }
}
