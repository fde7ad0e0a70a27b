//! How far the issuer's clock is ahead of the one that judges, estimated from several tokens.
//!
//! One token from the future may be a wrong offset; several that agree are a clock. Tokens from two issuers
//! that agree point at this machine's own.

use claviger_token::{Code, Fact, Fault, lasting};
use serde_json::Value;

use super::{Finding, Observation};
use crate::report::Certainty;

/// Estimates that lie so close together are one.
const AGREE: i64 = 30;

pub(super) fn finding(observations: &[Observation<'_>]) -> Option<Finding> {
    let ahead: Vec<(usize, i64, Option<&str>, bool)> = observations
        .iter()
        .enumerate()
        .filter(|(_, one)| !one.report.has(Code::TimeInMilliseconds))
        .filter(|(_, one)| !one.report.has(Code::TimeInLocalZone))
        .filter_map(|(nth, one)| {
            let iat = one.claim("iat").and_then(Value::as_i64)?;
            let ahead = iat.checked_sub(one.at.unwrap_or(one.report.now))?;
            (ahead > 0).then(|| (nth, ahead, one.text("iss"), one.at.is_some()))
        })
        .collect();
    // The same token twice is one observation.
    let mut times: Vec<i64> =
        ahead.iter().filter_map(|(nth, ..)| observations.get(*nth)?.time()).collect();
    times.sort_unstable();
    times.dedup();
    let dated = ahead.iter().all(|(.., dated)| *dated);
    let refused = observations
        .iter()
        .any(|one| one.report.has(Code::IssuedInFuture) || one.report.has(Code::NotYetValid));
    let issuers: Vec<Option<&str>> = ahead.iter().map(|(_, _, issuer, _)| *issuer).collect();
    let several = issuers.iter().any(|issuer| Some(issuer) != issuers.first());
    let enough = times.len() > 1 || (several && ahead.len() > 1);
    if !enough || !(refused || (dated && times.len() > 2)) {
        return None;
    }
    let most = ahead.iter().map(|(_, ahead, ..)| *ahead).max()?;
    let least = ahead.iter().map(|(_, ahead, ..)| *ahead).min()?;
    let agree = most.saturating_sub(least) <= AGREE;
    let skew = if dated && agree { least.saturating_add(most) / 2 } else { most };
    let whose = match (several, issuers.first().copied().flatten()) {
        (true, _) => "tokens of two issuers agree: it is this clock that is behind".to_owned(),
        (false, Some(issuer)) => format!("the clock of {issuer} is ahead, or this one behind"),
        (false, None) => "the issuer's clock is ahead, or this one behind".to_owned(),
    };
    let seen = if agree {
        format!(
            "{} tokens are ahead of their use by {} to {}",
            ahead.len(),
            lasting(least),
            lasting(most)
        )
    } else {
        // Judged at one time, the youngest token is the measure: the others have aged.
        format!("{} tokens are from the future, by up to {}", ahead.len(), lasting(most))
    };
    let least = if dated && agree { "about" } else { "at least" };
    let fault = Fault::new(Code::ClockSkew)
        .with("skew", Fact::Lasting(skew))
        .with("reason", Fact::Words(format!("{seen} ({least} this much); {whose}")));
    // Only one clock can be a constant away from all of them.
    let certainty = if refused && agree { Certainty::Likely } else { Certainty::Possible };
    let inputs = ahead.iter().map(|(nth, ..)| *nth).collect();
    Some(Finding::new(fault, certainty, inputs))
}
