//! What the token endpoint answers (RFC 6749 §5.1), whichever grant was used.
//!
//! Decides the members and their order. Never shows a token but where it is serialised.

use std::fmt;

use serde::Serialize;

/// A successful answer of the token endpoint.
#[derive(Clone, Serialize)]
pub struct TokenAnswer<'a> {
    /// The token that was asked for.
    pub access_token: &'a str,
    /// What kind it is (RFC 8693 §2.2.1); said of exchanged tokens only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_token_type: Option<&'static str>,
    /// How it is presented.
    pub token_type: &'static str,
    /// The life of the access token, in seconds.
    pub expires_in: u64,
    /// What it may, separated by spaces; left out where it may nothing.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub scope: &'a str,
    /// Who logged in (OpenID Connect Core §3.1.3.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<&'a str>,
    /// What gets the next ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<&'a str>,
    /// How long that can be left unused, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token_expires_in: Option<u64>,
    /// How long the whole grant lasts, in seconds (draft-ietf-oauth-refresh-token-expiration).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_expires_in: Option<u64>,
}

impl<'a> TokenAnswer<'a> {
    /// The answer with an access token and nothing else.
    #[must_use]
    pub const fn new(access_token: &'a str, token_type: &'static str, expires_in: u64) -> Self {
        Self {
            access_token,
            issued_token_type: None,
            token_type,
            expires_in,
            scope: "",
            id_token: None,
            refresh_token: None,
            refresh_token_expires_in: None,
            authorization_expires_in: None,
        }
    }
}

impl fmt::Debug for TokenAnswer<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("TokenAnswer")
            .field("token_type", &self.token_type)
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_given_is_left_out() {
        let least = TokenAnswer::new("t", "Bearer", 300);
        let written = serde_json::to_value(&least).unwrap();
        assert_eq!(
            written,
            json!({"access_token": "t", "token_type": "Bearer", "expires_in": 300})
        );
        let most = TokenAnswer {
            issued_token_type: Some("urn:x"),
            scope: "read",
            id_token: Some("i"),
            refresh_token: Some("r"),
            refresh_token_expires_in: Some(9),
            authorization_expires_in: Some(10),
            ..least
        };
        assert_eq!(
            serde_json::to_value(&most).unwrap(),
            json!({
                "access_token": "t", "issued_token_type": "urn:x", "token_type": "Bearer",
                "expires_in": 300, "scope": "read", "id_token": "i", "refresh_token": "r",
                "refresh_token_expires_in": 9, "authorization_expires_in": 10,
            })
        );
        let shown = format!("{:?}", TokenAnswer { refresh_token: Some("rt-secret"), ..most });
        assert!(!shown.contains("rt-secret"), "{shown}");
    }
}
