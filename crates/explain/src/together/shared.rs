//! What several observations share, and what tells the refused from the accepted.
//!
//! Compares names, not meanings: a shared value is a hint where to look, and no fault.

use claviger_token::{Code, Verdict};
use serde_json::{Value, json};

use super::Observation;
use crate::clip::still;

/// What is compared.
const ATTRIBUTES: &[&str] = &[
    "place",
    "scheme",
    "made by",
    "alg",
    "typ",
    "kid",
    "signed by",
    "iss",
    "aud",
    "azp",
    "client_id",
    "sub",
];

/// The longest value that is shown.
const LONGEST: usize = 120;

/// What several observations have in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Common {
    /// Each fault, and the observations that have it.
    pub faults: Vec<(Code, Vec<usize>)>,
    /// What is the same in all of them: name and value.
    pub same: Vec<(&'static str, String)>,
    /// What all refused ones have and no accepted one: name and value.
    pub telling: Vec<(&'static str, String)>,
}

impl Common {
    pub(super) fn of(observations: &[Observation<'_>]) -> Self {
        let mut faults: Vec<(Code, Vec<usize>)> = Vec::new();
        for (nth, one) in observations.iter().enumerate() {
            for fault in &one.report.faults {
                let code = fault.fault.code;
                match faults.iter_mut().find(|(known, _)| *known == code) {
                    Some((_, inputs)) if inputs.last() == Some(&nth) => {}
                    Some((_, inputs)) => inputs.push(nth),
                    None => faults.push((code, vec![nth])),
                }
            }
        }
        faults.sort_by_key(|(_, inputs)| std::cmp::Reverse(inputs.len()));
        let with = |verdict: Verdict| -> Vec<&Observation<'_>> {
            observations.iter().filter(|one| one.report.verdict == verdict).collect()
        };
        let (refused, accepted) = (with(Verdict::Refused), with(Verdict::Accepted));
        let all: Vec<&Observation<'_>> = observations.iter().collect();
        let mut same = Vec::new();
        let mut telling = Vec::new();
        for name in ATTRIBUTES {
            if let Some(value) = shared(&all, name) {
                same.push((*name, value));
            } else if !accepted.is_empty()
                && let Some(value) = shared(&refused, name)
                && accepted.iter().all(|one| attribute(one, name).is_some_and(|its| its != value))
            {
                telling.push((*name, value));
            }
        }
        Self { faults, same, telling }
    }

    pub(super) fn to_json(&self) -> Value {
        let pairs = |list: &[(&'static str, String)]| -> Vec<Value> {
            list.iter().map(|(name, value)| json!({"what": name, "value": value})).collect()
        };
        let faults: Vec<Value> = self
            .faults
            .iter()
            .map(|(code, inputs)| json!({"code": code.as_str(), "inputs": inputs}))
            .collect();
        json!({
            "faults": faults,
            "same": pairs(&self.same),
            "telling": pairs(&self.telling),
        })
    }
}

/// The value that all of several have.
fn shared(all: &[&Observation<'_>], name: &str) -> Option<String> {
    let value = attribute(all.first()?, name)?;
    all.iter().all(|one| attribute(one, name).as_ref() == Some(&value)).then_some(value)
}

fn attribute(one: &Observation<'_>, name: &str) -> Option<String> {
    let report = one.report;
    let value = match name {
        "place" => report.ride.as_ref().map(|ride| ride.place.to_owned()),
        "scheme" => report.ride.as_ref().and_then(|ride| ride.scheme.clone()),
        "made by" => report.token.as_ref().and_then(|token| token.product).map(str::to_owned),
        "alg" | "typ" | "kid" => one.member(name).map(str::to_owned),
        "signed by" => report.signers.first().map(crate::signer::Signer::described),
        _ => one.claim(name).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }),
    }?;
    Some(value.chars().take(LONGEST).map(still).collect())
}
