//! What is fuzzed and what must hold for any bytes. The fuzz targets call these functions with what the
//! fuzzer invents; a test of the command-line crate calls them with every input that was kept.

use claviger_explain::{Report, Surroundings, TextStyle, explain as examine_input, text};
use claviger_protocol::{Form, Presented};
use claviger_testkit::keys;
use claviger_testkit::mint::mint;
use claviger_token::{
    Algorithm, Key, KeySet, Members, Policy, Strictness, Token, Verdict, base64url, examine,
    presentation, revocation, verify,
};
use serde_json::json;

const NOW: i64 = 1_795_000_000;
const ISSUER: &str = "https://id.example.test";
const AUDIENCE: &str = "https://api.example.test";
/// Stands for a good token in an input: a fuzzer cannot sign.
const GOOD: u8 = 0xFE;
/// A stretch of a signature that may appear nowhere.
const REVEALING: usize = 20;

fn policy() -> Policy {
    Policy::access(ISSUER, AUDIENCE)
}

fn good(algorithm: Algorithm) -> String {
    let claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "user-4711", "client_id": "web", "iat": NOW - 60,
        "exp": NOW + 240, "jti": "c2Vzc2lvbi00NzEx", "scope": "orders:read profile",
    });
    mint(algorithm, &json!({}), &claims)
}

fn key_set(algorithm: Algorithm) -> String {
    keys::jwks(&[keys::signing(algorithm)]).to_string()
}

/// All forms of a report; none may panic.
fn render(report: &Report) -> [String; 3] {
    [
        serde_json::to_string(report).expect("a report is JSON"),
        text(report, &TextStyle { color: true, width: 40, show_repaired: false }),
        format!("{report:?}"),
    ]
}

/// The recogniser, and everything that needs no key.
pub fn recognise(data: &[u8]) {
    let surroundings = Surroundings::new(Policy::default(), NOW).with_budget(20);
    let report = examine_input(data, &surroundings);
    assert_ne!(report.verdict, Verdict::Accepted, "without a key nothing is accepted");
    render(&report);
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
    let mut input = Vec::with_capacity(rest.len() + token.len());
    for byte in rest {
        match *byte {
            GOOD if input.len() < 64 * 1024 => input.extend_from_slice(token.as_bytes()),
            byte => input.push(byte),
        }
    }
    let surroundings = Surroundings::new(policy(), NOW).with_budget(30);
    let (surroundings, keys) = if algorithm.is_symmetric() {
        let set = KeySet::new(vec![Key::from_secret(keys::SECRET)]);
        (surroundings.with_secret("secret", keys::SECRET), set)
    } else {
        let text = key_set(algorithm);
        let set = KeySet::from_json(&text).expect("a key set");
        (surroundings.with_key_set("jwks.json", text.as_bytes()), set)
    };
    let report = examine_input(&input, &surroundings);
    if report.verdict == Verdict::Accepted {
        assert!(verify(&token, &policy(), &keys, NOW).is_ok());
        let said = String::from_utf8_lossy(&input).replace('\0', "");
        assert!(said.contains(&token), "accepted, and no good token is in it");
    } else {
        assert!(!report.faults.is_empty() || report.verdict == Verdict::Undetermined);
    }
    let signature = token.rsplit('.').next().expect("a signature");
    for said in render(&report) {
        for start in (0..signature.len() - REVEALING).step_by(4) {
            let part = &signature[start..start + REVEALING];
            assert!(!said.contains(part), "a signature is shown: {said}");
        }
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
    render(&report);
}
