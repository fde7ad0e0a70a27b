//! ML-DSA-65 (RFC 9964): the published example, its keys, and that it counts only where it is named.

use claviger_testkit::keys::{der, private_pem, signing};
use claviger_token::{
    Algorithm, Code, Expect, Key, KeyKind, KeyProblem, KeySet, Policy, SignatureState, SigningKey,
    base64url, examine, verify,
};
use serde_json::{Value, json};

use super::agreement::{NOW, good_claims};

/// The example of RFC 9964, appendix A: a JWK with its private half, and what it signed.
fn example() -> (Value, String) {
    let example: Value =
        serde_json::from_str(include_str!("../data/rfc9964-ml-dsa-65.json")).unwrap();
    (example["jwk"].clone(), example["jws"].as_str().unwrap().to_owned())
}

/// Its public half.
fn published() -> Value {
    let (mut jwk, _) = example();
    jwk.as_object_mut().unwrap().remove("priv");
    jwk
}

/// The PKCS#8 of a seed (RFC 9881 §6).
fn pkcs8(seed: &[u8]) -> Vec<u8> {
    let head = [
        0x30, 0x34, 2, 1, 0, 0x30, 0x0B, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 0x12, 4, 0x22,
        0x80, 0x20,
    ];
    [&head[..], seed].concat()
}

fn policy(algorithms: &[Algorithm]) -> Policy {
    Policy {
        algorithms: algorithms.to_vec(),
        ..Policy::access("https://id.example", "https://api.example")
    }
}

#[test]
fn the_example_of_rfc_9964_verifies_and_its_seed_gives_its_key() {
    let (jwk, jws) = example();
    let key = Key::from_jwk(&published()).unwrap();
    assert_eq!((key.kind(), key.kind().as_str()), (KeyKind::MlDsa65, "ML-DSA-65"));
    assert_eq!(key.thumbprint(), jwk["kid"], "RFC 9964 §6: the `kid` is the thumbprint");
    let keys = KeySet::new(vec![key]);
    let named = Policy { algorithms: vec![Algorithm::MlDsa65], ..Policy::default() };
    let seen = examine(&jws, &named, Some(&keys), 0);
    assert_eq!(seen.signature(), SignatureState::Verified, "{:?}", seen.findings);

    let seed = base64url::decode(jwk["priv"].as_str().unwrap()).unwrap();
    let signing = SigningKey::from_pkcs8(Algorithm::MlDsa65, None, &pkcs8(&seed)).unwrap();
    assert_eq!(signing.kid(), jwk["kid"]);
    assert_eq!(signing.jwk()["pub"], jwk["pub"]);
    assert_eq!(signing.jwk()["kty"], "AKP");
    assert_eq!(signing.jwk()["alg"], "ML-DSA-65");
    assert!(signing.jwk().get("priv").is_none());
    assert!(!format!("{signing:?}").contains("pair"), "{signing:?}");
    let input = seen.token().unwrap().signing_input().as_bytes();
    let signature = signing.sign(input).unwrap();
    assert_eq!(Some(signature.len()), Algorithm::MlDsa65.signature_bytes());
    assert!(keys.keys()[0].verifies(Algorithm::MlDsa65, input, &signature));
    assert!(!keys.keys()[0].verifies(Algorithm::EdDsa, input, &signature));
}

