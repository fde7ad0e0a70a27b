//! `private_key_jwt`: a client proves itself by a JWT under its own key (RFC 7523 §3, OpenID Connect
//! Core §9).
//!
//! Decides whether an assertion is this client's, for this authority and for now. That it is used
//! once is the store's matter; what it needs for that is in [`Accepted`].

use std::borrow::Cow;

use claviger_token::{
    Algorithm, Claims, Code, Expect, Fault, KeySet, Members, Policy, Token, examine, verify,
};

use crate::client::{AuthMethod, Client};
use crate::client_auth::{Unproven, not_authenticated};
use crate::error::{OauthCode, OauthFault, quoted};

/// An assertion is made for one request and counts once (`jti`), so a long life gains a thief nothing
/// after its use. An hour is what common client libraries write unless told otherwise.
const LONGEST_LIFE: i64 = 3_600;
const LEEWAY: u64 = 60;
const LONGEST_JTI: usize = 500;
const LONGEST_ID: usize = 200;

/// What has to be remembered of an assertion, so that it is not accepted again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its id.
    pub jti: String,
    /// Until when it has to be remembered: `exp` and the leeway. Unix seconds.
    pub exp: i64,
}

/// The client an assertion claims to come from; nothing is verified.
pub(crate) fn claimed_client(text: &str) -> Option<String> {
    let token = Token::parse(text).ok()?;
    let subject = token.payload()?.text("sub")?.into_owned();
    (!subject.is_empty() && subject.len() <= LONGEST_ID).then_some(subject)
}

/// Judges an assertion; `client` is the record of the client it claims, if there is one, and `audiences` are the names
/// that the authority has in it, the issuer first. What is
/// wrong with the text itself is said to anybody; what depends on the client's keys gets the answer
/// of an unknown client.
pub fn verify_assertion(
    text: &str,
    client: Option<&Client>,
    audiences: &[&str],
    now: i64,
) -> Result<Accepted, Unproven> {
    let id = claimed_client(text).ok_or_else(not_authenticated)?;
    let policy = policy(&id, audiences);
    if let Some(fault) = examine(text, &policy, None, now).faults().next() {
        let description = format!("the client assertion: {}", fault.detail());
        let fault = refused("assertion-invalid", description).fix(fix(fault, audiences));
        return Err(fault.into());
    }
    if let Some(token) = Token::parse(text).ok().as_ref()
        && let Some(header) = token.header()
        && let Some(payload) = token.payload()
    {
        profile(header, payload, &policy.audiences, now)?;
    }
    let Some(keys) = client.and_then(|client| keys_of(client, &id)) else {
        return Err(not_authenticated().into());
    };
    let verified = verify(text, &policy, &keys, now)
        .map_err(|inside| Unproven { fault: not_authenticated(), inside: Some(inside) })?;
    Ok(accepted(verified.claims())?)
}

/// What a client does about a fault of its assertion: what the catalogue says is for those who got a token of others.
fn fix(fault: &Fault, audiences: &[&str]) -> Cow<'static, str> {
    match fault.code {
        Code::AudienceMismatch | Code::AudienceNearMiss | Code::AudienceMissing => {
            format!("set `aud` to `{}`", audiences.first().unwrap_or(&"")).into()
        }
        Code::IssuerMismatch | Code::IssuerNearMiss | Code::IssuerMissing | Code::ClaimMismatch => {
            "set both `iss` and `sub` to the client id".into()
        }
        Code::Expired => "make a new assertion for each request, with `exp` a minute ahead".into(),
        code => code.fix().into(),
    }
}

/// The algorithms that an assertion may be signed with: a client must not name ML-DSA for itself where the
/// authority has not switched it on.
pub(crate) fn algorithms() -> impl Iterator<Item = Algorithm> {
    Algorithm::asymmetric().filter(|algorithm| !algorithm.must_be_named())
}

/// What an assertion is judged by, as any token is.
fn policy(id: &str, audiences: &[&str]) -> Policy {
    Policy {
        issuers: vec![id.to_owned()],
        audiences: audiences.iter().map(|&one| one.to_owned()).collect(),
        algorithms: algorithms().collect(),
        expect: Expect::Any,
        required: ["sub", "exp", "jti"].map(str::to_owned).to_vec(),
        pinned: vec![("sub".to_owned(), id.to_owned())],
        leeway: LEEWAY,
        ..Policy::default()
    }
}

/// The keys of the client that an assertion claims, where it is one that has keys.
fn keys_of(client: &Client, id: &str) -> Option<KeySet> {
    let has_keys = client.id == id && client.auth_method == AuthMethod::PrivateKeyJwt;
    client.usable_keys().filter(|_| has_keys)
}

