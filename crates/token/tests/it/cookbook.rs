//! The examples of RFC 7520, as published by its authors and as kept by another project.

use std::path::Path;

use claviger_token::{
    Algorithm, Key, KeySet, Policy, SignatureState, SigningKey, base64url, examine,
};
use serde_json::Value;

use super::vectors::{folder, read};

/// The public half of a JWK that holds the private one too.
fn public(jwk: &Value) -> Key {
    let mut jwk = jwk.clone();
    for private in claviger_token::PRIVATE_MEMBERS {
        jwk.as_object_mut().unwrap().remove(*private);
    }
    Key::from_jwk(&jwk).unwrap()
}

/// Examples without a compact form over base64url, each with its reason.
const NO_COMPACT_FORM: &[(&str, &str)] = &[
    ("4_5", "detached content: the payload travels elsewhere"),
    ("4_6", "protects some header fields only: JSON serialisation"),
    ("4_7", "protects the content only: JSON serialisation"),
    ("4_8", "several signatures: JSON serialisation"),
];

#[test]
fn the_compact_examples_of_rfc_7520_verify() {
    let Some(folder) = folder() else { return };
    let mut verified = 0;
    for entry in std::fs::read_dir(folder.join("rfc7520-cookbook/jws")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if NO_COMPACT_FORM.iter().any(|(no, _)| name.starts_with(no)) {
            continue;
        }
        let example: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let jws = example["output"]["compact"].as_str().unwrap();
        let keys = KeySet::new(vec![public(&example["input"]["key"])]);
        let seen = examine(jws, &Policy::default(), Some(&keys), 0);
        assert_eq!(seen.signature(), SignatureState::Verified, "{name}: {:?}", seen.findings);
        let payload = example["input"]["payload"].as_str().unwrap();
        assert_eq!(seen.token().unwrap().payload_bytes(), payload.as_bytes(), "{name}");
        verified += 1;
    }
    assert_eq!(verified, 4);
}

#[test]
fn the_ed25519_example_of_rfc_8037_verifies_and_is_signed_alike() {
    let Some(example) = read("rfc7520-cookbook/curve25519/jws.json") else { return };
    let jws = example["output"]["compact"].as_str().unwrap();
    let jwk = &example["input"]["key"];
    let keys = KeySet::new(vec![public(jwk)]);
    let seen = examine(jws, &Policy::default(), Some(&keys), 0);
    assert_eq!(seen.signature(), SignatureState::Verified);
    // EdDSA is deterministic: the same input gives the same signature.
    let seed = base64url::decode(jwk["d"].as_str().unwrap()).unwrap();
    let mut pkcs8 = vec![0x30, 0x2E, 2, 1, 0, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 4, 0x22, 4, 0x20];
    pkcs8.extend(seed);
    let signing = SigningKey::from_pkcs8(Algorithm::EdDsa, None, &pkcs8).unwrap();
    let signature = signing.sign(seen.token().unwrap().signing_input().as_bytes()).unwrap();
    assert_eq!(signature, seen.token().unwrap().signature());
    // RFC 8037 A.3.
    assert_eq!(signing.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn the_keys_of_rfc_7520_are_read_and_private_ones_refused() {
    let Some(folder) = folder() else { return };
    let folder = folder.join("rfc7520-cookbook/jwk");
    let jwk = |name: &str| -> Value {
        let path = Path::new(&folder).join(name);
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    };
    assert!(Key::from_jwk(&jwk("3_1.ec_public_key.json")).is_ok());
    assert!(Key::from_jwk(&jwk("3_3.rsa_public_key.json")).is_ok());
    assert!(Key::from_jwk(&jwk("3_5.symmetric_key_mac_computation.json")).is_ok());
    assert!(Key::from_jwk(&jwk("3_2.ec_private_key.json")).is_err());
    assert!(Key::from_jwk(&jwk("3_4.rsa_private_key.json")).is_err());
    // The public key in 3.3 is the public half of 3.4.
    let whole = public(&jwk("3_4.rsa_private_key.json"));
    let half = Key::from_jwk(&jwk("3_3.rsa_public_key.json")).unwrap();
    assert_eq!(whole.thumbprint(), half.thumbprint());
}

#[test]
fn the_other_projects_cookbook_verifies_too() {
    let Some(file) = read("jose-cookbook/jws.json") else { return };
    let mut verified = 0;
    for example in file.as_array().unwrap() {
        let Some(jws) = example["output"]["compact"].as_str() else { continue };
        let detached = jws.contains("..");
        let unencoded = example.to_string().contains("\"b64\":false");
        if detached || unencoded {
            // RFC 7515 appendix F and RFC 7797: no bearer token comes without its claims.
            continue;
        }
        let Some(jwk) = example["input"].get("key").filter(|key| key.is_object()) else { continue };
        if jwk["kty"] == "AKP" {
            // ML-DSA: not among this engine's algorithms.
            continue;
        }
        let keys = KeySet::new(vec![public(jwk)]);
        let seen = examine(jws, &Policy::default(), Some(&keys), 0);
        assert_eq!(seen.signature(), SignatureState::Verified, "{}", example["title"]);
        verified += 1;
    }
    assert!(verified >= 4, "{verified}");
}
