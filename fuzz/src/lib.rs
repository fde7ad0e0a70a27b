//! What is fuzzed and what must hold for any bytes. The fuzz targets call these functions with what the
//! fuzzer invents; a test of the command-line crate calls them with every input that was kept.

mod logs;
mod messages;
mod pairs;
mod proofs;
mod stage;

use claviger_explain::{Surroundings, explain as examine_input};
use claviger_protocol::{Form, Presented};
use claviger_token::{
    Algorithm, Key, KeySet, Members, Strictness, Token, Verdict, base64url, examine, presentation,
    revocation, verify,
};

pub use self::logs::batch;
pub use self::messages::message;
pub use self::pairs::diff;
pub use self::proofs::proof;
use self::stage::{NOW, good, keyed, keyless, planted, policy, render, reveals_nothing, stands_in};

/// The recogniser, and everything that needs no key.
pub fn recognise(data: &[u8]) {
    let report = examine_input(data, &keyless(20));
    assert_ne!(report.verdict, Verdict::Accepted, "without a key nothing is accepted");
    render(&report, data);
}

/// The parsers of the token and protocol crates.
pub fn parse(data: &[u8]) {
    let Ok(words) = std::str::from_utf8(data) else {
        // Header values are bytes.
        drop(presentation::bearer([data]));
        drop(Form::parse(data));
        return;
    };
    if let Ok(token) = Token::parse(words) {
        let again = [token.header_bytes(), token.payload_bytes(), token.signature()];
        assert_eq!(again.map(base64url::encode).join("."), words, "one text for one token");
    }
    for strictness in [Strictness::EveryDepth, Strictness::TopLevel] {
        if let Ok(members) = Members::parse(data.to_vec(), strictness) {
            if let Err(error) = serde_json::from_slice::<serde_json::Value>(data) {
                // Good JSON all the same (RFC 8259 §6): the number is read when it is asked for.
                assert!(error.to_string().contains("number out of range"), "only we read it");
            }
            for name in members.names() {
                assert!(members.contains(&name));
            }
        }
    }
    if let Ok(bytes) = base64url::decode(words) {
        assert_eq!(base64url::encode(bytes), words, "one text for the same bytes");
    }
    let now = NOW;
    let set = KeySet::from_json(words).ok();
    let none = KeySet::new(Vec::new());
    let verdict = verify(words, &policy(), set.as_ref().unwrap_or(&none), now);
    let examined = examine(words, &policy(), set.as_ref(), now);
    if let Err(fault) = verdict {
        if set.is_some() {
            let first = examined.faults().next().expect("what is refused has a fault");
            assert_eq!(first.code, fault.code, "one list of checks");
        }
    } else {
        assert_eq!(examined.verdict(), Verdict::Accepted);
    }
    drop(Key::from_pem(words));
    if let Ok(jwk) = serde_json::from_str(words) {
        drop(Key::from_jwk(&jwk));
    }
    if let Some(entry) = revocation::Entry::from_json(1, words) {
        assert_eq!(revocation::Entry::from_json(1, &entry.to_json()), Some(entry));
    }
    drop(presentation::bearer([data]));
    if let Ok(form) = Form::parse(data) {
        drop(Presented::read([data], &form));
    }
}

/// The whole of explain with keys. The first byte chooses the algorithm.
pub fn explain(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let algorithm = match first % 3 {
        0 => Algorithm::EdDsa,
        1 => Algorithm::Hs256,
        _ => Algorithm::Rs256,
    };
    let token = good(algorithm);
    let input = planted(rest, &token);
    let (surroundings, keys) = keyed(algorithm, 30);
    let report = examine_input(&input, &surroundings);
    if report.verdict == Verdict::Accepted {
        assert!(verify(&token, &policy(), &keys, NOW).is_ok());
        assert!(stands_in(&token, &input), "accepted, and no good token is in it");
    } else {
        assert!(!report.faults.is_empty() || report.verdict == Verdict::Undetermined);
    }
    for said in render(&report, &input) {
        reveals_nothing(&token, &said);
    }
}

/// Keys, key sets and secrets from outside, in all the spellings that are tried.
pub fn keys(data: &[u8]) {
    let Some((first, given)) = data.split_first() else { return };
    let algorithm = if first % 2 == 0 { Algorithm::Hs256 } else { Algorithm::EdDsa };
    let surroundings = Surroundings::new(policy(), NOW)
        .with_secret("secret", given)
        .with_key("key", given)
        .with_key_set("jwks", given)
        .with_budget(10);
    let report = examine_input(good(algorithm).as_bytes(), &surroundings);
    assert!(!format!("{surroundings:?}").contains("SECRET"));
    render(&report, given);
}
