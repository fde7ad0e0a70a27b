//! `verify` and `examine` cannot disagree, whatever comes in.

use claviger_token::{
    Algorithm, Expect, Fault, Key, KeySet, Policy, SigningKey, Verdict, base64url, examine, verify,
};
use proptest::prelude::*;
use serde_json::{Value, json};

pub(crate) const NOW: i64 = 1_795_000_000;
const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

/// Ed25519 from a fixed seed: a key that costs nothing to make.
pub(crate) fn ed25519(seed: u8, kid: &str) -> SigningKey {
    let mut pkcs8 = vec![0x30, 0x2E, 2, 1, 0, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 4, 0x22, 4, 0x20];
    pkcs8.extend([seed; 32]);
    SigningKey::from_pkcs8(Algorithm::EdDsa, Some(kid.to_owned()), &pkcs8).unwrap()
}

/// A key that signs only where the policy names its algorithm.
fn ml_dsa() -> SigningKey {
    claviger_testkit::keys::signing_as(Algorithm::MlDsa65, "ml-1")
}

pub(crate) fn keys() -> KeySet {
    KeySet::new(vec![
        ed25519(1, "ed-1").public().unwrap(),
        ed25519(2, "ed-2").public().unwrap(),
        Key::from_secret(SECRET).with_kid("hs-1"),
        ml_dsa().public().unwrap(),
    ])
}

pub(crate) fn good_claims() -> Value {
    json!({
        "iss": "https://id.example", "aud": "https://api.example", "sub": "user-1",
        "client_id": "web", "iat": NOW - 60, "exp": NOW + 240, "jti": "t1", "scope": "a b",
    })
}

fn a_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        Just(json!([])),
        Just(json!({})),
        Just(json!(["https://api.example", 5])),
        Just(json!({"jkt": "x"})),
        Just(json!("https://id.example")),
        Just(json!("https://api.example/")),
        Just(json!("1795000000")),
        (-10i64..10).prop_map(|n| json!(NOW + n * 30)),
        Just(json!((NOW + 100) * 1000)),
        Just(json!(1e300)),
        Just(json!(-1)),
        ".{0,12}".prop_map(|s| json!(s)),
    ]
}

fn a_policy() -> impl Strategy<Value = Policy> {
    (any::<[bool; 6]>(), 0u64..120).prop_map(|(on, leeway)| Policy {
        issuers: if on[0] { vec!["https://id.example".to_owned()] } else { vec![] },
        audiences: if on[1] { vec!["https://api.example".to_owned()] } else { vec![] },
        scopes: if on[2] { vec!["a".to_owned()] } else { vec![] },
        expect: if on[3] { Expect::Access } else { Expect::Any },
        max_age: on[4].then_some(600),
        algorithms: if on[5] { vec![Algorithm::EdDsa, Algorithm::MlDsa65] } else { vec![] },
        leeway,
        ..Policy::default()
    })
}

/// A token that is good but for some changed claims, a changed header, or a changed character.
fn a_token() -> impl Strategy<Value = String> {
    let names =
        ["iss", "aud", "sub", "iat", "exp", "nbf", "scope", "cnf", "nonce", "typ", "jti", "acr"];
    let claim = (proptest::sample::select(names.to_vec()), proptest::option::of(a_value()));
    let member = (
        proptest::sample::select(vec!["alg", "kid", "typ", "crit", "b64", "zip"]),
        proptest::option::of(a_value()),
    );
    let edit = proptest::option::of((any::<prop::sample::Index>(), any::<char>()));
    (
        proptest::collection::vec(claim, 0..3),
        proptest::option::of(member),
        0u8..4,
        proptest::option::weighted(0.3, edit),
    )
        .prop_map(|(claims, member, which, edit)| {
            let mut payload = good_claims();
            for (name, value) in claims {
                match value {
                    Some(value) => payload[name] = value,
                    None => drop(payload.as_object_mut().unwrap().remove(name)),
                }
            }
            let key = match which {
                0 => ed25519(1, "ed-1"),
                1 => ed25519(2, "ed-1"),
                2 => ml_dsa(),
                _ => {
                    SigningKey::from_secret(Algorithm::Hs256, Some("hs-1".into()), SECRET).unwrap()
                }
            };
            let mut header = json!({"alg": key.algorithm().name(), "kid": key.kid()});
            if let Some((name, value)) = member {
                match value {
                    Some(value) => header[name] = value,
                    None => drop(header.as_object_mut().unwrap().remove(name)),
                }
            }
            let mut token = key.seal_with(&header, &payload).unwrap();
            if let Some(Some((at, character))) = edit {
                let mut text: Vec<char> = token.chars().collect();
                let at = at.index(text.len());
                text[at] = character;
                token = text.into_iter().collect();
            }
            token
        })
}

/// Whether all evidence is there that the sentence cannot do without.
fn has_its_evidence(fault: &Fault) -> bool {
    let mut needed = String::new();
    let mut optional = false;
    for c in fault.code.sentence().chars() {
        match c {
            '[' => optional = true,
            ']' => optional = false,
            c if !optional => needed.push(c),
            _ => {}
        }
    }
    needed
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .all(|name| fault.fact(name).is_some())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn the_verdict_is_the_first_finding(token in a_token(), policy in a_policy(), shift in -400i64..400) {
        let keys = keys();
        let now = NOW + shift;
        let seen = examine(&token, &policy, Some(&keys), now);
        match verify(&token, &policy, &keys, now) {
            Ok(verified) => {
                prop_assert_eq!(seen.faults().count(), 0);
                prop_assert_eq!(seen.verdict(), Verdict::Accepted);
                prop_assert!(verified.still_valid(&policy, now).is_ok());
            }
            Err(fault) => {
                prop_assert_eq!(seen.faults().next(), Some(&*fault));
                prop_assert_eq!(seen.verdict(), Verdict::Refused);
                prop_assert!(has_its_evidence(&fault), "{} lacks evidence", fault.code);
            }
        }
    }

    #[test]
    fn any_text_gets_one_verdict_and_no_panic(text in "\\PC{0,80}") {
        let keys = keys();
        let fault = verify(&text, &Policy::default(), &keys, NOW).unwrap_err();
        let seen = examine(&text, &Policy::default(), Some(&keys), NOW);
        prop_assert_eq!(seen.faults().next(), Some(&*fault));
    }

    #[test]
    fn any_three_segments_get_one_verdict_and_no_panic(parts: [Vec<u8>; 3]) {
        let text = parts.map(base64url::encode).join(".");
        prop_assert!(verify(&text, &Policy::default(), &keys(), NOW).is_err());
    }

    #[test]
    fn a_remembered_token_ages_as_a_fresh_one_does(policy in a_policy(), shift in -400i64..400) {
        let keys = keys();
        let token = ed25519(1, "ed-1").seal("at+jwt", &good_claims()).unwrap();
        let Ok(verified) = verify(&token, &policy, &keys, NOW) else { return Ok(()) };
        let now = NOW + shift;
        let again = verify(&token, &policy, &keys, now).map(drop).map_err(|fault| fault.code);
        prop_assert_eq!(verified.still_valid(&policy, now).map_err(|fault| fault.code), again);
    }
}
