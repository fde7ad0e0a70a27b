//! A refused request: its fault, the id under which the operator finds it, and the answer.
//!
//! Decides how a fault is written as an HTTP answer (RFC 6750 §3, RFC 9457); never which fault it is.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use claviger_token::challenge::{Challenge, Demand, Disclosure};
use claviger_token::dpop;
use claviger_token::{Code, Fault};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

/// The nonce for the next proof (RFC 9449 §8.1).
pub(crate) const NONCE: HeaderName = HeaderName::from_static(dpop::NONCE_HEADER);

/// How a guard speaks to those it refuses.
#[derive(Clone, Debug, Default)]
pub struct Voice {
    /// How much is told.
    pub disclosure: Disclosure,
    /// `realm`.
    pub realm: Option<String>,
    /// URL of the protected-resource metadata (RFC 9728 §5.1).
    pub resource_metadata: Option<String>,
    /// Where the fault pages live: `{faults}/{code}`.
    pub faults: Option<String>,
    /// The scopes that every request needs.
    pub scopes: Vec<String>,
}

/// A refused request.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Why.
    pub fault: Fault,
    /// The id of this one refusal, `dg_…`: in the answer, in the log, in the journal.
    pub diagnosis: String,
    voice: Arc<Voice>,
    scope: Option<String>,
    origin: Option<HeaderValue>,
    resource_metadata: Option<String>,
    demand: Demand,
    nonce: Option<HeaderValue>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({})", self.fault.code, self.diagnosis)
    }
}
impl std::error::Error for Refusal {}

impl Refusal {
    /// A refusal for a fault. `scopes` are those that this very request needs.
    #[must_use]
    pub fn new(fault: Fault, voice: &Arc<Voice>, scopes: &[&str]) -> Self {
        let mut needed: Vec<&str> = voice.scopes.iter().map(String::as_str).collect();
        needed.extend(
            scopes.iter().filter(|scope| !voice.scopes.iter().any(|known| known == **scope)),
        );
        // RFC 6749 §3.3: what is no scope token must not get into the header.
        needed.retain(|scope| {
            !scope.is_empty()
                && scope.bytes().all(|b| (0x21..=0x7e).contains(&b) && b != b'"' && b != b'\\')
        });
        Self {
            fault,
            diagnosis: diagnosis(),
            voice: Arc::clone(voice),
            scope: (!needed.is_empty()).then(|| needed.join(" ")),
            origin: None,
            resource_metadata: None,
            demand: Demand::default(),
            nonce: None,
        }
    }

    /// Says which scheme the client is to use, and with which nonce (RFC 9449 §9).
    #[must_use]
    pub(crate) fn demanding(mut self, demand: Demand, nonce: Option<HeaderValue>) -> Self {
        self.demand = demand;
        self.nonce = nonce;
        self
    }

    /// Remembers the request's `Origin`, so that a script of that origin may read the answer.
    #[must_use]
    pub fn for_origin(mut self, headers: &HeaderMap) -> Self {
        self.origin = headers.get(header::ORIGIN).cloned();
        self
    }

    /// Names the protected-resource metadata for this one answer, for a service that learns its own
    /// address only from the request.
    #[must_use]
    pub fn with_resource_metadata(mut self, url: Option<String>) -> Self {
        self.resource_metadata = url;
        self
    }

    /// Which fault.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.fault.code
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.fault.code.status()).unwrap_or(StatusCode::UNAUTHORIZED)
    }

    fn challenge(&self) -> Challenge<'_> {
        Challenge {
            realm: self.voice.realm.as_deref(),
            scope: self.scope.as_deref(),
            resource_metadata: self
                .resource_metadata
                .as_deref()
                .or(self.voice.resource_metadata.as_deref()),
            faults: self.voice.faults.as_deref(),
            disclosure: self.voice.disclosure,
            diagnosis: &self.diagnosis,
            demand: self.demand,
        }
    }

    /// The headers of the answer, without those of its body.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let value = self.challenge().www_authenticate(&self.fault);
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            headers.insert(header::WWW_AUTHENTICATE, value);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.voice.disclosure != Disclosure::Terse {
            headers.insert("claviger-code", HeaderValue::from_static(self.fault.code.as_str()));
        }
        if let Ok(id) = HeaderValue::from_str(&self.diagnosis) {
            headers.insert("claviger-diagnosis", id);
        }
        if let Some(nonce) = &self.nonce {
            headers.insert(NONCE, nonce.clone());
        }
        // The answer holds nothing that depends on cookies, so any origin may read it; without this a
        // browser shows a script "network error" in place of the cause.
        let origin = self.origin.clone().unwrap_or(HeaderValue::from_static("*"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(
                "WWW-Authenticate, DPoP-Nonce, Claviger-Code, Claviger-Diagnosis",
            ),
        );
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
        headers
    }

    /// The whole answer, head and body, for whatever kind of body the server speaks.
    #[must_use]
    pub fn answer(&self) -> (http::response::Parts, Bytes) {
        let body = self.challenge().problem(&self.fault).to_string();
        let mut response = Response::new(());
        *response.status_mut() = self.status();
        *response.headers_mut() = self.headers();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        (response.into_parts().0, body.into())
    }
}

/// Whether a request is a CORS preflight: it never carries a credential (Fetch §3.2.2), so it passes.
#[must_use]
pub fn is_preflight(method: &http::Method, headers: &HeaderMap) -> bool {
    method == http::Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// A fresh id for one failed request: 80 random bits in base32, lower case.
#[must_use]
pub fn diagnosis() -> String {
    let mut bytes = [0_u8; 10];
    // Were the system's generator ever to fail, an id of zeros is still an answer; it protects nothing.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    let alphabet = b"abcdefghijklmnopqrstuvwxyz234567";
    let number = bytes.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let letters = (0..16).rev().map(|nth| {
        let index = (number >> (nth * 5)) & 31;
        char::from(alphabet[index as usize])
    });
    "dg_".chars().chain(letters).collect()
}
