//! The device grant (RFC 8628): somebody allows a program without a browser on another machine.
//!
//! Decides what a device may ask for, how a user code is read, and what each poll comes to. Draws no code; the store
//! lets [`poll`] decide within one transaction, so that of many polls at once one gets the tokens.

use serde::{Deserialize, Serialize};

use crate::client_credentials::check_granted_resource;
use crate::error::{OauthCode, OauthFault};

/// The `grant_type` (RFC 8628 §3.4).
pub const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// How long a device waits for its person, in seconds.
pub const DEVICE_CODE_TTL: i64 = 600;
/// The least time between two polls, in seconds, and what is added for one that came too early (RFC 8628 §3.5).
pub const POLL_INTERVAL: i64 = 5;
/// No vowels, so that no word comes out, and nothing that looks like a digit (RFC 8628 §6.1).
pub const USER_CODE_LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// 20^8 are 34 bits: with ten guesses per person and ten minutes none is found.
pub const USER_CODE_LENGTH: usize = 8;

/// What becomes of a device's request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceDecision {
    /// Nobody has decided.
    #[default]
    Pending,
    /// Allowed.
    Allow,
    /// Not allowed.
    Deny,
    /// Allowed, and the tokens were given out.
    Redeemed,
}

/// A device's request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceGrant {
    /// The client.
    pub client_id: String,
    /// What is asked for, separated by spaces.
    pub scope: String,
    /// The audience; none where only the identity is asked for.
    pub resource: Option<String>,
    /// Unix seconds.
    pub expires_at: i64,
    /// The time between polls that this device has to keep by now.
    pub interval: i64,
    /// The last poll. Unix seconds.
    #[serde(default)]
    pub polled_at: Option<i64>,
    /// What its person said.
    #[serde(default)]
    pub decision: DeviceDecision,
    /// Who allowed it.
    #[serde(default)]
    pub sub: Option<String>,
    /// In which session.
    #[serde(default)]
    pub sid: Option<String>,
    /// When they had proven who they are. Unix seconds.
    #[serde(default)]
    pub auth_time: Option<i64>,
    /// By what, as `amr` names it; separated by spaces.
    #[serde(default)]
    pub amr: String,
    /// How its person has to have logged in (`acr_values`, RFC 9470 §4).
    #[serde(default)]
    pub acr_values: Vec<String>,
}

impl DeviceGrant {
    /// A request that waits for its person.
    #[must_use]
    pub fn new(client_id: &str, scope: String, resource: Option<String>, now: i64) -> Self {
        Self {
            client_id: client_id.to_owned(),
            scope,
            resource,
            expires_at: now.saturating_add(DEVICE_CODE_TTL),
            interval: POLL_INTERVAL,
            polled_at: None,
            decision: DeviceDecision::Pending,
            sub: None,
            sid: None,
            auth_time: None,
            amr: String::new(),
            acr_values: Vec::new(),
        }
    }

    /// Whether somebody can still decide on it.
    #[must_use]
    pub fn is_open(&self, now: i64) -> bool {
        self.decision == DeviceDecision::Pending && now < self.expires_at
    }
}

/// What a poll comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Polled {
    /// The tokens are given out; the record becomes this one.
    Take(Box<DeviceGrant>),
    /// Not now, or never; the record becomes this one.
    Wait(Box<DeviceGrant>, OauthFault),
    /// No, and nothing changes.
    Refuse(OauthFault),
}

/// For a device code that nobody gave out, or gave somebody else.
#[must_use]
pub fn device_code_unknown() -> OauthFault {
    OauthFault::new(
        OauthCode::InvalidGrant,
        "device-code-refused",
        "the device code is not valid: unknown, used, or another client's",
    )
    .fix("start again at the device authorization endpoint")
}

