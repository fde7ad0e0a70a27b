//! Log-out: what an application may ask for (OpenID Connect RP-Initiated Logout 1.0), and what the others are told
//! (Back-Channel Logout 1.0).
//!
//! Decides where a browser may be sent, whether the person has to be asked, and when a notice that was not taken is
//! sent again. Sends nothing and ends nothing.

use serde::Serialize;
use serde_json::{Value, json};

use crate::client::Client;
use crate::error::{OauthCode, OauthFault, quoted};
use crate::form::Form;

/// The `typ` of a logout token (Back-Channel Logout §2.4).
pub const LOGOUT_TOKEN_TYPE: &str = "logout+jwt";
/// A logout token lives for so many seconds (§2.4: two minutes at most).
const LOGOUT_TOKEN_TTL: i64 = 120;
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// Pauses before a notice is sent again, in seconds: about a day in all, and then it is given up.
const PAUSES: [i64; 9] = [1, 5, 30, 120, 600, 1800, 7200, 21_600, 43_200];

/// An ID token that came as a hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Its audience: the application that it was issued to.
    pub client_id: String,
    /// The session that it was issued in.
    pub sid: Option<String>,
    /// Whether it is this authority's own, however old.
    pub proven: bool,
}

/// A log-out that can be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogOut {
    /// Where the browser goes afterwards; none: it stays here.
    pub back_to: Option<String>,
    /// Whether the person need not be asked: the hint proves that the application belongs to this very session.
    pub sure: bool,
}

/// Which application asks, if it says so: by `client_id`, else by the hint.
pub fn logging_out<'f>(
    form: &'f Form,
    hint: Option<&'f Hint>,
) -> Result<Option<&'f str>, OauthFault> {
    let named = form.get("client_id");
    match (named, hint) {
        // §2: the hint must have been issued to the client that is named.
        (Some(named), Some(hint)) if hint.client_id != named => Err(refused(
            "hint-foreign",
            "the `id_token_hint` was issued to another client than `client_id` says".to_owned(),
            "send the ID token that this very client got",
        )),
        (Some(named), _) => Ok(Some(named)),
        (None, hint) => Ok(hint.map(|hint| hint.client_id.as_str())),
    }
}

/// Judges a request; `client` is the record of the application that asks, `session` the `sid` of this browser.
pub fn log_out(
    form: &Form,
    client: Option<&Client>,
    hint: Option<&Hint>,
    session: Option<&str>,
) -> Result<LogOut, OauthFault> {
    let back_to = match form.get("post_logout_redirect_uri") {
        None => None,
        Some(asked) => {
            let Some(client) = client.filter(|client| !client.disabled) else {
                return Err(refused(
                    "client-unknown",
                    "the request names an address to go to, and no application that is known here"
                        .to_owned(),
                    "send `id_token_hint` or `client_id` as well",
                ));
            };
            // Every character counts: no prefix, no port, nothing decoded (§3).
            if !client.post_logout_redirect_uris.iter().any(|known| known == asked) {
                return Err(refused(
                    "redirect-unregistered",
                    format!(
                        "the address {} is not registered for log-outs of {}",
                        quoted(asked),
                        quoted(&client.id)
                    ),
                    "register exactly this address in `post_logout_redirect_uris`",
                ));
            }
            Some(with_state(asked, form.get("state")))
        }
    };
    let sure = match (hint, client, session) {
        (Some(hint), Some(client), Some(session)) => {
            hint.proven && hint.client_id == client.id && hint.sid.as_deref() == Some(session)
        }
        _ => false,
    };
    Ok(LogOut { back_to, sure })
}

fn refused(code: &'static str, description: String, fix: &'static str) -> OauthFault {
    OauthFault::new(OauthCode::InvalidRequest, code, description).fix(fix)
}

fn with_state(address: &str, state: Option<&str>) -> String {
    let Some(state) = state else { return address.to_owned() };
    let state: String = url::form_urlencoded::byte_serialize(state.as_bytes()).collect();
    let joint = if address.contains('?') { '&' } else { '?' };
    format!("{address}{joint}state={state}")
}

/// A logout token (Back-Channel Logout §2.4). It has no `nonce`, so that it can never pass for an ID token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogoutClaims {
    /// This authority.
    pub iss: String,
    /// The person, as the client knows them.
    pub sub: String,
    /// The client.
    pub aud: String,
    /// Unix seconds.
    pub iat: i64,
    /// Unix seconds.
    pub exp: i64,
    /// Its id.
    pub jti: String,
    /// That it is about a log-out.
    pub events: Value,
    /// The session that ended.
    pub sid: String,
}

impl LogoutClaims {
    /// Says that a session of a person has ended.
    #[must_use]
    pub fn new(
        issuer: &str,
        client: &str,
        sub: String,
        sid: String,
        now: i64,
        jti: String,
    ) -> Self {
        Self {
            iss: issuer.to_owned(),
            sub,
            aud: client.to_owned(),
            iat: now,
            exp: now.saturating_add(LOGOUT_TOKEN_TTL),
            jti,
            events: json!({ EVENT: {} }),
            sid,
        }
    }
}

