//! How a refusal reads: the error of RFC 6749 §5.2 and its kin, with words that help.
//!
//! Decides which characters go out. Never holds a secret: a description quotes names and addresses,
//! not values that could be credentials.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Value, json};

/// The registered error of an OAuth answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OauthCode {
    /// Malformed, or contradicting itself.
    InvalidRequest,
    /// The client did not prove who it is.
    InvalidClient,
    /// The grant is not valid.
    InvalidGrant,
    /// The client may not use this grant.
    UnauthorizedClient,
    /// This grant is not served.
    UnsupportedGrantType,
    /// The scope is unknown, malformed or beyond what may be granted.
    InvalidScope,
    /// The resource is unknown, malformed or not for this client (RFC 8707 §2).
    InvalidTarget,
    /// Tokens of this type cannot be revoked (RFC 7009 §2.2.1).
    UnsupportedTokenType,
    /// The client is known and may not.
    AccessDenied,
    /// Another response type than `code` was asked for.
    UnsupportedResponseType,
    /// Request objects are not served (OpenID Connect Core §3.1.2.6).
    RequestNotSupported,
    /// The same, by reference.
    RequestUriNotSupported,
    /// The pushed request is over, or somebody else's (OpenID Connect Core §3.1.2.6).
    InvalidRequestUri,
    /// The user would have to log in, and nothing may be shown.
    LoginRequired,
    /// The user would have to consent, and nothing may be shown.
    ConsentRequired,
    /// The proof of the sender's key does not fit (RFC 9449 §12.2).
    InvalidDpopProof,
    /// It lacks a nonce of this authority, or has one that is over.
    UseDpopNonce,
    /// The bearer token is missing or no good (RFC 6750 §3.1).
    InvalidToken,
    /// A redirect address that cannot be registered (RFC 7591 §3.2.2).
    InvalidRedirectUri,
    /// Client metadata that cannot stand (RFC 7591 §3.2.2).
    InvalidClientMetadata,
    /// RFC 9470 §5: the user cannot log in by what `acr_values` asks for.
    UnmetAuthenticationRequirements,
    /// Nobody has decided about the device yet (RFC 8628 §3.5).
    AuthorizationPending,
    /// The device asks too often.
    SlowDown,
    /// The device code is over.
    ExpiredToken,
    /// A mistake of ours.
    ServerError,
    /// Later.
    TemporarilyUnavailable,
}

impl OauthCode {
    /// As it is registered.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::InvalidRequestUri => "invalid_request_uri",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UseDpopNonce => "use_dpop_nonce",
            Self::InvalidToken => "invalid_token",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::ExpiredToken => "expired_token",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }

    /// The HTTP status it goes out with (RFC 6749 §5.2).
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidClient | Self::InvalidToken => 401,
            Self::ServerError => 500,
            Self::TemporarilyUnavailable => 503,
            _ => 400,
        }
    }
}

/// A refused request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OauthFault {
    /// The registered error.
    pub error: OauthCode,
    /// The cause; stable, finer than `error`.
    pub code: &'static str,
    /// What happened, as a sentence without full stop, in the characters of RFC 6749 §5.2.
    pub description: String,
    /// What to do about it; empty where nobody can do anything.
    pub fix: Cow<'static, str>,
}

impl OauthFault {
    /// A fault. Characters that may not stand in a description are replaced.
    #[must_use]
    pub fn new(error: OauthCode, code: &'static str, description: impl Into<String>) -> Self {
        let description = sanitised(description.into());
        Self { error, code, description, fix: Cow::Borrowed("") }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<Cow<'static, str>>) -> Self {
        self.fix = fix.into();
        self
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.error.status()
    }

    /// The members every OAuth client knows.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "error": self.error.as_str(), "error_description": self.description })
    }
}

impl fmt::Display for OauthFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.error.as_str(), self.description)?;
        if !self.fix.is_empty() {
            write!(out, "; {}", self.fix)?;
        }
        Ok(())
    }
}

impl std::error::Error for OauthFault {}

/// RFC 6749 §5.2: `%x20-21 / %x23-5B / %x5D-7E`. Quotes become apostrophes, the rest `?`.
fn sanitised(text: String) -> String {
    let allowed = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
    if text.bytes().all(allowed) {
        return text;
    }
    text.chars()
        .map(|letter| match letter {
            '"' | '“' | '”' | '’' | '‘' => '\'',
            '\\' => '/',
            '–' | '—' => '-',
            letter if u8::try_from(letter).is_ok_and(allowed) => letter,
            _ => '?',
        })
        .collect()
}

/// What was sent, short enough to be quoted. What looks like a credential that slipped into the wrong
/// parameter is not repeated: descriptions are logged.
pub(crate) fn quoted(text: &str) -> String {
    const MOST: usize = 100;
    // Secrets of ours and compact JWTs (`{"` in base64url).
    if ["clv_", "eyJ"].iter().any(|mark| text.contains(mark)) {
        return "`[redacted]`".to_owned();
    }
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("`{}...`", &text[..end]),
        None => format!("`{text}`"),
    }
}

/// A record or a setting that cannot stand: which field, what is wrong with it, what would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The field.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: String,
    /// What to do.
    pub fix: String,
}

impl Invalid {
    pub(crate) fn new(
        field: &'static str,
        problem: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { field, problem: problem.into(), fix: fix.into() }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}; {}", self.field, self.problem, self.fix)
    }
}

impl std::error::Error for Invalid {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_has_only_the_characters_of_the_rfc() {
        for (given, told) in [
            ("plain `words`, 100 %", "plain `words`, 100 %"),
            ("say \"x\"", "say 'x'"),
            ("a\\b\r\n\u{0}ü", "a/b????"),
        ] {
            let fault = OauthFault::new(OauthCode::InvalidRequest, "test", given);
            assert_eq!(fault.description, told);
        }
    }

    #[test]
    fn statuses_follow_the_rfc() {
        assert_eq!(OauthCode::InvalidClient.status(), 401);
        assert_eq!(OauthCode::InvalidTarget.status(), 400);
        assert_eq!(OauthCode::TemporarilyUnavailable.status(), 503);
    }

    #[test]
    fn what_is_quoted_is_short() {
        assert_eq!(quoted("x"), "`x`");
        for credential in ["clv_cs_abc", "a:clv_admin_abc", "eyJhbGciOiJFUzI1NiJ9.e30."] {
            assert_eq!(quoted(credential), "`[redacted]`");
        }
        assert!(quoted(&"ü".repeat(10_000)).len() < 220);
    }
}