/// Decides on a poll (RFC 8628 §3.5) with the `resource` parameters that it has. Another client's changes nothing.
#[must_use]
pub fn poll(grant: &DeviceGrant, client_id: &str, resources: &[String], now: i64) -> Polled {
    if grant.client_id != client_id || grant.decision == DeviceDecision::Redeemed {
        return Polled::Refuse(device_code_unknown());
    }
    if now >= grant.expires_at {
        let fault = OauthFault::new(
            OauthCode::ExpiredToken,
            "device-code-expired",
            "the device code has expired before anybody decided",
        );
        return Polled::Refuse(fault.fix("start again at the device authorization endpoint"));
    }
    if let Err(fault) = check_granted_resource(resources, grant.resource.as_deref()) {
        return Polled::Refuse(fault);
    }
    let mut next = Box::new(grant.clone());
    next.polled_at = Some(now);
    let since = grant.polled_at.map(|last| now.saturating_sub(last));
    // A clock that was set back is no fault of the device.
    if since.is_some_and(|since| (0..grant.interval).contains(&since)) {
        next.interval = grant.interval.saturating_add(POLL_INTERVAL);
        let description =
            format!("the device asks too often; from now on once in {} seconds", next.interval);
        let fault = OauthFault::new(OauthCode::SlowDown, "device-slow-down", description);
        return Polled::Wait(next, fault.fix("add 5 seconds to the interval with each slow_down"));
    }
    match grant.decision {
        DeviceDecision::Pending => {
            let fault = OauthFault::new(
                OauthCode::AuthorizationPending,
                "device-pending",
                "nobody has decided yet",
            );
            Polled::Wait(next, fault.fix("ask again after the interval"))
        }
        DeviceDecision::Deny => {
            let fault = OauthFault::new(
                OauthCode::AccessDenied,
                "device-denied",
                "the user did not allow it",
            );
            Polled::Refuse(fault.fix("start again only if the user asks for it"))
        }
        DeviceDecision::Allow => {
            next.decision = DeviceDecision::Redeemed;
            Polled::Take(next)
        }
        DeviceDecision::Redeemed => Polled::Refuse(device_code_unknown()),
    }
}

/// A user code as it is looked up: people type it in lower case, with blanks and dashes. None where it can be none.
#[must_use]
pub fn user_code_key(typed: &str) -> Option<String> {
    // Whatever is much longer is no typing mistake.
    if typed.len() > 40 {
        return None;
    }
    let key: String = typed
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric())
        .map(|letter| letter.to_ascii_uppercase())
        .collect();
    let fits = key.len() == USER_CODE_LENGTH
        && key.bytes().all(|letter| USER_CODE_LETTERS.contains(&letter));
    fits.then_some(key)
}

