//! What was learnt from outside, weighed against the report: the key set as it is published now, another clock, the
//! issuer's own word about the token.
//!
//! Adds faults that only such knowledge shows; never takes one away that the verifier found, but where the fresh
//! key set shows that the given one is old. Fetches nothing: whoever explains brings what was learnt.

use claviger_token::{Code, Fact, Fault, Verdict, lasting};
use serde_json::Value;

use crate::report::{Certainty, CheckLine, Diagnosed, Report, without_signature};
use crate::surroundings::Surroundings;

/// Seconds by which clocks may differ without a word: answers take time, and `Date` has whole seconds.
const DRIFT: i64 = 30;

/// A clock that is not this machine's.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    pub(crate) whose: String,
    /// Seconds by which it is ahead of this machine's.
    pub(crate) ahead: i64,
}

/// What an issuer answers about a token (RFC 7662).
#[derive(Clone, Debug)]
pub struct Introspection {
    /// The endpoint.
    pub url: String,
    /// The answer, or why there is none.
    pub answer: Result<Value, String>,
}

/// Faults of time, which another clock may explain.
const TIMES: [Code; 3] = [Code::Expired, Code::NotYetValid, Code::IssuedInFuture];

/// The report against the given keys, and the one against the keys that are published now.
pub(crate) fn against_fresh(given: Report, fresh: Report, source: &str) -> Report {
    let kid = |report: &Report| {
        let token = report.token.as_ref()?;
        Some(token.header.get("kid")?.as_str()?.to_owned())
    };
    let verifies = |report: &Report| !report.signers.is_empty();
    let reason = |words: String| Fact::Words(words);
    if verifies(&fresh) && !verifies(&given) {
        let found = if given.has(Code::KeyUnknown) {
            Fault::new(Code::KeySetStale).with_some("kid", kid(&fresh)).with(
                "reason",
                reason(format!("the set that {source} publishes now verifies the token")),
            )
        } else if given.has(Code::SignatureMismatch) {
            Fault::new(Code::KeyIdReused).with_some("kid", kid(&fresh)).with(
                "reason",
                reason(format!(
                    "the key of that name at {source} is another one now, and verifies the token"
                )),
            )
        } else {
            return given;
        };
        let mut report = fresh;
        report.faults.insert(0, Diagnosed::new(found, Certainty::Proven));
        report.verdict = Verdict::Refused;
        report.warnings.clear();
        return report;
    }
    let gone = verifies(&given) && fresh.has(Code::KeyUnknown);
    let mut report = given;
    if gone {
        let fault = Fault::new(Code::KeyRetired).with_some("kid", kid(&report));
        report.faults.push(Diagnosed::new(fault, Certainty::Likely));
        report.notes.push(format!(
            "the set that {source} publishes now lacks the key that signed the token"
        ));
        report.verdict = Verdict::Refused;
        report.warnings.clear();
    }
    report
}

/// What another clock makes of the report; `judged` is the report as of a given time.
pub(crate) fn by_clock(report: &mut Report, clock: &Clock, judged: impl FnOnce(i64) -> Report) {
    if clock.ahead.abs() <= DRIFT {
        return;
    }
    let way = if clock.ahead > 0 { "behind" } else { "ahead of" };
    let said =
        format!("this clock is {} {way} that of {}", lasting(clock.ahead.abs()), clock.whose);
    let is_time = report.first().is_some_and(|one| TIMES.contains(&one.fault.code));
    let holds_there = || {
        let there = judged(report.now.saturating_add(clock.ahead));
        !TIMES.iter().any(|code| there.has(*code))
    };
    if is_time && holds_there() {
        let fault = Fault::new(Code::ClockSkew)
            .with("skew", Fact::Lasting(clock.ahead.abs()))
            .with("reason", Fact::Words(format!("{said}, and by that one the token is in time")));
        report.faults.insert(0, Diagnosed::new(fault, Certainty::Proven));
    }
    report.notes.push(said);
}

/// What the issuer says about the token.
pub(crate) fn by_issuer(
    report: &mut Report,
    introspection: &Introspection,
    surroundings: &Surroundings,
) {
    let url = introspection.url.as_str();
    let failed = |cause: String| {
        let fault = Fault::new(Code::IntrospectionUnreachable)
            .with("url", url)
            .with("cause", Fact::Words(cause));
        Diagnosed::new(fault, Certainty::Proven)
    };
    let answer = match &introspection.answer {
        Ok(answer) => answer,
        Err(cause) => {
            report.faults.push(failed(cause.clone()));
            report.verdict = Verdict::Refused;
            return;
        }
    };
    let line = |outcome, detail: String| CheckLine { check: "introspection", outcome, detail };
    match answer.get("active").and_then(Value::as_bool) {
        None => {
            report.faults.push(failed("the answer has no `active` of true or false".to_owned()));
            report.verdict = Verdict::Refused;
        }
        Some(false) => {
            report.checks.push(line("failed", "the issuer says that it is not active".to_owned()));
            let fault = Fault::new(Code::TokenInactive).with("url", url);
            let good = report.faults.is_empty() && !report.signers.is_empty();
            report.faults.push(Diagnosed::new(fault, Certainty::Proven));
            if good {
                report.notes.push(
                    "the signature holds and the token has not expired: it was revoked, its session has ended, or the client that asked may not see it"
                        .to_owned(),
                );
            }
            report.verdict = Verdict::Refused;
            report.warnings.clear();
        }
        Some(true) => {
            report.checks.push(line("passed", described(answer)));
            if let Some(found) = answer.get("iss").and_then(Value::as_str)
                && !surroundings.policy.issuers.is_empty()
                && !surroundings.policy.issuers.iter().any(|known| known == found)
                && !report.has(Code::IssuerMismatch)
                && !report.has(Code::IssuerNearMiss)
            {
                let expected = surroundings.policy.issuers.join(", ");
                let fault = Fault::new(Code::IntrospectionIssuerMismatch)
                    .with("found", found)
                    .with("expected", expected);
                report.faults.push(Diagnosed::new(fault, Certainty::Proven));
                report.verdict = Verdict::Refused;
            }
        }
    }
}

/// `active, for client web, scope orders:read`.
fn described(answer: &Value) -> String {
    let mut said = vec!["the issuer says that it is active".to_owned()];
    for (name, word) in
        [("client_id", "client"), ("scope", "scope"), ("token_type", "type"), ("aud", "audience")]
    {
        let value = match answer.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(list)) => {
                list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
            }
            _ => continue,
        };
        let shown: String = value.chars().filter(|c| !c.is_control()).take(100).collect();
        said.push(format!("{word} {shown}"));
    }
    if let Some(exp) = answer.get("exp").and_then(Value::as_i64) {
        said.push(format!("until {}", claviger_token::rfc3339(exp)));
    }
    without_signature(&said.join(", "))
}
