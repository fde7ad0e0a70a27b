//! An authorization code and its redemption (OAuth 2.1 §4.1.3, RFC 7636 §4.6).
//!
//! Decides whether a code is redeemed by whom it was given to. A code serves once; whoever proves to be its
//! owner and brings it a second time shows that it leaked, and what it gave is taken back (RFC 9700 §4.5).

use serde::{Deserialize, Serialize};

use crate::client_credentials::check_granted_resource;
use crate::error::{OauthCode, OauthFault};

/// A code lives for so many seconds (FAPI 2.0 §5.3.2.1: at most 60).
pub const CODE_TTL: i64 = 60;

/// What a code stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeGrant {
    /// Whom it was given to.
    pub client_id: String,
    /// Where it was sent.
    pub redirect_uri: String,
    /// PKCE, S256.
    pub code_challenge: String,
    /// The user.
    pub sub: String,
    /// Their session.
    pub sid: String,
    /// What was granted.
    pub scope: String,
    /// The audience; none where only the identity was asked for.
    pub resource: Option<String>,
    /// For the ID token.
    pub nonce: Option<String>,
    /// The thumbprint of the DPoP key that has to redeem it; none where any may (RFC 9449 §10).
    #[serde(default)]
    pub dpop_jkt: Option<String>,
    /// When the user proved who they are. Unix seconds.
    pub auth_time: i64,
    /// By what, as `amr` names it; separated by spaces.
    #[serde(default)]
    pub amr: String,
    /// Unix seconds.
    pub expires_at: i64,
}

/// A redemption by a client that proved itself.
#[derive(Clone, Copy, Debug)]
pub struct Redeeming<'a> {
    /// Who redeems.
    pub client_id: &'a str,
    /// The `redirect_uri` parameter. OAuth 2.1 §10.2 has no such parameter any more: PKCE, which is required of
    /// every client, has made it redundant. Where it is sent, it has to fit.
    pub redirect_uri: Option<&'a str>,
    /// BASE64URL(SHA256(code_verifier)); none where there was no verifier.
    pub challenge: Option<&'a str>,
    /// The thumbprint of the DPoP key that the request proved to hold.
    pub jkt: Option<&'a str>,
    /// The `resource` parameters.
    pub resources: &'a [String],
}

/// What becomes of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redemption {
    /// It is used up, and tokens are given out.
    Take,
    /// Nothing happens to it.
    Leave(OauthFault),
    /// It was used before, by its owner: what it gave is taken back.
    Leaked(OauthFault),
}

/// The one answer that says nothing about other people's codes.
fn refused(code: &'static str, fix: &'static str) -> OauthFault {
    OauthFault::new(
        OauthCode::InvalidGrant,
        code,
        "the authorization code is not valid: unknown, used, expired, or not for this request",
    )
    .fix(fix)
}

/// For a code that nobody gave out.
#[must_use]
pub fn code_unknown() -> OauthFault {
    refused(
        "code-refused",
        "start again at the authorization endpoint; redeem each code once and at once",
    )
}

/// Whether a verifier can be one (RFC 7636 §4.1).
#[must_use]
pub fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// Decides on a redemption.
#[must_use]
pub fn redeem(grant: &CodeGrant, redeeming: Redeeming<'_>, used: bool, now: i64) -> Redemption {
    let address_fits = redeeming.redirect_uri.is_none_or(|uri| uri == grant.redirect_uri);
    // A challenge is always there: a missing verifier is a downgrade (RFC 9700 §4.8.2).
    let verifier_fits = redeeming.challenge == Some(grant.code_challenge.as_str());
    if redeeming.client_id != grant.client_id || !verifier_fits {
        return Redemption::Leave(code_unknown());
    }
    // Whoever has another key is not the owner, whatever else they hold.
    if grant.dpop_jkt.is_some() && grant.dpop_jkt.as_deref() != redeeming.jkt {
        return Redemption::Leave(refused(
            "code-key",
            "send a DPoP proof of the key that `dpop_jkt`, or the proof at /par, named",
        ));
    }
    if !address_fits {
        return Redemption::Leave(refused(
            "code-redirect",
            "send the very redirect_uri of the authorization request, or none",
        ));
    }
    if let Err(fault) = check_granted_resource(redeeming.resources, grant.resource.as_deref()) {
        return Redemption::Leave(fault);
    }
    if used {
        return Redemption::Leaked(refused(
            "code-replayed",
            "redeem each code once; this one was used before, and what it gave was taken back",
        ));
    }
    if now >= grant.expires_at {
        return Redemption::Leave(code_unknown());
    }
    Redemption::Take
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> CodeGrant {
        CodeGrant {
            client_id: "app".into(),
            redirect_uri: "https://app.example/cb".into(),
            code_challenge: "c".into(),
            sub: "u".into(),
            sid: "s".into(),
            scope: "openid".into(),
            resource: Some("https://api.example".into()),
            nonce: None,
            dpop_jkt: None,
            auth_time: 0,
            amr: "pwd".into(),
            expires_at: 60,
        }
    }

    #[test]
    fn a_code_serves_its_owner_once() {
        let good = Redeeming {
            client_id: "app",
            redirect_uri: Some("https://app.example/cb"),
            challenge: Some("c"),
            jkt: None,
            resources: &[],
        };
        let texts = |uris: &[&str]| uris.iter().map(|uri| (*uri).to_owned()).collect::<Vec<_>>();
        assert_eq!(redeem(&grant(), good, false, 59), Redemption::Take);
        assert!(matches!(redeem(&grant(), good, true, 59), Redemption::Leaked(_)));
        for bad in [
            Redeeming { client_id: "other", ..good },
            Redeeming { challenge: Some("d"), ..good },
            Redeeming { challenge: None, ..good },
            Redeeming { redirect_uri: Some("https://app.example/"), ..good },
            Redeeming { resources: &texts(&["https://other.example"]), ..good },
            Redeeming {
                resources: &texts(&["https://api.example", "https://other.example"]),
                ..good
            },
        ] {
            for used in [false, true] {
                // Who is not the owner neither gets nor ends anything.
                assert!(matches!(redeem(&grant(), bad, used, 59), Redemption::Leave(_)), "{bad:?}");
            }
        }
        assert!(matches!(redeem(&grant(), good, false, 60), Redemption::Leave(_)));
        let bound = CodeGrant { dpop_jkt: Some("k".into()), ..grant() };
        for jkt in [None, Some("l")] {
            let redeeming = Redeeming { jkt, ..good };
            assert!(matches!(redeem(&bound, redeeming, true, 59), Redemption::Leave(_)));
        }
        let by_its_key = Redeeming { jkt: Some("k"), ..good };
        assert_eq!(redeem(&bound, by_its_key, false, 59), Redemption::Take);
        for good in [
            Redeeming { redirect_uri: None, ..good },
            Redeeming { resources: &texts(&["https://api.example/"]), ..good },
        ] {
            assert_eq!(redeem(&grant(), good, false, 1), Redemption::Take);
        }
    }

    #[test]
    fn verifiers_have_the_length_of_the_rfc() {
        assert!(is_verifier("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        for bad in ["", &"a".repeat(42), &"a".repeat(129), &format!("{} ", "a".repeat(43))] {
            assert!(!is_verifier(bad));
        }
    }
}
