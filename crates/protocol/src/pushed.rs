//! A pushed authorization request (RFC 9126): it comes from the client itself, is judged before anybody sees it,
//! and the browser carries no more than its name.
//!
//! Decides what is kept of a push, and which browser may open it when. That the name is random and unknown to
//! others is the caller's matter.

use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::{OauthCode, OauthFault, quoted};
use crate::form::Form;

/// What stands before the random part of a name (RFC 9126 §2.2).
pub const REQUEST_URI: &str = "urn:ietf:params:oauth:request_uri:";
/// The browser has to come with it within so many seconds: it is on its way already.
pub const PUSHED_TTL: i64 = 90;
/// Once it has come, its person has so many to log in and to decide.
pub const OPENED_TTL: i64 = 900;
/// The longest request that is kept, in bytes; more than fits into an address.
const LONGEST: usize = 16 * 1024;
/// What proves the client and is no part of its request.
const PROOFS: [&str; 4] =
    ["client_id", "client_secret", "client_assertion", "client_assertion_type"];

/// A request that was pushed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushedRequest {
    /// Who pushed it.
    pub client_id: String,
    /// Its parameters as a form.
    pub form: String,
    /// Unix seconds.
    pub expires_at: i64,
    /// When a browser came with it first. Unix seconds.
    pub opened_at: Option<i64>,
    /// The digest of that browser's mark; none until a browser with a mark has come.
    pub browser: Option<String>,
    /// The digest of the log-in that was there at that time. Each log-in has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

impl PushedRequest {
    /// Whether somebody has logged in since a browser came with it first: in the same second is not too early, but
    /// what was there already does not count.
    #[must_use]
    pub fn has_log_in(&self, session: Option<&str>, auth_time: i64) -> bool {
        let later = self.opened_at.is_some_and(|opened| auth_time >= opened);
        later && session.is_some() && self.session.as_deref() != session
    }
}

/// What is known of the browser that comes with a pushed request: digests of the cookies it has.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    /// Its mark.
    pub browser: Option<String>,
    /// The log-in there.
    pub session: Option<String>,
}

/// What a push leaves: the request without what proves its client, with the key that the push proved.
pub fn pushed_form(form: &Form, client: &Client, jkt: Option<&str>) -> Result<Form, OauthFault> {
    let invalid =
        |code, description: &str| OauthFault::new(OauthCode::InvalidRequest, code, description);
    // RFC 9126 §2.1.
    if form.get("request_uri").is_some() {
        return Err(invalid("request-object", "a pushed request cannot name another one")
            .fix("push the parameters themselves"));
    }
    let mut kept = form.without(&PROOFS).with("client_id", &client.id);
    if let Some(jkt) = jkt {
        // RFC 9449 §10.1.
        if kept.get("dpop_jkt").is_some_and(|named| named != jkt) {
            return Err(invalid("dpop-jkt", "`dpop_jkt` is not the key of the DPoP proof")
                .fix("leave `dpop_jkt` out, or make the proof with that key"));
        }
        kept = kept.without(&["dpop_jkt"]).with("dpop_jkt", jkt);
    }
    if kept.encoded().len() > LONGEST {
        let description = format!("the request has more than {LONGEST} bytes");
        return Err(invalid("form-too-large", &description).fix("keep the rest on your own side"));
    }
    Ok(kept)
}

/// Whether a client's request may come as it does (RFC 9126 §5).
pub fn check_pushed(client: &Client, was_pushed: bool) -> Result<(), OauthFault> {
    if client.require_pushed_authorization_requests && !was_pushed {
        let description = "the client has to push its authorization requests, and this one was not";
        return Err(OauthFault::new(OauthCode::InvalidRequest, "request-not-pushed", description)
            .fix("post the parameters to /par first, and send the browser with the `request_uri` that comes back"));
    }
    Ok(())
}

/// A name that names nothing for this client and browser: unknown, over, used, or somebody else's.
#[must_use]
pub fn pushed_unknown(uri: &str) -> OauthFault {
    OauthFault::new(
        OauthCode::InvalidRequestUri,
        "pushed-request-over",
        format!(
            "the request {} is over, was answered, or belongs to another client or browser",
            quoted(uri)
        ),
    )
    .fix("go back to the application and log in again from there")
}

