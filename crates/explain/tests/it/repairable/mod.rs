//! Every repairable fault, planted into good tokens of any content and any algorithm, comes back first and
//! proven; no good token is called faulty; and nothing is accepted that the guard's verifier refuses.
//!
//! `PROPTEST_CASES` sets how many tokens are tried for each fault and algorithm.

mod accepted;
mod carried;
mod good;
mod made;
mod secrets;

use std::cell::Cell;

use claviger_explain::{Certainty, Surroundings, explain};
use claviger_token::{Algorithm, Code, Family, Proof, Verdict};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use self::good::{Dice, Good, written};

/// A damaged credential, and what judges it.
struct Planted {
    input: String,
    around: Surroundings,
}

/// Plants one fault; none where this very token cannot have it.
type Plant = fn(&mut Dice, &Good) -> Option<Planted>;

fn planters() -> impl Iterator<Item = (Code, Plant)> {
    [carried::PLANTERS, made::PLANTERS, secrets::PLANTERS].into_iter().flatten().copied()
}

/// Whether tokens of this algorithm can have the fault.
fn applies(code: Code, algorithm: Algorithm) -> bool {
    use Code as C;
    match code {
        // Longer than a header may be, which is said first; or with more places for a wrong character than are
        // looked at.
        C::TokensConcatenated
        | C::Base64OfToken
        | C::KeyEmbedded
        | C::SignatureHexEncoded
        | C::PercentEncoded
        | C::EscapeSequence
        | C::CharacterError
            if algorithm == Algorithm::MlDsa65 =>
        {
            false
        }
        C::SecretEncoding | C::SecretMangled | C::SecretEmpty => algorithm.is_symmetric(),
        C::AlgorithmConfusion | C::KeyEmbedded | C::KeyIdMissing | C::KeyIdWrong => {
            !algorithm.is_symmetric()
        }
        C::KeyIdAmbiguous | C::KeyUseMismatch => !algorithm.is_symmetric(),
        C::SignatureDerEncoded | C::SignatureUnpadded => algorithm.family() == Family::Ecdsa,
        C::PssSaltLength => algorithm.family() == Family::RsaPss,
        C::ForeignResourceToken => algorithm == Algorithm::Rs256,
        C::AlgorithmMislabelled => !matches!(algorithm, Algorithm::EdDsa | Algorithm::MlDsa65),
        _ => true,
    }
}

/// How many tokens: so many, or as many as the environment asks for.
fn cases(few: u32) -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let default = ProptestConfig::default();
    let cases = if asked { default.cases } else { few };
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 16, ..default }
}

/// Plants every fault that applies, and asks for it.
fn come_back(algorithms: &[Algorithm], few: u32) {
    let mut failures = Vec::new();
    for algorithm in algorithms.iter().copied() {
        for (code, plant) in planters().filter(|(code, _)| applies(*code, algorithm)) {
            let count = Cell::new(0);
            let outcome = TestRunner::new(cases(few)).run(&written(), |written| {
                // A token may lack what the fault would damage: then another choice is made.
                let mut dice = Dice::new(written.seed);
                for _ in 0..8 {
                    let good = Good::new(&mut dice, algorithm, &written);
                    if let Some(planted) = plant(&mut dice, &good) {
                        count.set(count.get() + 1);
                        return comes_back(code, &planted, &good);
                    }
                }
                Err(TestCaseError::reject("this token has not what the fault damages"))
            });
            if let Err(error) = outcome {
                failures.push(format!("{code} in {algorithm}: {error}"));
            }
            assert!(count.get() > 0, "{code} was never planted into {algorithm}");
        }
    }
    assert!(failures.is_empty(), "{} kinds failed:\n{}", failures.len(), failures.join("\n"));
}

fn comes_back(code: Code, planted: &Planted, good: &Good) -> Result<(), TestCaseError> {
    let report = explain(planted.input.as_bytes(), &planted.around);
    let faults: Vec<String> = report
        .faults
        .iter()
        .map(|one| format!("{} [{}] {}", one.fault.code, one.certainty.as_str(), one.detail()))
        .collect();
    let input = planted.input.replace(&good.token, "TOKEN");
    let said = || format!("{input:?} gives {faults:#?}; the token is {}", good.token);
    let first = report.first();
    prop_assert_eq!(first.map(|first| first.fault.code), Some(code), "{}", said());
    prop_assert_eq!(first.map(|first| first.certainty), Some(Certainty::Proven), "{}", said());
    prop_assert_eq!(report.verdict, Verdict::Refused);
    prop_assert!(!first.is_some_and(|first| first.detail().contains("[]")), "{}", said());
    if let Some(repaired) = first.and_then(|first| first.repaired()) {
        let verdict = claviger_token::verify(
            repaired,
            planted.around.policy(),
            &good.guard(),
            crate::stage::NOW,
        );
        prop_assert!(verdict.is_ok(), "the repair is refused: {}", said());
    }
    Ok(())
}

#[test]
fn every_repairable_fault_has_a_planter() {
    let repairable: Vec<Code> =
        Code::ALL.iter().copied().filter(|code| code.proof() == Proof::Repair).collect();
    let mut planted: Vec<Code> = planters().map(|(code, _)| code).collect();
    planted.sort_unstable();
    assert_eq!(planted, repairable, "the catalogue and the planters name the same faults");
}

#[test]
fn faults_in_es256_come_back() {
    come_back(&[Algorithm::Es256], 8);
}

#[test]
fn faults_in_eddsa_come_back() {
    come_back(&[Algorithm::EdDsa], 8);
}

#[test]
fn faults_in_ml_dsa_come_back() {
    come_back(&[Algorithm::MlDsa65], 4);
}

#[test]
fn faults_in_the_larger_curves_come_back() {
    come_back(&[Algorithm::Es384, Algorithm::Es512], 2);
}

#[test]
fn faults_in_rsa_come_back() {
    come_back(&[Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512], 3);
}

#[test]
fn faults_in_rsa_pss_come_back() {
    come_back(&[Algorithm::Ps256, Algorithm::Ps384, Algorithm::Ps512], 3);
}

#[test]
fn faults_in_hmac_come_back() {
    come_back(&[Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512], 5);
}
