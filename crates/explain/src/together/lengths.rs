//! ECDSA signatures of one issuer that are short now and then: its encoder drops leading zeros.
//!
//! RFC 7518 §3.4 fixes the length; R or S begins with a zero byte in about one signature of 128.

use claviger_token::{Algorithm, Code, Fact, Family, Fault};

use super::{Finding, Observation, by_issuer};
use crate::report::Certainty;

/// More missing bytes than this are a cut, not zeros.
const MOST_ZEROS: usize = 3;

pub(super) fn findings(observations: &[Observation<'_>]) -> Vec<Finding> {
    let mut all = Vec::new();
    for group in by_issuer(observations) {
        for algorithm in Algorithm::ALL.iter().filter(|one| one.family() == Family::Ecdsa) {
            let of_algorithm: Vec<_> = group
                .iter()
                .filter(|(_, one)| one.member("alg") == Some(algorithm.name()))
                .collect();
            let Some(expected) = algorithm.signature_bytes() else { continue };
            let bytes = |one: &Observation<'_>| {
                one.report.token.as_ref().map_or(0, |token| token.signature_bytes)
            };
            let is_short = |one: &Observation<'_>| {
                let bytes = bytes(one);
                bytes < expected && bytes + MOST_ZEROS >= expected
            };
            let short: Vec<_> = of_algorithm.iter().filter(|(_, one)| is_short(one)).collect();
            let whole = of_algorithm.iter().filter(|(_, one)| bytes(one) == expected).count();
            let Some((_, first)) = short.first() else { continue };
            if whole == 0 {
                continue;
            }
            let proven = short.iter().any(|(_, one)| one.report.has(Code::SignatureUnpadded));
            let reason = format!(
                "{} of {} tokens of this issuer are short, the others are not: zeros are dropped, and about \
                 one token in 128 has some",
                short.len(),
                of_algorithm.len()
            );
            let fault = Fault::new(Code::SignatureUnpadded)
                .with("found", bytes(first))
                .with("alg", algorithm.name())
                .with("expected", expected)
                .with("reason", Fact::Words(reason));
            let certainty = if proven { Certainty::Proven } else { Certainty::Likely };
            all.push(Finding::new(fault, certainty, short.iter().map(|(nth, _)| *nth).collect()));
        }
    }
    all
}
