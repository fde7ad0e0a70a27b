//! A request that is refused: the status, the words for the client, and the evidence for the operator.
//!
//! A handler says what was wrong; how it is written down for which reader is `render`'s matter. No
//! field ever holds a secret, a token or an assertion.

use std::borrow::Cow;

use claviger_token::Fault;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Map, Value};

/// Why a request is refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// The error of RFC 6749 §5.2 and its kin; used where the reader is an OAuth client.
    pub(crate) error: &'static str,
    /// Stable, finer than `error`; a label in metrics.
    pub(crate) code: &'static str,
    /// What happened, as a sentence without full stop.
    pub(crate) detail: Cow<'static, str>,
    /// What to do about it.
    pub(crate) fix: Cow<'static, str>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// For the journal only: what the operator needs and the client does not.
    pub(crate) evidence: Map<String, Value>,
    /// A fault of the catalogue, where a bearer credential was judged: it brings its own challenge.
    pub(crate) fault: Option<Box<Fault>>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str) -> Self {
        let error = match status.as_u16() {
            401 => "invalid_client",
            500..=599 | 429 => "temporarily_unavailable",
            _ => "invalid_request",
        };
        Self {
            status,
            error,
            code,
            detail: Cow::Borrowed(""),
            fix: Cow::Borrowed(""),
            headers: Vec::new(),
            evidence: Map::new(),
            fault: None,
        }
    }

    /// A bearer credential that was refused for a cause of the catalogue.
    pub(crate) fn fault(fault: Box<Fault>) -> Self {
        let code = fault.code;
        let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::UNAUTHORIZED);
        let mut refusal = Self::new(status, code.as_str());
        refusal.detail = Cow::Owned(fault.detail());
        refusal.fix = Cow::Borrowed(code.fix());
        if let Value::Object(evidence) = fault.evidence_json() {
            refusal.evidence = evidence;
        }
        refusal.fault = Some(fault);
        refusal
    }

    /// The database, or something else inside, does not work at the moment. Never blames the client:
    /// a client that is told `invalid_client` throws a good secret away.
    pub(crate) fn unavailable(code: &'static str, inside: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code)
            .detail("the authority cannot answer this at the moment")
            .fix("try again in a moment; if it stays, the operator finds the cause under the diagnosis id")
            .retry_after(1)
            .evidence("inside", inside.to_string())
    }

    pub(crate) fn error(mut self, error: &'static str) -> Self {
        self.error = error;
        self
    }

    pub(crate) fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = detail.into();
        self
    }

    pub(crate) fn fix(mut self, fix: impl Into<Cow<'static, str>>) -> Self {
        self.fix = fix.into();
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    pub(crate) fn evidence(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.evidence.insert(name.to_owned(), value.into());
        self
    }
}
