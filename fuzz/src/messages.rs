//! The texts of libraries, gateways and clouds: what they say of a refusal, with and without a token in it.

use claviger_explain::{Certainty, InputKind, explain};
use claviger_token::{Algorithm, Verdict};

use super::stage::{good, keyed, keyless, planted, render, reveals_nothing, stands_in};

/// The first byte chooses whether there is a key.
pub fn message(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let algorithm = Algorithm::EdDsa;
    let token = good(algorithm);
    let input = planted(rest, &token);
    let is_keyed = first % 2 == 0;
    let surroundings = if is_keyed { keyed(algorithm, 10).0 } else { keyless(10) };
    let report = explain(&input, &surroundings);
    if report.input == InputKind::Message {
        assert_eq!(report.verdict, Verdict::Undetermined, "a message is no token");
        assert!(report.token.is_none() && report.signers.is_empty());
        for one in &report.faults {
            assert_ne!(one.certainty, Certainty::Proven, "a message proves nothing");
            assert!(one.repaired().is_none());
        }
        assert!(report.faults.len() <= 20 && report.notes.len() <= 20);
    }
    if report.verdict == Verdict::Accepted {
        assert!(is_keyed, "without a key nothing is accepted");
        assert!(stands_in(&token, &input), "accepted, and no good token is in it");
    }
    for said in render(&report, &input) {
        reveals_nothing(&token, &said);
    }
}
