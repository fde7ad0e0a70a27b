//! Times that are off by a rule: milliseconds, local time written as UTC, several claims off by one clock.
//!
//! Decides from the token and the given now alone; a skewed clock cannot be told from a skewed issuer
//! without a second observation, and is not claimed.

use claviger_token::{Code, Fact, Fault, Members, Policy, Token, base64url, examine, lasting};

/// A fresh token is at most so old when it is looked at.
const FRESH: i64 = 300;

/// Within so many seconds of a zone's offset a time is off by that zone rather than by chance: of all the clocks
/// that are ahead by up to fourteen hours, one in forty is as near to some offset; within [`FRESH`], one in seven.
const CLOSE: i64 = 30;

/// The offsets from UTC that clocks on walls show, in minutes: all of them are whole quarter hours.
const OFFSETS: &[i64] = &[
    60, 120, 180, 210, 240, 270, 300, 330, 345, 360, 390, 420, 480, 525, 540, 570, 600, 630, 660,
    720, 765, 780, 825, 840,
];

pub(crate) fn refine(
    faults: Vec<Fault>,
    token: &Token<'_>,
    policy: &Policy,
    now: i64,
) -> Vec<Fault> {
    let Some(payload) = token.payload() else { return faults };
    let faults = with_converted(faults, token, payload, policy, now);
    let has = |code| faults.iter().any(|fault: &Fault| fault.code == code);
    if has(Code::IssuedInFuture)
        && let Some((offset, age)) = local_zone(payload, policy, now)
    {
        let zone = zone_fault(token, offset, age);
        if !is_close(age) {
            // A clock that is simply ahead is as good an explanation.
            return faults.into_iter().chain([zone]).collect();
        }
        let mut all = Vec::new();
        let mut said = false;
        for fault in faults {
            let explained = matches!(fault.code, Code::IssuedInFuture | Code::NotYetValid);
            if explained && !said {
                said = true;
                all.push(zone.clone());
            }
            if !explained {
                all.push(fault);
            }
        }
        return all;
    }
    let mut faults = faults;
    if has_expired(&faults)
        && let Some((offset, age)) = behind(payload, policy, now)
    {
        // Only a token that is known to be fresh proves it; an old one is far more common.
        faults.push(zone_fault(token, -offset, age));
    }
    // Both lie ahead by the same clock: the time of issue tells more than what was derived from it.
    let place = |faults: &[Fault], code| faults.iter().position(|fault| fault.code == code);
    if let (Some(nbf), Some(iat)) =
        (place(&faults, Code::NotYetValid), place(&faults, Code::IssuedInFuture))
        && nbf < iat
    {
        faults.swap(nbf, iat);
    }
    faults
}

/// Whether a token that is so old, once an offset is taken off, was made as it was looked at.
pub(crate) fn is_close(age: i64) -> bool {
    (-5..=CLOSE).contains(&age)
}

/// The offset by which the times may be local ones, and how old the token then is; none where they are simply
/// ahead.
fn local_zone(payload: &Members, policy: &Policy, now: i64) -> Option<(i64, i64)> {
    let iat = payload.integer("iat")?;
    let lifetime = payload.integer("exp").map_or(FRESH, |exp| (exp - iat).max(60));
    let fitting = OFFSETS.iter().map(|minutes| minutes * 60).filter_map(|offset| {
        let age = now - (iat - offset);
        let fresh = (-policy.leeway_secs()..=lifetime.min(FRESH)).contains(&age);
        // Other times of the token have to fit the same offset.
        let nbf_fits =
            payload.integer("nbf").is_none_or(|nbf| nbf - offset <= now + policy.leeway_secs());
        (fresh && nbf_fits).then_some((offset, age))
    });
    fitting.min_by_key(|(_, age)| (!is_close(*age), age.unsigned_abs()))
}

fn has_expired(faults: &[Fault]) -> bool {
    faults.iter().any(|fault| fault.code == Code::Expired)
}

/// The offset west of UTC by which an expired token would have been issued this very minute.
fn behind(payload: &Members, policy: &Policy, now: i64) -> Option<(i64, i64)> {
    let (iat, exp) = (payload.integer("iat")?, payload.integer("exp")?);
    let west = OFFSETS.iter().map(|minutes| minutes * 60).filter(|offset| *offset <= 12 * 3600);
    west.map(|offset| (offset, now - iat.saturating_add(offset))).find(|(offset, age)| {
        (-policy.leeway_secs().min(60)..=CLOSE).contains(age) && exp.saturating_add(*offset) > now
    })
}

fn zone_fault(token: &Token<'_>, offset: i64, age: i64) -> Fault {
    let said = match offset {
        0.. => format!(
            "with {} taken off, it was issued just now: local time written as UTC, or a clock that is {} ahead",
            lasting(offset),
            lasting(offset - age)
        ),
        _ => format!(
            "with {} added, it was issued just now: local time written as UTC, if it is fresh",
            lasting(offset)
        ),
    };
    let fault = Fault::new(Code::TimeInLocalZone)
        .with("claim", "iat")
        .with("offset", Fact::Lasting(offset))
        .with("age", Fact::Lasting(age))
        .with("reason", Fact::Words(said));
    match token.span_of_claim("iat") {
        Some(span) => fault.at(span),
        None => fault,
    }
}

/// Times in a smaller unit are converted and judged again: a token may be late as well.
fn with_converted(
    mut faults: Vec<Fault>,
    token: &Token<'_>,
    payload: &Members,
    policy: &Policy,
    now: i64,
) -> Vec<Fault> {
    let converted: Vec<(&'static str, i64)> = faults
        .iter()
        .filter(|fault| fault.code == Code::TimeInMilliseconds)
        .filter_map(|fault| match (fault.fact("claim"), fault.fact("meant")) {
            (Some(Fact::Text(claim)), Some(Fact::Time(meant))) => {
                let name = ["exp", "nbf", "iat"].into_iter().find(|name| name == claim)?;
                Some((name, *meant))
            }
            _ => None,
        })
        .collect();
    if converted.is_empty() {
        return faults;
    }
    let mut value = payload.to_value();
    if let Some(members) = value.as_object_mut() {
        for (name, seconds) in &converted {
            members.insert((*name).to_owned(), (*seconds).into());
        }
    }
    let header = base64url::encode(token.header_bytes());
    let text = format!("{header}.{}.", base64url::encode(value.to_string()));
    let again = examine(&text, policy, None, now);
    let timed = [Code::Expired, Code::NotYetValid, Code::IssuedInFuture, Code::LifetimeExcessive];
    for fault in again.faults().filter(|fault| timed.contains(&fault.code)) {
        if !faults.iter().any(|known| known.code == fault.code) {
            // Its span is over the converted payload, which nobody sees.
            let mut fault = fault.clone();
            fault.span = None;
            faults.push(fault);
        }
    }
    faults
}
