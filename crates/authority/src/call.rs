//! A request on its way to a handler, and the bounded ways to read it.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::dispatch::Places;
use crate::refusal::Refusal;
use crate::serve::Peer;
use crate::state::State;
use crate::tls::ClientCertificate;

/// The media type of a form post.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// An answer on its way out.
pub(crate) type Reply = http::Response<Body>;
/// What a handler comes to.
pub(crate) type Answer = Result<Reply, Box<Refusal>>;

/// A request with the authority it is put to.
pub(crate) struct Call {
    pub(crate) state: Arc<State>,
    pub(crate) parts: Parts,
    /// Never locked: a body is no `Sync`, and a handler that holds the call across an await has to be
    /// `Send`. Behind a mutex it is both.
    body: Mutex<Body>,
    pub(crate) places: Places,
    pub(crate) trail: Trail,
}

/// What the journal is to know of a call beyond its path; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trail(Arc<Mutex<Vec<String>>>);

impl Trail {
    /// The names of the members of the body.
    pub(crate) fn members(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A body of JSON was read.
    fn read(&self, bytes: &[u8]) {
        let Ok(body) = serde_json::from_slice::<serde_json::Map<_, serde_json::Value>>(bytes)
        else {
            return;
        };
        let names = body.into_iter().map(|(name, _)| name).take(64).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = names;
    }
}

impl Call {
    pub(crate) fn new(state: Arc<State>, parts: Parts, body: Body, places: Places) -> Self {
        Self { state, parts, body: Mutex::new(body), places, trail: Trail::default() }
    }

    /// A header that must be text and stand once; otherwise it counts as absent.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.parts.headers.get_all(name).iter();
        let first = values.next()?;
        if values.next().is_some() {
            return None;
        }
        first.to_str().ok()
    }

    /// What stands in a place of the path.
    pub(crate) fn place(&self, name: &str) -> &str {
        self.places.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The address limits are counted by: the socket's, or what the trusted proxy says.
    pub(crate) fn peer(&self) -> Option<IpAddr> {
        let socket = self.parts.extensions.get::<Peer>().map(|peer| peer.0.ip());
        if !self.state.config.trusted_proxy {
            return socket;
        }
        // The last entry is the one our proxy wrote; what stands before it came from outside.
        self.parts
            .headers
            .get_all("x-forwarded-for")
            .iter()
            .next_back()
            .and_then(|value| value.to_str().ok())
            .and_then(|list| list.rsplit(',').next())
            .and_then(|last| last.trim().parse().ok())
            .or(socket)
    }

    /// The certificate that the client has proven to hold: of its connection, or what the trusted proxy
    /// hands on. Where a proxy does, its own connection's would be the proxy's.
    pub(crate) fn certificate(&self) -> Option<Arc<ClientCertificate>> {
        match &self.state.config.tls.client_certificate_header {
            Some(name) => ClientCertificate::from_header(self.header(name)?).map(Arc::new),
            None => self.parts.extensions.get::<Arc<ClientCertificate>>().cloned(),
        }
    }

    /// Whether a page is wanted rather than JSON: what browsers send, and nothing else does.
    pub(crate) fn wants_html(&self) -> bool {
        wants_html(&self.parts.headers)
    }

    /// The body of a form post.
    pub(crate) async fn form(&mut self) -> Result<Bytes, Box<Refusal>> {
        if self.is_form() {
            return self.bytes().await;
        }
        let media = self.media_type();
        let bytes = self.bytes().await?;
        if bytes.is_empty() && media.is_none() {
            return Ok(bytes);
        }
        Err(form_wanted(media.as_deref(), &self.parts).into())
    }

    /// Whether the body says it is a form post.
    pub(crate) fn is_form(&self) -> bool {
        self.media().is_some_and(|media| media.eq_ignore_ascii_case(FORM))
    }

    /// A JSON body; unknown members are refused by the types it is read into.
    pub(crate) async fn json<T: DeserializeOwned>(&mut self) -> Result<T, Box<Refusal>> {
        let bytes = self.json_bytes().await?;
        self.trail.read(&bytes);
        serde_json::from_slice(&bytes).map_err(|error| {
            let code = if error.is_data() { "body-refused" } else { "body-no-json" };
            Refusal::new(StatusCode::BAD_REQUEST, code)
                .detail(without_values(&error.to_string()))
                .fix("see `/admin/v1/openapi.json` for the members of this request")
                .into()
        })
    }

    /// A body that says it is JSON, unread.
    pub(crate) async fn json_bytes(&mut self) -> Result<Bytes, Box<Refusal>> {
        let media = self.media_type();
        let fits = media.as_deref().is_some_and(|media| {
            media == "application/json" || media == "application/merge-patch+json"
        });
        let bytes = self.bytes().await?;
        if !fits {
            return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "json-expected")
                .detail(match media {
                    Some(media) => format!("the body was sent as `{}`", clipped(&media)),
                    None => "the body has no `Content-Type`".to_owned(),
                })
                .fix("send JSON with `Content-Type: application/json`")
                .into());
        }
        Ok(bytes)
    }

    /// The whole body, within the limits of size and time.
    pub(crate) async fn bytes(&mut self) -> Result<Bytes, Box<Refusal>> {
        let limits = &self.state.config.limits;
        let most = limits.body_bytes;
        let within = Duration::from_secs(limits.body_read_seconds);
        let body = self.body.get_mut().unwrap_or_else(PoisonError::into_inner);
        let body = Limited::new(std::mem::take(body), most);
        match tokio::time::timeout(within, body.collect()).await {
            Ok(Ok(whole)) => Ok(whole.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large")
                    .detail(format!("the body is longer than {most} bytes"))
                    .fix("send less; the operator can raise `limits.body_bytes`")
                    .into())
            }
            Ok(Err(_)) => Err(Refusal::new(StatusCode::BAD_REQUEST, "body-broken")
                .detail("the body broke off before its end")
                .fix("send the whole body")
                .into()),
            Err(_) => Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "body-slow")
                .detail(format!("the body took longer than {} s", within.as_secs()))
                .fix("send the body at once")
                .header(header::CONNECTION, HeaderValue::from_static("close"))
                .into()),
        }
    }

    /// The media type of the body, in lower case, without parameters.
    pub(crate) fn media_type(&self) -> Option<String> {
        self.media().map(str::to_ascii_lowercase)
    }

    fn media(&self) -> Option<&str> {
        let value = self.parts.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let media = value.split(';').next()?.trim();
        (!media.is_empty()).then_some(media)
    }
}

