//! Several observations at once: what they have in common, and the causes that one token cannot show.
//!
//! Replicas with different keys, a reused `kid`, clocks that differ, signatures that are short by chance
//! (research, section 0, 5). Works on finished reports and judges nothing again; a finding never changes
//! the verdict of any of them.

mod clock;
mod keys;
mod lengths;
mod shared;

use claviger_token::{Fault, Verdict};
use serde_json::{Value, json};

pub use shared::Common;

use crate::report::{Certainty, Diagnosed, Report};

/// One credential that was seen.
#[derive(Clone, Debug)]
pub struct Observation<'r> {
    /// What messages call it: a file's name, the place in a HAR.
    pub name: String,
    /// What was found out about it.
    pub report: &'r Report,
    /// When it was sent, unix seconds, where that is known.
    pub at: Option<i64>,
}

impl Observation<'_> {
    fn claim(&self, name: &str) -> Option<&Value> {
        self.report.token.as_ref()?.claims.get(name)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.claim(name)?.as_str()
    }

    fn member(&self, name: &str) -> Option<&str> {
        self.report.token.as_ref()?.header.get(name)?.as_str()
    }

    /// When it was issued, else when it was sent.
    fn time(&self) -> Option<i64> {
        self.claim("iat").and_then(Value::as_i64).or(self.at)
    }
}

/// A cause that shows in several observations, and in which.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The cause.
    pub diagnosed: Diagnosed,
    /// The observations that show it, by their place in the list.
    pub inputs: Vec<usize>,
}

impl Finding {
    fn new(fault: Fault, certainty: Certainty, mut inputs: Vec<usize>) -> Self {
        inputs.sort_unstable();
        inputs.dedup();
        Self { diagnosed: Diagnosed::new(fault, certainty), inputs }
    }
}

/// What several observations tell together.
#[derive(Debug)]
pub struct Together<'r> {
    /// The observations.
    pub observations: Vec<Observation<'r>>,
    /// Causes that need more than one, the likeliest first.
    pub findings: Vec<Finding>,
    /// What they share, and what tells the refused from the accepted.
    pub common: Common,
}

impl Together<'_> {
    /// Refused if one is, accepted if all are.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let has = |verdict| self.observations.iter().any(|one| one.report.verdict == verdict);
        if has(Verdict::Refused) {
            Verdict::Refused
        } else if has(Verdict::Undetermined) || self.observations.is_empty() {
            Verdict::Undetermined
        } else {
            Verdict::Accepted
        }
    }

    /// The findings and what is common; the reports themselves are written by whoever has them.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let findings: Vec<Value> = self
            .findings
            .iter()
            .map(|finding| {
                let mut value = finding.diagnosed.to_json(false);
                value["inputs"] = json!(finding.inputs);
                value
            })
            .collect();
        let names: Vec<Value> = self
            .observations
            .iter()
            .map(|one| {
                json!({
                    "name": one.name,
                    "verdict": one.report.verdict.as_str(),
                    "code": one.report.first().map(|first| first.fault.code.as_str()),
                    "at": one.at,
                })
            })
            .collect();
        json!({
            "verdict": self.verdict().as_str(),
            "inputs": names,
            "findings": findings,
            "common": self.common.to_json(),
        })
    }
}

/// Looks at several observations together; they were explained under the same surroundings.
#[must_use]
pub fn together(observations: Vec<Observation<'_>>) -> Together<'_> {
    let mut findings = keys::findings(&observations);
    findings.extend(clock::finding(&observations));
    findings.extend(lengths::findings(&observations));
    findings.sort_by_key(|one| match one.diagnosed.certainty {
        Certainty::Proven => 0,
        Certainty::Likely => 1,
        Certainty::Possible => 2,
    });
    let common = Common::of(&observations);
    Together { observations, findings, common }
}

/// An observation with its place in the list.
type Seen<'o, 'r> = (usize, &'o Observation<'r>);

/// The observations of one issuer each; those without a token are left out.
fn by_issuer<'o, 'r>(observations: &'o [Observation<'r>]) -> Vec<Vec<Seen<'o, 'r>>> {
    let mut groups: Vec<Vec<Seen<'_, '_>>> = Vec::new();
    for (nth, one) in observations.iter().enumerate() {
        if one.report.token.as_ref().is_none_or(|token| token.kind != "jws") {
            continue;
        }
        let same = |group: &&mut Vec<Seen<'_, '_>>| {
            group.first().is_some_and(|(_, first)| first.text("iss") == one.text("iss"))
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push((nth, one)),
            None => groups.push(vec![(nth, one)]),
        }
    }
    groups
}