/// What is asked of an assertion beyond what is asked of any token.
fn profile(
    header: &Members,
    payload: &Members,
    audiences: &[String],
    now: i64,
) -> Result<(), OauthFault> {
    if let Some(typ) = header.text("typ") {
        let typ = typ.to_ascii_lowercase();
        let typ = typ.strip_prefix("application/").unwrap_or(&typ);
        // An access token of this authority names the client as `sub`, too; it is no proof of it.
        if !matches!(typ, "jwt" | "client-authentication+jwt") {
            let description = format!("a JWT of type {} is no client assertion", quoted(typ));
            return Err(refused("assertion-type", description)
                .fix("set the header `typ` to `client-authentication+jwt`"));
        }
    }
    let foreign = match payload.get("aud") {
        Some(serde_json::Value::String(one)) => !audiences.contains(&one),
        Some(serde_json::Value::Array(all)) => all
            .iter()
            .any(|one| !one.as_str().is_some_and(|one| audiences.iter().any(|own| own == one))),
        _ => true,
    };
    if foreign {
        return Err(refused(
            "assertion-audience",
            "the client assertion is also meant for somebody else",
        )
        .fix(format!("set `aud` to `{}` alone", audiences.first().map_or("", String::as_str))));
    }
    let leeway = i64::try_from(LEEWAY).unwrap_or_default();
    match payload.integer("exp") {
        Some(exp) if exp > now.saturating_add(LONGEST_LIFE + leeway) => {
            let description =
                format!("the client assertion lives longer than {LONGEST_LIFE} seconds");
            Err(refused("assertion-long", description)
                .fix("make a new assertion for each request, with `exp` a minute ahead"))
        }
        _ => Ok(()),
    }
}

fn accepted(claims: &Claims) -> Result<Accepted, OauthFault> {
    let jti = claims.id().filter(|jti| !jti.is_empty() && jti.len() <= LONGEST_JTI);
    let (Some(jti), Some(exp)) = (jti, claims.expires()) else {
        return Err(refused(
            "assertion-id",
            format!("the `jti` of the client assertion is no text of 1 to {LONGEST_JTI} bytes"),
        )
        .fix("set `jti` to a new random text in each assertion"));
    };
    let leeway = i64::try_from(LEEWAY).unwrap_or_default();
    Ok(Accepted { jti: jti.into_owned(), exp: exp.saturating_add(leeway) })
}

/// The answer where the store has seen the assertion before.
#[must_use]
pub fn assertion_replayed() -> OauthFault {
    refused("assertion-replayed", "the client assertion was used before")
        .fix("make a new assertion, with a new `jti`, for each request")
}

fn refused(code: &'static str, description: impl Into<String>) -> OauthFault {
    OauthFault::new(OauthCode::InvalidClient, code, description)
}

#[cfg(test)]
mod tests {
    use claviger_testkit::{keys, mint_with};
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_795_000_000;
    const ISSUER: &str = "https://id.example";
    const TOKEN: &str = "https://id.example/token";

    fn client() -> Client {
        Client {
            auth_method: AuthMethod::PrivateKeyJwt,
            jwks: Some(keys::jwks(&[keys::signing_as(Algorithm::Es256, "one")])),
            ..Client::new("worker", NOW)
        }
    }

    fn claims() -> Value {
        json!({ "iss": "worker", "sub": "worker", "aud": ISSUER, "exp": NOW + 60, "iat": NOW, "jti": "j1" })
    }

    fn made(change: &Value) -> String {
        let header = json!({ "alg": "ES256", "kid": "one", "typ": "client-authentication+jwt" });
        let claims = claviger_testkit::mint::with(claims(), change);
        mint_with(&keys::signing_as(Algorithm::Es256, "one"), &header, &claims)
    }

    fn judge(text: &str, client: Option<&Client>) -> Result<Accepted, OauthFault> {
        verify_assertion(text, client, &[ISSUER, TOKEN], NOW).map_err(|unproven| unproven.fault)
    }

    #[test]
    fn a_good_assertion_is_accepted_for_either_audience() {
        for aud in [json!(ISSUER), json!(TOKEN), json!([TOKEN]), json!([ISSUER, TOKEN])] {
            let accepted = judge(&made(&json!({ "aud": aud })), Some(&client())).unwrap();
            assert_eq!(accepted, Accepted { jti: "j1".into(), exp: NOW + 120 });
        }
    }