/// A user code as it is shown: `WDJB-MJHT`.
#[must_use]
pub fn shown_user_code(key: &str) -> String {
    match key.split_at_checked(USER_CODE_LENGTH / 2) {
        Some((front, back)) => format!("{front}-{back}"),
        None => key.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_795_000_000;

    fn grant(decision: DeviceDecision) -> DeviceGrant {
        DeviceGrant { decision, ..DeviceGrant::new("tv", "openid".into(), None, NOW) }
    }

    fn error(polled: &Polled) -> Option<OauthCode> {
        match polled {
            Polled::Take(_) => None,
            Polled::Wait(_, fault) | Polled::Refuse(fault) => Some(fault.error),
        }
    }

    #[test]
    fn each_poll_is_told_what_the_rfc_says() {
        let end = NOW + DEVICE_CODE_TTL;
        for (decision, client, now, expected) in [
            (DeviceDecision::Pending, "tv", NOW, Some(OauthCode::AuthorizationPending)),
            (DeviceDecision::Pending, "tv", end - 1, Some(OauthCode::AuthorizationPending)),
            (DeviceDecision::Pending, "tv", end, Some(OauthCode::ExpiredToken)),
            (DeviceDecision::Deny, "tv", NOW, Some(OauthCode::AccessDenied)),
            (DeviceDecision::Redeemed, "tv", NOW, Some(OauthCode::InvalidGrant)),
            (DeviceDecision::Allow, "other", NOW, Some(OauthCode::InvalidGrant)),
            (DeviceDecision::Allow, "tv", end, Some(OauthCode::ExpiredToken)),
            (DeviceDecision::Allow, "tv", end - 1, None),
        ] {
            assert_eq!(error(&poll(&grant(decision), client, &[], now)), expected, "{decision:?}");
        }
        let Polled::Take(taken) = poll(&grant(DeviceDecision::Allow), "tv", &[], NOW) else {
            panic!()
        };
        assert_eq!(error(&poll(&taken, "tv", &[], NOW + 60)), Some(OauthCode::InvalidGrant));
    }

    #[test]
    fn who_polls_too_often_has_to_slow_down_each_time() {
        let Polled::Wait(first, _) = poll(&grant(DeviceDecision::Pending), "tv", &[], NOW) else {
            panic!()
        };
        let Polled::Wait(second, fault) = poll(&first, "tv", &[], NOW + 4) else { panic!() };
        assert_eq!((fault.error, second.interval), (OauthCode::SlowDown, 10));
        let Polled::Wait(third, fault) = poll(&second, "tv", &[], NOW + 13) else { panic!() };
        assert_eq!((fault.error, third.interval), (OauthCode::SlowDown, 15));
        let polled = poll(&third, "tv", &[], NOW + 28);
        assert_eq!(error(&polled), Some(OauthCode::AuthorizationPending));
        // The clock was set back.
        assert_eq!(
            error(&poll(&third, "tv", &[], NOW - 90)),
            Some(OauthCode::AuthorizationPending)
        );
    }

    #[test]
    fn a_user_code_is_read_as_people_type_it() {
        for typed in ["WDJB-MJHT", "wdjbmjht", " wdjb mjht ", "WDJB–MJHT"] {
            assert_eq!(user_code_key(typed).as_deref(), Some("WDJBMJHT"), "{typed}");
        }
        for bad in ["", "WDJB-MJH", "WDJB-MJHTT", "WDJB-MJHA", "WDJB-MJH0", "ÄDJB-MJHT"] {
            assert_eq!(user_code_key(bad), None, "{bad}");
        }
        assert_eq!(user_code_key(&"-".repeat(1000)), None);
        assert_eq!(shown_user_code("WDJBMJHT"), "WDJB-MJHT");
    }

    proptest! {
        /// Whatever polls come when: tokens at most once, never before somebody allowed it, never for another client,
        /// and never after the end.
        #[test]
        fn tokens_are_given_once_and_only_to_whom_they_were_allowed(
            polls in prop::collection::vec((0_i64..40, any::<bool>()), 1..60),
            allow_at in 0_usize..60,
        ) {
            let mut held = grant(DeviceDecision::Pending);
            let (mut now, mut given) = (NOW, 0);
            for (place, (wait, own)) in polls.into_iter().enumerate() {
                now += wait;
                if place == allow_at && held.decision == DeviceDecision::Pending {
                    held.decision = DeviceDecision::Allow;
                }
                match poll(&held, if own { "tv" } else { "thief" }, &[], now) {
                    Polled::Take(next) => {
                        prop_assert!(own && place >= allow_at && now < held.expires_at);
                        given += 1;
                        held = *next;
                    }
                    Polled::Wait(next, _) => {
                        prop_assert!(own && next.interval >= held.interval);
                        held = *next;
                    }
                    Polled::Refuse(_) => {}
                }
            }
            prop_assert!(given <= 1);
        }

        #[test]
        fn what_is_shown_is_read_again(code in "[BCDFGHJKLMNPQRSTVWXZ]{8}") {
            prop_assert_eq!(user_code_key(&shown_user_code(&code)), Some(code));
        }
    }
}
