//! Logs of named fields: which name stands for what, in the dialects of servers, proxies and libraries.
//!
//! Decides by the last part of a name (`http.response.status_code`) and keeps the first value of each.

use std::borrow::Cow;

use claviger_token::Code;

use crate::batch::event::Event;
use crate::batch::moment;

/// What a field is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Time,
    Status,
    Target,
    Request,
    Address,
    Client,
    Issuer,
    Code,
    Diagnosis,
    Authorization,
    Text,
}

/// Names in lower case without separators.
const NAMES: &[(&str, Slot)] = &[
    ("time", Slot::Time),
    ("timestamp", Slot::Time),
    ("ts", Slot::Time),
    ("timelocal", Slot::Time),
    ("timeiso8601", Slot::Time),
    ("starttime", Slot::Time),
    ("startutc", Slot::Time),
    ("datetime", Slot::Time),
    ("eventtime", Slot::Time),
    ("requesttime", Slot::Time),
    ("msec", Slot::Time),
    ("date", Slot::Time),
    ("starteddatetime", Slot::Time),
    ("status", Slot::Status),
    ("statuscode", Slot::Status),
    ("httpstatus", Slot::Status),
    ("responsecode", Slot::Status),
    ("responsestatus", Slot::Status),
    ("downstreamstatus", Slot::Status),
    ("path", Slot::Target),
    ("uri", Slot::Target),
    ("requesturi", Slot::Target),
    ("requestpath", Slot::Target),
    ("url", Slot::Target),
    ("target", Slot::Target),
    ("request", Slot::Request),
    ("remoteaddr", Slot::Address),
    ("remoteip", Slot::Address),
    ("remoteaddress", Slot::Address),
    ("remotehost", Slot::Address),
    ("clientip", Slot::Address),
    ("clientaddr", Slot::Address),
    ("clientaddress", Slot::Address),
    ("clienthost", Slot::Address),
    ("downstreamremoteaddress", Slot::Address),
    ("peer", Slot::Address),
    ("sourceip", Slot::Address),
    ("ip", Slot::Address),
    ("client", Slot::Client),
    ("clientid", Slot::Client),
    ("azp", Slot::Client),
    ("issuer", Slot::Issuer),
    ("iss", Slot::Issuer),
    ("code", Slot::Code),
    ("clavigercode", Slot::Code),
    ("fault", Slot::Code),
    ("diagnosis", Slot::Diagnosis),
    ("clavigerdiagnosis", Slot::Diagnosis),
    ("authorization", Slot::Authorization),
    ("httpauthorization", Slot::Authorization),
    ("requestauthorization", Slot::Authorization),
    ("wwwauthenticate", Slot::Text),
    ("senthttpwwwauthenticate", Slot::Text),
    ("upstreamhttpwwwauthenticate", Slot::Text),
    ("responsecodedetails", Slot::Text),
    ("errordescription", Slot::Text),
    ("error", Slot::Text),
    ("err", Slot::Text),
    ("detail", Slot::Text),
    ("reason", Slot::Text),
    ("message", Slot::Text),
    ("msg", Slot::Text),
];

/// The longest of [`NAMES`].
const LONGEST: usize = 32;

fn slot(name: &str) -> Option<Slot> {
    let name = name.rsplit('.').next().unwrap_or(name);
    let mut plain = [0_u8; LONGEST];
    let mut length = 0;
    for byte in name.bytes().filter(|byte| !matches!(byte, b'_' | b'-' | b'@' | b'%')) {
        *plain.get_mut(length)? = byte.to_ascii_lowercase();
        length += 1;
    }
    let plain = plain.get(..length)?;
    NAMES.iter().find(|(known, _)| known.as_bytes() == plain).map(|(_, slot)| *slot)
}

/// Puts what a field says into its place, where that is still free.
pub(super) fn put<'l>(event: &mut Event<'l>, name: &str, value: Cow<'l, str>) {
    let Some(slot) = slot(name) else { return };
    let is_empty = matches!(value.trim(), "" | "-" | "null" | "(null)");
    if slot == Slot::Authorization {
        event.without_credential |= is_empty;
        return;
    }
    if is_empty {
        return;
    }
    match slot {
        Slot::Time => event.time = event.time.or_else(|| moment::whole(&value)),
        Slot::Status => event.status = event.status.or_else(|| status(&value)),
        Slot::Target => keep(&mut event.target, value),
        Slot::Request => {
            let target = super::target(&value).map(str::to_owned);
            if let Some(target) = target {
                keep(&mut event.target, Cow::Owned(target));
            }
        }
        Slot::Address => keep(&mut event.address, value),
        Slot::Client => keep(&mut event.client, value),
        Slot::Issuer => keep(&mut event.issuer, value),
        Slot::Code => match value.trim().parse::<Code>() {
            Ok(code) => event.code = event.code.or(Some(code)),
            Err(_) => event.status = event.status.or_else(|| status(&value)),
        },
        Slot::Diagnosis => keep(&mut event.diagnosis, value),
        Slot::Text => keep(&mut event.text, value),
        Slot::Authorization => {}
    }
}

fn keep<'l>(place: &mut Option<Cow<'l, str>>, value: Cow<'l, str>) {
    if place.is_none() {
        *place = Some(value);
    }
}

/// A status of HTTP.
pub(super) fn status(text: &str) -> Option<u16> {
    let text = text.trim();
    let plain = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|status| plain && (100..600).contains(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_every_dialect() {
        for (name, expected) in [
            ("status", Some(Slot::Status)),
            ("http.response.status_code", Some(Slot::Status)),
            ("DownstreamStatus", Some(Slot::Status)),
            ("@timestamp", Some(Slot::Time)),
            ("remote_addr", Some(Slot::Address)),
            ("ClientIP", Some(Slot::Address)),
            ("Www-Authenticate", Some(Slot::Text)),
            ("x", None),
            ("a-name-that-is-much-longer-than-any-that-is-known", None),
        ] {
            assert_eq!(slot(name), expected, "{name}");
        }
        assert!(NAMES.iter().all(|(name, _)| name.len() <= LONGEST));
    }

    #[test]
    fn a_code_that_is_a_number_is_a_status() {
        let mut event = Event::default();
        put(&mut event, "code", "401".into());
        put(&mut event, "code", "expired".into());
        put(&mut event, "authorization", "-".into());
        assert_eq!((event.status, event.code), (Some(401), Some(Code::Expired)));
        assert!(event.without_credential);
    }
}