    #[test]
    fn what_is_wrong_with_the_text_is_said_to_anybody() {
        for (change, code) in [
            (json!({ "aud": "https://other.example" }), "assertion-invalid"),
            (json!({ "aud": [ISSUER, "https://other.example"] }), "assertion-audience"),
            (json!({ "exp": NOW - 61 }), "assertion-invalid"),
            (json!({ "exp": NOW + 3_661 }), "assertion-long"),
            (json!({ "nbf": NOW + 100 }), "assertion-invalid"),
            (json!({ "iss": "other" }), "assertion-invalid"),
            (json!({ "jti": null }), "assertion-invalid"),
        ] {
            let text = made(&change);
            for client in [Some(&client()), None] {
                let fault = judge(&text, client).unwrap_err();
                assert_eq!(fault.code, code, "{change} {fault}");
                assert_eq!(fault.error, OauthCode::InvalidClient);
                // What helps with somebody else's token helps nobody here.
                let of_others = ["resource=", "trusted issuer", "refresh"];
                assert!(!of_others.iter().any(|word| fault.fix.contains(word)), "{fault}");
            }
        }
        let long = "j".repeat(LONGEST_JTI + 1);
        let fault = judge(&made(&json!({ "jti": long })), Some(&client())).unwrap_err();
        assert_eq!(fault.code, "assertion-id");
    }

    #[test]
    fn who_it_is_depends_on_the_key_and_an_unknown_client_looks_the_same() {
        let claims = claims();
        let header = json!({ "alg": "ES256", "kid": "one", "typ": "JWT" });
        let foreign = mint_with(&keys::other_signing(Algorithm::Es256, "one"), &header, &claims);
        let known = judge(&foreign, Some(&client())).unwrap_err();
        assert_eq!(judge(&made(&json!({})), None).unwrap_err(), known);
        let secret = Client::new("worker", NOW);
        assert_eq!(judge(&made(&json!({})), Some(&secret)).unwrap_err(), known);
        assert_eq!(known, not_authenticated());
        // The operator learns which of them it was.
        let inside = |client: &Client| {
            let judged = verify_assertion(&foreign, Some(client), &[ISSUER, TOKEN], NOW);
            judged.unwrap_err().inside
        };
        assert!(inside(&client()).is_some());
        assert!(inside(&secret).is_none());
    }

    /// The store remembers an assertion until it would be refused for its age: no second is left over
    /// in which it could be used again.
    #[test]
    fn it_is_remembered_for_as_long_as_it_is_accepted() {
        let text = made(&json!({}));
        let until = judge(&text, Some(&client())).unwrap().exp;
        let at = |now| verify_assertion(&text, Some(&client()), &[ISSUER, TOKEN], now);
        assert!(at(until - 1).is_ok());
        assert_eq!(at(until).unwrap_err().fault.code, "assertion-invalid");
        // A life beyond all bounds is refused however it is written.
        for exp in ["1e300", "9223372036854775807", "1e15", "-1", "1795003661.5"] {
            let exp: Value = serde_json::from_str(exp).unwrap();
            let fault = judge(&made(&json!({ "exp": exp })), Some(&client())).unwrap_err();
            assert_eq!(fault.error, OauthCode::InvalidClient, "{exp}");
        }
    }

    /// FAPI 2.0 §5.3.2.1: ten seconds ahead are accepted, more than sixty are not.
    #[test]
    fn a_clock_may_be_ahead_by_a_minute_and_no_more() {
        for name in ["iat", "nbf"] {
            for (ahead, good) in [(10, true), (60, true), (61, false)] {
                let judged = judge(&made(&json!({ name: NOW + ahead })), Some(&client()));
                assert_eq!(judged.is_ok(), good, "{name} {ahead}");
            }
        }
    }

    #[test]
    fn another_kind_of_token_is_no_assertion() {
        let key = keys::signing_as(Algorithm::Es256, "one");
        for typ in ["at+jwt", "application/at+jwt", "dpop+jwt", "secevent+jwt"] {
            let header = json!({ "alg": "ES256", "kid": "one", "typ": typ });
            let fault = judge(&mint_with(&key, &header, &claims()), Some(&client())).unwrap_err();
            assert!(fault.code.starts_with("assertion-"), "{typ}: {fault}");
        }
        let header = json!({ "alg": "ES256", "kid": "one", "typ": null });
        judge(&mint_with(&key, &header, &claims()), Some(&client())).unwrap();
        let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ3b3JrZXIifQ.";
        assert_eq!(judge(unsigned, Some(&client())).unwrap_err().error, OauthCode::InvalidClient);
    }
}