/// Whether the request's `Accept` names HTML before JSON.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    let Some(accept) = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let html = accept.find("text/html");
    let json = accept.find("json");
    match (html, json) {
        (Some(html), Some(json)) => html < json,
        (found, _) => found.is_some(),
    }
}

/// RFC 6749 §4.4.2 and its kin want a form. JSON is what people try first, so the answer says it.
fn form_wanted(media: Option<&str>, parts: &Parts) -> Refusal {
    let path = parts.uri.path();
    let detail = match media {
        Some(media) => format!("the body was sent as `{}`", clipped(media)),
        None => "the body has no `Content-Type`".to_owned(),
    };
    Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "form-expected")
        .detail(format!("{detail}, and {path} reads forms only"))
        .fix("send application/x-www-form-urlencoded: `name=value` pairs joined by `&` (curl -d)")
}

/// What serde says about a body, without the text that stood in it: that could be a token. Members'
/// names stay, for they are what the sender has to look for.
fn without_values(message: &str) -> String {
    let Some(from) = message.find('"') else {
        return clipped_to(message, 300);
    };
    let to = message.rfind('"').unwrap_or(from);
    clipped_to(&format!("{}…{}", &message[..from], &message[to + 1..]), 300)
}

/// A text from outside, short enough for a sentence.
pub(crate) fn clipped(text: &str) -> String {
    clipped_to(text, 60)
}

fn clipped_to(text: &str, most: usize) -> String {
    let mut out: String = text.chars().take(most).filter(|c| !c.is_control()).collect();
    if text.chars().nth(most).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stood_in_a_refused_body_is_not_repeated() {
        let sent = r#"["eyJhbGciOi \" secret"]"#;
        let error = serde_json::from_str::<Vec<u64>>(sent).unwrap_err();
        let said = without_values(&error.to_string());
        assert!(said.starts_with("invalid type: string …, expected u64 at line 1"), "{said}");
        assert_eq!(without_values("unknown field `nmae`"), "unknown field `nmae`");
        assert_eq!(clipped(&"x".repeat(100)).chars().count(), 61);
    }
}