#[test]
fn it_counts_only_where_it_is_named() {
    let key = signing(Algorithm::MlDsa65);
    let set = KeySet::new(vec![key.public().unwrap()]);
    let token = key.seal("at+jwt", &good_claims()).unwrap();
    assert!(token.len() > 4412, "the signature alone has 4412 characters");
    verify(&token, &policy(&[Algorithm::MlDsa65]), &set, NOW).unwrap();
    verify(&token, &policy(&[Algorithm::Es256, Algorithm::MlDsa65]), &set, NOW).unwrap();
    for (named, said) in [
        (&[][..], "`alg` is `ML-DSA-65`: it is accepted only where the API names it"),
        (&[Algorithm::Es256][..], "`alg` is `ML-DSA-65`; allowed is `ES256`"),
    ] {
        let fault = verify(&token, &policy(named), &set, NOW).unwrap_err();
        assert_eq!(fault.code, Code::AlgorithmNotAllowed);
        assert_eq!(fault.detail(), said);
        let seen = examine(&token, &policy(named), Some(&set), NOW);
        assert_eq!(seen.signature(), SignatureState::Verified, "explain still knows who signed");
    }
    let named: Vec<_> = Algorithm::ALL.iter().filter(|one| one.must_be_named()).collect();
    assert_eq!(named, [&Algorithm::MlDsa65]);
    assert!(Policy { expect: Expect::Any, ..Policy::default() }.allows(Algorithm::Rs256));
}

#[test]
fn a_private_key_is_refused() {
    let (jwk, _) = example();
    let error = Key::from_jwk(&jwk).unwrap_err();
    assert_eq!(error.problem, KeyProblem::Private);
    assert_eq!(error.to_string(), "the JWK is a private key (it has `priv`)");
    assert!(KeySet::from_json(&json!({ "keys": [jwk] }).to_string()).is_err());
    assert_eq!(
        Key::from_pem(private_pem(Algorithm::MlDsa65)).unwrap_err().problem,
        KeyProblem::Private
    );
}

#[test]
fn a_broken_or_foreign_key_is_told_by_what_is_wrong() {
    let with = |name: &str, value: Value| {
        let mut jwk = published();
        jwk[name] = value;
        Key::from_jwk(&jwk).map(drop).map_err(|error| (error.problem, error.reason))
    };
    let short = base64url::encode([7; 1951]);
    for (name, value, problem, said) in [
        ("pub", json!(short), KeyProblem::Malformed, "an ML-DSA-65 public key is 1952 bytes long"),
        ("pub", json!(null), KeyProblem::Malformed, "the JWK has no text `pub`"),
        ("pub", json!("?"), KeyProblem::Malformed, "the JWK's `pub` is no base64url"),
        (
            "alg",
            json!(null),
            KeyProblem::Malformed,
            "the JWK has no text `alg`, which says what an AKP key is",
        ),
        (
            "alg",
            json!("ML-DSA-87"),
            KeyProblem::Unsupported,
            "a key type that is not supported (`AKP`, algorithm `ML-DSA-87`)",
        ),
    ] {
        assert_eq!(with(name, value).unwrap_err(), (problem, said.to_owned()), "{name}");
    }
    // A set keeps its other keys.
    let mut stranger = published();
    stranger["alg"] = json!("ML-DSA-44");
    let set = json!({ "keys": [stranger, published()] }).to_string();
    let set = KeySet::from_json(&set).unwrap();
    assert_eq!((set.keys().len(), set.rejected().len()), (1, 1));
}

#[test]
fn a_signing_key_is_of_its_own_algorithm() {
    let seed = pkcs8(&[7; 32]);
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Rs256] {
        assert!(SigningKey::from_pkcs8(algorithm, None, &seed).is_err(), "{algorithm}");
        let other = der(private_pem(algorithm));
        assert!(SigningKey::from_pkcs8(Algorithm::MlDsa65, None, &other).is_err(), "{algorithm}");
    }
    // ML-DSA-44 and -87 are other keys.
    for parameters in [0x11, 0x13] {
        let mut other = seed.clone();
        other[17] = parameters;
        assert!(SigningKey::from_pkcs8(Algorithm::MlDsa65, None, &other).is_err());
    }
    assert!(SigningKey::from_pkcs8(Algorithm::MlDsa65, None, &seed[..seed.len() - 1]).is_err());
    assert!(SigningKey::from_secret(Algorithm::MlDsa65, None, &[7; 32]).is_err());
}
