//! The published JWS and JWK files of Wycheproof, read where they lie.

use std::path::PathBuf;

use claviger_token::{Algorithm, Code, Expect, Key, KeySet, Policy, SignatureState, examine};
use serde_json::Value;

/// The folder that `CLAVIGER_VECTORS` names. Without it a test says that it was skipped; CI sets it.
pub(crate) fn folder() -> Option<PathBuf> {
    match std::env::var_os("CLAVIGER_VECTORS") {
        Some(folder) => Some(PathBuf::from(folder)),
        None => {
            assert!(std::env::var_os("CI").is_none(), "CI must set CLAVIGER_VECTORS");
            eprintln!("skipped: CLAVIGER_VECTORS names no folder of published vectors");
            None
        }
    }
}

pub(crate) fn read(name: &str) -> Option<Value> {
    let path = folder()?.join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    Some(serde_json::from_str(&text).unwrap())
}

/// Cases that the file marks valid and this engine refuses, each for its reason.
const WRONGLY_VALID: &[(u64, &str)] = &[
    (346, "the JWK says PS256, the token PS384: a key's `alg` forbids all others (RFC 7517 §4.4)"),
    (350, "the JWK says PS256, the token PS384: a key's `alg` forbids all others (RFC 7517 §4.4)"),
    (347, "the JWK says `ES521`, which is no algorithm"),
    (351, "the JWK says `ES521`, which is no algorithm"),
    (372, "`?` stands inside the base64url"),
    (373, "`?` stands inside the base64url"),
];

/// Cases that the file marks invalid and this engine accepts, each for its reason.
const WRONGLY_INVALID: &[(u64, &str)] = &[
    (
        367,
        "named after a padding that the text does not have: it is canonical and its MAC is right",
    ),
    (370, "the same text as 367"),
];

/// The same for the file of keys.
const KEYS_WRONGLY_INVALID: &[(u64, &str)] = &[(
    4,
    "one `kid` stands twice: the first key of the name judges; that another one verifies is a fault \
     of its own (key-id-ambiguous), that the first one does is none",
)];

fn keys(group: &Value) -> Option<KeySet> {
    let jwk = group.get("public").or_else(|| group.get("private"))?;
    Some(KeySet::new(vec![Key::from_jwk(jwk).ok()?]))
}

#[test]
fn json_web_signatures_are_judged_as_published() {
    let Some(file) = read("wycheproof/json_web_signature_test.json") else { return };
    let (mut judged, mut wrong) = (0, Vec::new());
    for group in file["testGroups"].as_array().unwrap() {
        let keys = keys(group);
        for test in group["tests"].as_array().unwrap() {
            let id = test["tcId"].as_u64().unwrap();
            let Some(jws) = test["jws"].as_str() else {
                // The JSON serialisation is no bearer token: it is refused as what it is.
                continue;
            };
            judged += 1;
            let accepted = keys.as_ref().is_some_and(|keys| {
                let seen = examine(jws, &Policy::default(), Some(keys), 0);
                // The payloads are no claims sets: what is judged here is the signature layer.
                seen.signature() == SignatureState::Verified
                    && seen
                        .faults()
                        .all(|fault| matches!(fault.code, Code::PayloadNotJson | Code::KeyTooWeak))
            });
            let named = |list: &[(u64, &str)]| list.iter().any(|(no, _)| *no == id);
            let valid =
                (test["result"] == "valid" && !named(WRONGLY_VALID)) || named(WRONGLY_INVALID);
            if accepted != valid {
                wrong.push(format!(
                    "{id}: {} ({}), accepted: {accepted}",
                    test["comment"], test["result"]
                ));
            }
        }
    }
    println!("{judged} cases");
    assert!(judged > 350, "only {judged} cases were judged");
    assert!(wrong.is_empty(), "{} of {judged}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn json_web_keys_are_read_as_published() {
    let Some(file) = read("wycheproof/json_web_key_test.json") else { return };
    let mut wrong = Vec::new();
    let mut judged = 0;
    for group in file["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            judged += 1;
            let keys = ["public", "private"]
                .iter()
                .find_map(|name| group.get(*name))
                .map(|value| KeySet::from_json(&value.to_string()));
            let jws = test["jws"].as_str().unwrap_or_default();
            let policy = Policy { expect: Expect::Any, ..Policy::default() };
            let accepted = matches!(&keys, Some(Ok(keys))
                if examine(jws, &policy, Some(keys), 0).signature() == SignatureState::Verified
                    && examine(jws, &policy, Some(keys), 0)
                        .faults()
                        .all(|fault| fault.code == Code::PayloadNotJson));
            let named = KEYS_WRONGLY_INVALID.iter().any(|(no, _)| test["tcId"] == *no);
            if accepted != (test["result"] == "valid" || named) {
                wrong.push(format!(
                    "{}: {} ({}), accepted: {accepted} {:?}",
                    test["tcId"],
                    test["comment"],
                    test["result"],
                    keys.map(|k| k.err())
                ));
            }
        }
    }
    println!("{judged} cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The curve points of the ECDH files: a point that is not on its curve is no key.
#[test]
fn invalid_points_are_no_keys() {
    let (mut good, mut bad) = (0, 0);
    for name in ["ecdh_secp256r1_webcrypto", "ecdh_secp384r1_webcrypto", "ecdh_secp521r1_webcrypto"]
    {
        let Some(file) = read(&format!("wycheproof/{name}_test.json")) else { return };
        for group in file["testGroups"].as_array().unwrap() {
            for test in group["tests"].as_array().unwrap() {
                let read = Key::from_jwk(&test["public"]);
                let flags = test["flags"].to_string();
                // A good point of another curve is a good key, if not for that exchange.
                let is_point_at_fault = (flags.contains("InvalidCurveAttack")
                    || flags.contains("ModifiedPublicPoint"))
                    && !flags.contains("ModifiedGroup");
                if is_point_at_fault {
                    bad += 1;
                    assert!(read.is_err(), "{name} {}", test["tcId"]);
                } else if test["result"] == "valid" {
                    good += 1;
                    assert!(read.is_ok(), "{name} {}: {:?}", test["tcId"], read.err());
                }
            }
        }
    }
    println!("{good} good points, {bad} bad ones");
    assert!(good > 1_000 && bad > 10);
}

#[test]
fn the_table_of_algorithms_reads_back() {
    for algorithm in Algorithm::ALL {
        assert_eq!(Algorithm::from_name(algorithm.name()), Some(*algorithm));
        assert_eq!(Algorithm::from_name(&algorithm.name().to_lowercase()), None);
    }
}