/// When a notice that failed `attempts` times is sent again; none: it is given up. Unix seconds.
#[must_use]
pub fn next_attempt(attempts: u32, now: i64) -> Option<i64> {
    let pause = PAUSES.get(usize::try_from(attempts).ok()?.checked_sub(1)?)?;
    Some(now.saturating_add(*pause))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn client() -> Client {
        let uris = ["https://app.example/out", "https://app.example/bye?from=claviger"];
        Client {
            post_logout_redirect_uris: uris.map(str::to_owned).to_vec(),
            ..Client::new("app", 0)
        }
    }

    fn form(pairs: &[(&str, &str)]) -> Form {
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        Form::parse(body.as_bytes()).unwrap()
    }

    fn hint() -> Hint {
        Hint { client_id: "app".into(), sid: Some("s1".into()), proven: true }
    }

    #[test]
    fn nobody_is_logged_out_unasked_unless_the_hint_proves_the_session() {
        let asked = form(&[]);
        let sure = |hint: Option<&Hint>, session| {
            log_out(&asked, Some(&client()), hint, session).unwrap().sure
        };
        assert!(sure(Some(&hint()), Some("s1")));
        assert!(!sure(Some(&hint()), Some("s2")));
        assert!(!sure(Some(&hint()), None));
        assert!(!sure(None, Some("s1")));
        assert!(!sure(Some(&Hint { proven: false, ..hint() }), Some("s1")));
        assert!(!sure(Some(&Hint { sid: None, ..hint() }), Some("s1")));
        assert!(!sure(Some(&Hint { client_id: "other".into(), ..hint() }), Some("s1")));
        assert!(!log_out(&asked, None, Some(&hint()), Some("s1")).unwrap().sure);
    }

    #[test]
    fn the_hint_and_the_name_agree() {
        let named = form(&[("client_id", "app")]);
        assert_eq!(logging_out(&named, Some(&hint())), Ok(Some("app")));
        assert_eq!(logging_out(&named, None), Ok(Some("app")));
        assert_eq!(logging_out(&form(&[]), Some(&hint())), Ok(Some("app")));
        assert_eq!(logging_out(&form(&[]), None), Ok(None));
        let other = form(&[("client_id", "other")]);
        assert_eq!(logging_out(&other, Some(&hint())).unwrap_err().code, "hint-foreign");
    }

    /// mod_auth_openidc CVE-2019-20479, CVE-2019-14857, CVE-2022-23527, and Keycloak's many.
    #[test]
    fn no_address_but_a_registered_one_is_gone_to() {
        let to = |asked: &str| {
            let asked = form(&[("post_logout_redirect_uri", asked), ("state", "a&b")]);
            log_out(&asked, Some(&client()), None, None)
        };
        let back = |asked| to(asked).unwrap().back_to.unwrap();
        assert_eq!(back("https://app.example/out"), "https://app.example/out?state=a%26b");
        assert_eq!(
            back("https://app.example/bye?from=claviger"),
            "https://app.example/bye?from=claviger&state=a%26b"
        );
        for bad in [
            "https://app.example/out/",
            "https://app.example/out?x",
            "https://app.example/out#x",
            "https://app.example/OUT",
            "https://app.example/out/../../evil",
            "https://app.example/%6fut",
            "https://app.example:443/out",
            "https://app.example.evil.example/out",
            "https://app.example@evil.example/out",
            "https://evil.example\\@app.example/out",
            "https://evil.example/\\app.example/out",
            "\\\\evil.example",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "\thttps://evil.example",
            "https:evil.example",
            "https:/\\evil.example",
            "https://app.example/out\t",
            " https://app.example/out",
            "https://app.example/out\r\nSet-Cookie: a=b",
            "javascript:alert(1)",
            "data:text/html,x",
            "/out",
        ] {
            assert_eq!(to(bad).unwrap_err().code, "redirect-unregistered", "{bad:?}");
        }
        let unknown = form(&[("post_logout_redirect_uri", "https://app.example/out")]);
        assert_eq!(log_out(&unknown, None, None, None).unwrap_err().code, "client-unknown");
        let disabled = Client { disabled: true, ..client() };
        let refused = log_out(&unknown, Some(&disabled), None, None).unwrap_err();
        assert_eq!(refused.code, "client-unknown");
    }

    proptest! {
        /// Whatever is asked for: the browser goes to a registered address, or nowhere.
        #[test]
        fn the_browser_goes_to_a_registered_address_or_nowhere(
            asked in "(https?:)?[/\\\\\t]{0,3}(app\\.example|evil\\.example)?[a-z0-9.@:/\\\\%#?\t]{0,30}",
            state in "\\PC{0,20}",
        ) {
            let asked = form(&[("post_logout_redirect_uri", &asked), ("state", &state)]);
            if let Ok(LogOut { back_to: Some(to), .. }) = log_out(&asked, Some(&client()), None, None) {
                let url = url::Url::parse(&to).unwrap();
                prop_assert_eq!(url.host_str(), Some("app.example"));
                prop_assert!(to.bytes().all(|byte| byte.is_ascii_graphic()));
            }
        }
    }

    #[test]
    fn a_notice_is_sent_again_for_about_a_day_and_then_given_up() {
        let mut now = 0;
        let mut attempts = 1;
        while let Some(next) = next_attempt(attempts, now) {
            assert!(next > now);
            now = next;
            attempts += 1;
        }
        assert!((70_000..90_000).contains(&now), "{now}");
        assert_eq!(attempts, 10);
        assert_eq!(next_attempt(0, 0), None);
    }

    #[test]
    fn a_logout_token_says_that_it_is_one_and_never_passes_for_an_id_token() {
        let claims =
            LogoutClaims::new("https://id.example", "app", "u".into(), "s".into(), 9, "j".into());
        let value = serde_json::to_value(&claims).unwrap();
        assert_eq!(
            value,
            json!({
                "iss": "https://id.example", "aud": "app", "sub": "u", "sid": "s", "iat": 9,
                "exp": 129, "jti": "j", "events": { EVENT: {} },
            }),
        );
        assert!(value.get("nonce").is_none());
    }
}
