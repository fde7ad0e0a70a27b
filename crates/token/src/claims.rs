//! The claims of a token, with the types that RFC 7519 §4.1 and RFC 9068 §2.2 give them.

use std::borrow::Cow;

use serde_json::Value;

use crate::json::Members;

/// The claims of a token. Accessors answer none where a claim is absent or of another type; whether
/// that is a fault is the checks' matter.
#[derive(Clone, Debug)]
pub struct Claims(pub(crate) Members);

/// A claim that is one text or a list of texts, as a list. Anything else is an empty list.
pub(crate) fn texts<'m>(members: &'m Members, name: &str) -> Vec<Cow<'m, str>> {
    if let Some(text) = members.text(name) {
        return vec![text];
    }
    match members.get(name) {
        Some(Value::Array(list)) => list
            .into_iter()
            .filter_map(|item| match item {
                Value::String(text) => Some(Cow::Owned(text)),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The scopes of a token: the space-separated `scope` of RFC 9068 §2.2.3.
pub(crate) fn scopes(members: &Members) -> Vec<String> {
    members
        .text("scope")
        .map(|scope| scope.split(' ').filter(|one| !one.is_empty()).map(str::to_owned).collect())
        .unwrap_or_default()
}

impl Claims {
    /// `iss`.
    #[must_use]
    pub fn issuer(&self) -> Option<Cow<'_, str>> {
        self.0.text("iss")
    }
    /// `sub`.
    #[must_use]
    pub fn subject(&self) -> Option<Cow<'_, str>> {
        self.0.text("sub")
    }
    /// `aud`, one or several.
    #[must_use]
    pub fn audiences(&self) -> Vec<Cow<'_, str>> {
        texts(&self.0, "aud")
    }
    /// `exp`, unix seconds.
    #[must_use]
    pub fn expires(&self) -> Option<i64> {
        self.0.integer("exp")
    }
    /// `nbf`, unix seconds.
    #[must_use]
    pub fn not_before(&self) -> Option<i64> {
        self.0.integer("nbf")
    }
    /// `iat`, unix seconds.
    #[must_use]
    pub fn issued_at(&self) -> Option<i64> {
        self.0.integer("iat")
    }
    /// `jti`.
    #[must_use]
    pub fn id(&self) -> Option<Cow<'_, str>> {
        self.0.text("jti")
    }
    /// `sid`: the session it was issued in.
    #[must_use]
    pub fn session(&self) -> Option<Cow<'_, str>> {
        self.0.text("sid")
    }
    /// `grant_id`: the grant that it and all tokens refreshed from it come from.
    #[must_use]
    pub fn grant(&self) -> Option<Cow<'_, str>> {
        self.0.text("grant_id")
    }
    /// `client_id` (RFC 9068), else `azp`.
    #[must_use]
    pub fn client(&self) -> Option<Cow<'_, str>> {
        self.0.text("client_id").or_else(|| self.0.text("azp"))
    }
    /// `scope`, split.
    #[must_use]
    pub fn scopes(&self) -> Vec<String> {
        scopes(&self.0)
    }
    /// All of them.
    #[must_use]
    pub const fn members(&self) -> &Members {
        &self.0
    }
}
