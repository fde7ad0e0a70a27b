//! A request that is refused: the status, the words for the client, and the evidence for the operator.
//!
//! A handler says what was wrong; how it is written down for which reader is `render`'s matter. No
//! field ever holds a secret, a token or an assertion.

use std::borrow::Cow;

use claviger_protocol::{OauthCode, OauthFault, Unproven};
use claviger_store::StoreError;
use claviger_token::Fault;
use claviger_token::challenge::Demand;
use claviger_web::Unrenderable;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Map, Value};

use crate::keyring::KeyringError;
use crate::random::NoRandomness;
use crate::secrets::{NotHashed, Unjudged};

/// `Basic` with the charset that RFC 7617 §2.1 lets us name.
const BASIC_CHALLENGE: HeaderValue =
    HeaderValue::from_static("Basic realm=\"claviger\", charset=\"UTF-8\"");
/// For endpoints that want a bearer token of another kind than an access token (RFC 6750 §3).
const BEARER_CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"claviger\"");

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
    /// Which scheme that challenge asks for.
    pub(crate) demand: Demand,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str) -> Self {
        let error = match status.as_u16() {
            401 => "invalid_client",
            501 => "invalid_request",
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
            demand: Demand::Bearer,
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

    pub(crate) fn demanding(self, demand: Demand) -> Self {
        Self { demand, ..self }
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

/// What OAuth refuses, as the protocol says it.
impl From<OauthFault> for Box<Refusal> {
    fn from(fault: OauthFault) -> Self {
        let status = StatusCode::from_u16(fault.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let refusal = Refusal::new(status, fault.code)
            .error(fault.error.as_str())
            .detail(fault.description)
            .fix(fault.fix);
        let challenge = match (fault.error, status) {
            (OauthCode::InvalidToken, _) => BEARER_CHALLENGE,
            // RFC 6749 §5.2 wants it where the header was used, RFC 9110 §15.5.2 with every 401.
            (_, StatusCode::UNAUTHORIZED) => BASIC_CHALLENGE,
            _ => return refusal.into(),
        };
        refusal.header(header::WWW_AUTHENTICATE, challenge).into()
    }
}

impl From<Unproven> for Box<Refusal> {
    fn from(unproven: Unproven) -> Self {
        let refusal: Self = unproven.fault.into();
        match unproven.inside {
            Some(inside) => Self::new(refusal.evidence("inside", inside.detail())),
            None => refusal,
        }
    }
}

impl From<StoreError> for Box<Refusal> {
    fn from(error: StoreError) -> Self {
        Refusal::unavailable("store-unavailable", error).into()
    }
}

impl From<KeyringError> for Box<Refusal> {
    fn from(error: KeyringError) -> Self {
        match error {
            KeyringError::Store(error) => error.into(),
            error => Refusal::unavailable("keys-unchanged", error).into(),
        }
    }
}

impl From<NoRandomness> for Box<Refusal> {
    fn from(error: NoRandomness) -> Self {
        Refusal::unavailable("no-randomness", error).into()
    }
}

impl From<NotHashed> for Box<Refusal> {
    fn from(error: NotHashed) -> Self {
        match error {
            NotHashed::Busy => busy("hashing-busy")
                .detail("too many secrets and passwords are being hashed at the moment"),
            NotHashed::Failed => Refusal::unavailable("hashing-failed", error),
        }
        .into()
    }
}

/// No verdict on a secret: come back later. Never `invalid_client`, which would have a good client
/// throw a good secret away.
impl From<Unjudged> for Box<Refusal> {
    fn from(unjudged: Unjudged) -> Self {
        match unjudged {
            Unjudged::Busy => busy("authentication-busy")
                .detail("too many new secrets are being checked at the moment"),
            Unjudged::TooManyWrong { retry_after_seconds } => {
                Refusal::new(StatusCode::TOO_MANY_REQUESTS, "authentication-limited")
                    .detail("too many wrong secrets came from this address")
                    .fix("correct the secret, and try again after the time in `Retry-After`")
                    .retry_after(retry_after_seconds)
            }
            Unjudged::Failed => Refusal::unavailable(
                "authentication-failed",
                "the stored hash could not be compared",
            ),
        }
        .into()
    }
}

fn busy(code: &'static str) -> Refusal {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, code)
        .fix("try again after the time in `Retry-After`")
        .retry_after(1)
}

impl From<Unrenderable> for Box<Refusal> {
    fn from(error: Unrenderable) -> Self {
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
            .detail("the page could not be written")
            .fix("please report it with the diagnosis id")
            .evidence("inside", error.to_string())
            .into()
    }
}