/// The request as it is once this browser has come with it; none where it may not. The first browser keeps it: a
/// name that leaked is worth nothing to another.
#[must_use]
pub fn open_pushed(
    pushed: &PushedRequest,
    client_id: &str,
    opening: &Opening,
    now: i64,
) -> Option<PushedRequest> {
    let is_its_browser = pushed.browser.is_none() || pushed.browser == opening.browser;
    if pushed.client_id != client_id || now >= pushed.expires_at || !is_its_browser {
        return None;
    }
    let mut opened = pushed.clone();
    opened.browser = opened.browser.or_else(|| opening.browser.clone());
    if opened.opened_at.is_none() {
        opened.opened_at = Some(now);
        opened.session.clone_from(&opening.session);
        opened.expires_at = now.saturating_add(OPENED_TTL);
    }
    Some(opened)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000;

    fn form(text: &str) -> Form {
        Form::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_push_is_kept_without_its_proof_and_with_its_key() {
        let client = Client::new("app", 0);
        let sent = form(
            "client_id=other&client_secret=s&client_assertion=a&scope=a+b&resource=x&resource=y",
        );
        let kept = pushed_form(&sent, &client, Some("k")).unwrap();
        assert_eq!(kept.encoded(), "scope=a+b&resource=x&resource=y&client_id=app&dpop_jkt=k");
        assert!(pushed_form(&form("dpop_jkt=k"), &client, Some("k")).is_ok());
        for (sent, code) in [
            ("dpop_jkt=l", "dpop-jkt"),
            ("request_uri=urn:x", "request-object"),
            (&format!("state={}", "s".repeat(LONGEST)), "form-too-large"),
        ] {
            assert_eq!(pushed_form(&form(sent), &client, Some("k")).unwrap_err().code, code);
        }
    }

    #[test]
    fn one_browser_opens_it_in_time_and_keeps_it() {
        let pushed = PushedRequest {
            client_id: "app".into(),
            form: String::new(),
            expires_at: NOW + PUSHED_TTL,
            opened_at: None,
            browser: None,
            session: None,
        };
        let with = |browser: Option<&str>| Opening {
            browser: browser.map(str::to_owned),
            session: Some("s".to_owned()),
        };
        let last = NOW + PUSHED_TTL - 1;
        // A browser's first visit has no mark yet; the next one has.
        let first = open_pushed(&pushed, "app", &with(None), last).unwrap();
        assert_eq!((first.opened_at, first.expires_at), (Some(last), last + OPENED_TTL));
        let bound = open_pushed(&first, "app", &with(Some("b")), last + 60).unwrap();
        assert_eq!((bound.opened_at, bound.expires_at), (first.opened_at, first.expires_at));
        assert_eq!(open_pushed(&bound, "app", &with(Some("b")), last + 61), Some(bound.clone()));
        for (client, browser, now) in [
            ("app", None, last),
            ("app", Some("c"), last),
            ("other", Some("b"), last),
            ("app", Some("b"), bound.expires_at),
        ] {
            let opened = open_pushed(&bound, client, &with(browser), now);
            assert_eq!(opened, None, "{client} {browser:?}");
        }
        assert_eq!(open_pushed(&pushed, "app", &with(None), NOW + PUSHED_TTL), None);
        // The log-in that was there is none for the request, in whatever second it was.
        for (session, at, counts) in [
            (Some("s"), last, false),
            (Some("s"), last + 1, false),
            (Some("t"), last - 1, false),
            (Some("t"), last, true),
            (None, last, false),
        ] {
            assert_eq!(bound.has_log_in(session, at), counts, "{session:?} {at}");
        }
        assert!(!pushed.has_log_in(Some("t"), last));
    }

    #[test]
    fn who_has_to_push_has_to() {
        let free = Client::new("app", 0);
        let held = Client { require_pushed_authorization_requests: true, ..free.clone() };
        check_pushed(&free, false).unwrap();
        check_pushed(&held, true).unwrap();
        assert_eq!(check_pushed(&held, false).unwrap_err().code, "request-not-pushed");
    }
}
