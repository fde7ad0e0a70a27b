//! Each check on both sides of its boundary.

use claviger_token::{
    Algorithm, Code, Expect, Key, KeyProblem, KeySet, KeySetProblem, Policy, Span, base64url,
    examine, verify,
};
use serde_json::{Value, json};

use super::agreement::{NOW, ed25519, good_claims, keys};

fn policy() -> Policy {
    Policy::access("https://id.example", "https://api.example")
}

fn with(changes: Value) -> String {
    sealed(&json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "ed-1"}), changes)
}

fn sealed(header: &Value, changes: Value) -> String {
    let mut claims = good_claims();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    ed25519(1, "ed-1").seal_with(header, &claims).unwrap()
}

fn judge(token: &str, policy: &Policy) -> Result<(), Code> {
    verify(token, policy, &keys(), NOW).map(drop).map_err(|fault| fault.code)
}

#[test]
fn claims_are_judged_on_both_sides_of_each_boundary() {
    for (changes, expected) in [
        (json!({}), Ok(())),
        (json!({"exp": NOW - 59}), Ok(())),
        (json!({"exp": NOW - 60}), Err(Code::Expired)),
        (json!({"exp": null}), Err(Code::ExpiryMissing)),
        (json!({"exp": "soon"}), Err(Code::ClaimType)),
        (json!({"exp": 1e300}), Err(Code::ClaimType)),
        (json!({"exp": -1}), Err(Code::ClaimType)),
        (json!({"exp": (NOW + 60) * 1000}), Err(Code::TimeInMilliseconds)),
        (json!({"nbf": NOW + 60}), Ok(())),
        (json!({"nbf": NOW + 61}), Err(Code::NotYetValid)),
        (json!({"iat": NOW + 60}), Ok(())),
        (json!({"iat": NOW + 61}), Err(Code::IssuedInFuture)),
        (json!({"iat": null}), Ok(())),
        (json!({"iss": "https://id.example/"}), Err(Code::IssuerMismatch)),
        (json!({"iss": null}), Err(Code::IssuerMissing)),
        (json!({"iss": ["https://id.example"]}), Err(Code::ClaimType)),
        (json!({"aud": ["https://other", "https://api.example"]}), Ok(())),
        (json!({"aud": ["https://other"]}), Err(Code::AudienceMismatch)),
        (json!({"aud": []}), Err(Code::AudienceMissing)),
        (json!({"aud": null}), Err(Code::AudienceMissing)),
        (json!({"aud": 5}), Err(Code::ClaimType)),
        (json!({"sub": null}), Err(Code::SubjectMissing)),
        (json!({"sub": ""}), Err(Code::SubjectMissing)),
        (json!({"cnf": {"jkt": "x"}}), Err(Code::SenderProofMissing)),
    ] {
        assert_eq!(judge(&with(changes.clone()), &policy()), expected, "{changes}");
    }
}

#[test]
fn headers_steer_nothing_that_the_policy_does_not_allow() {
    for (header, expected) in [
        (json!({"alg": "EdDSA", "kid": "ed-1"}), Ok(())),
        (json!({"alg": "Ed25519", "kid": "ed-1"}), Ok(())),
        (json!({"alg": "EdDSA", "kid": "ed-1", "typ": "application/at+jwt"}), Ok(())),
        (json!({"alg": "EdDSA", "kid": "ed-1", "typ": "JWT"}), Ok(())),
        (json!({"alg": "EdDSA", "kid": "ed-1", "typ": "dpop+jwt"}), Err(Code::TokenTypeMismatch)),
        (
            json!({"alg": "EdDSA", "kid": "ed-1", "typ": "rt+jwt"}),
            Err(Code::RefreshTokenAsAccessToken),
        ),
        (json!({"alg": "EdDSA", "kid": "ed-1", "x": {"legal": [1]}}), Ok(())),
        (json!({"alg": "EdDSA"}), Err(Code::KeyIdMissing)),
        (json!({"alg": "EdDSA", "kid": "ed-2"}), Err(Code::SignatureMismatch)),
        (json!({"alg": "EdDSA", "kid": "ed-9"}), Err(Code::KeyUnknown)),
        (json!({"alg": "EdDSA", "kid": 7}), Err(Code::ClaimType)),
        (json!({"alg": "EdDSA", "kid": "hs-1"}), Err(Code::KeyTypeMismatch)),
        (json!({"alg": "none"}), Err(Code::AlgorithmNone)),
        (json!({"alg": "nOnE"}), Err(Code::AlgorithmNone)),
        (json!({"alg": "eddsa", "kid": "ed-1"}), Err(Code::AlgorithmNotAllowed)),
        (json!({"kid": "ed-1"}), Err(Code::AlgorithmNotAllowed)),
        (json!({"alg": 1, "kid": "ed-1"}), Err(Code::ClaimType)),
        (json!({"alg": "HS256", "kid": "ed-1"}), Err(Code::KeyTypeMismatch)),
        (
            json!({"alg": "EdDSA", "kid": "ed-1", "crit": ["urn:x"], "urn:x": 1}),
            Err(Code::CriticalHeader),
        ),
        (json!({"alg": "EdDSA", "kid": "ed-1", "crit": "urn:x"}), Err(Code::CriticalHeader)),
        (json!({"alg": "EdDSA", "kid": "ed-1", "b64": false}), Err(Code::CriticalHeader)),
    ] {
        assert_eq!(judge(&sealed(&header, json!({})), &policy()), expected, "{header}");
    }
}

/// CVE-2018-0114 and its like: a key that stands in the token, or at an address that it names, judges nothing.
#[test]
fn a_key_that_a_token_brings_along_judges_nothing() {
    let forger = ed25519(9, "ed-9");
    let jwk = forger.public().unwrap().jwk().unwrap();
    for (name, brought) in [
        ("jwk", jwk),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/chain.pem")),
        ("x5c", json!(["MIIB"])),
    ] {
        for (kid, expected) in
            [("ed-1", Code::SignatureMismatch), ("ed-9", Code::KeyUnknown), ("", Code::KeyUnknown)]
        {
            let header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": kid, name: brought});
            let forged = forger.seal_with(&header, &good_claims()).unwrap();
            assert_eq!(judge(&forged, &policy()), Err(expected), "{name} {kid}");
        }
        // Nor is a good token worse for it.
        let header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "ed-1", name: brought});
        assert_eq!(judge(&sealed(&header, json!({})), &policy()), Ok(()), "{name}");
    }
}

/// RFC 8725 §3.5, on both sides of what RFC 7518 §3.2 and §3.3 demand.
#[test]
fn a_weak_key_verifies_nothing() {
    let rsa = |modulus: &[u8]| {
        let n = base64url::encode(modulus);
        Key::from_jwk(&json!({"kty": "RSA", "kid": "k", "n": n, "e": "AQAB"}))
    };
    let modulus = |bytes: usize| [&[0xC5][..], &vec![0x5A; bytes - 2], &[0xC5]].concat();
    let code = |algorithm: &str, key: Key| {
        let header = json!({"alg": algorithm, "typ": "at+jwt", "kid": "k"});
        let part = |value: &Value| base64url::encode(value.to_string());
        let token = format!("{}.{}.AAAA", part(&header), part(&good_claims()));
        let algorithms = vec![Algorithm::from_name(algorithm).unwrap()];
        let policy = Policy { algorithms, ..policy() };
        verify(&token, &policy, &KeySet::new(vec![key]), NOW).unwrap_err().code
    };
    assert_eq!(code("RS256", rsa(&modulus(128)).unwrap()), Code::KeyTooWeak);
    assert_eq!(code("RS256", rsa(&modulus(255)).unwrap()), Code::KeyTooWeak);
    assert_eq!(code("PS256", rsa(&modulus(255)).unwrap()), Code::KeyTooWeak);
    assert_eq!(code("RS256", rsa(&modulus(256)).unwrap()), Code::SignatureMismatch);
    for (algorithm, bytes) in [("HS256", 32), ("HS384", 48), ("HS512", 64)] {
        let secret = |bytes| Key::from_secret(&vec![7; bytes]).with_kid("k");
        assert_eq!(code(algorithm, secret(bytes - 1)), Code::KeyTooWeak, "{algorithm}");
        assert_eq!(code(algorithm, secret(bytes)), Code::SignatureMismatch, "{algorithm}");
    }
    // CVE-2017-15361: by each of the primes a power of 65537; 1 is one.
    let product = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157]
        .iter()
        .product::<u128>();
    let mut marked = product.to_be_bytes().to_vec();
    let shift = marked.iter().position(|byte| *byte != 0).unwrap();
    marked.drain(..shift);
    marked.resize(256, 0);
    marked[255] = 1;
    let refused = rsa(&marked).unwrap_err();
    assert!(refused.to_string().contains("CVE-2017-15361"), "{refused}");
    marked[255] = 3;
    rsa(&marked).unwrap();
}

/// RFC 8725 §3.7: what two readers could take for two things is refused, whoever signed it.
#[test]
fn what_is_not_utf_8_or_says_something_twice_is_refused() {
    let key = ed25519(1, "ed-1");
    let header = br#"{"alg":"EdDSA","typ":"at+jwt","kid":"ed-1"}"#;
    let good = good_claims().to_string();
    let twice = good.replacen('{', r#"{"sub":"admin","#, 1);
    let latin = [&good.as_bytes()[..good.len() - 1], b",\"name\":\"Andr\xe9\"}"].concat();
    for (header, payload, expected) in [
        (&header[..], good.as_bytes(), Ok(())),
        (&header[..], twice.as_bytes(), Err(Code::ClaimDuplicated)),
        (&header[..], latin.as_slice(), Err(Code::PayloadNotJson)),
        (
            &br#"{"alg":"EdDSA","alg":"none","typ":"at+jwt","kid":"ed-1"}"#[..],
            good.as_bytes(),
            Err(Code::ClaimDuplicated),
        ),
        (&b"{\"alg\":\"EdDSA\",\"kid\":\"\xe9\"}"[..], good.as_bytes(), Err(Code::HeaderNotJson)),
    ] {
        let token = claviger_testkit::mint::seal(&key, header, payload);
        assert_eq!(judge(&token, &policy()), expected, "{}", String::from_utf8_lossy(payload));
    }
}

#[test]
fn a_kind_of_token_never_passes_for_another() {
    let plain = json!({"alg": "EdDSA", "kid": "ed-1", "typ": "JWT"});
    let id = Policy { expect: Expect::Id, ..policy() };
    for (changes, expected) in [
        (json!({"at_hash": "x"}), Code::IdTokenAsAccessToken),
        (json!({"nonce": "x", "scope": null}), Code::IdTokenAsAccessToken),
        (json!({"token_use": "id"}), Code::IdTokenAsAccessToken),
        (json!({"typ": "Refresh"}), Code::RefreshTokenAsAccessToken),
        (
            json!({"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}),
            Code::TokenTypeMismatch,
        ),
        (json!({"htm": "GET", "htu": "https://x"}), Code::TokenTypeMismatch),
        (json!({"sub": "https://id.example", "scope": null}), Code::TokenTypeMismatch),
    ] {
        assert_eq!(judge(&sealed(&plain, changes.clone()), &policy()), Err(expected), "{changes}");
    }
    assert_eq!(judge(&sealed(&plain, json!({"nonce": "x", "scope": null})), &id), Ok(()));
    assert_eq!(judge(&with(json!({})), &id), Err(Code::TokenTypeMismatch));
    // RFC 9068's mark settles it.
    assert_eq!(judge(&with(json!({"nonce": "x", "scope": null})), &policy()), Ok(()));
}

#[test]
fn further_demands_are_judged() {
    let base = policy();
    for (policy, changes, expected) in [
        (Policy { scopes: vec!["a".into()], ..base.clone() }, json!({}), Ok(())),
        (
            Policy { scopes: vec!["c".into()], ..base.clone() },
            json!({}),
            Err(Code::ScopeInsufficient),
        ),
        (
            Policy { scopes: vec!["a".into()], ..base.clone() },
            json!({"scope": ["a"]}),
            Err(Code::ScopeInsufficient),
        ),
        (
            Policy { pinned: vec![("tid".into(), "t1".into())], ..base.clone() },
            json!({"tid": "t1"}),
            Ok(()),
        ),
        (
            Policy { pinned: vec![("tid".into(), "t1".into())], ..base.clone() },
            json!({"tid": ["t0", "t1"]}),
            Ok(()),
        ),
        (
            Policy { pinned: vec![("tid".into(), "1".into())], ..base.clone() },
            json!({"tid": 1}),
            Ok(()),
        ),
        (
            Policy { pinned: vec![("tid".into(), "t1".into())], ..base.clone() },
            json!({"tid": "t2"}),
            Err(Code::ClaimMismatch),
        ),
        (
            Policy { pinned: vec![("tid".into(), "t1".into())], ..base.clone() },
            json!({}),
            Err(Code::ClaimMismatch),
        ),
        (
            Policy { required: vec!["org".into()], ..base.clone() },
            json!({}),
            Err(Code::ClaimMismatch),
        ),
        (Policy { max_age: Some(300), ..base.clone() }, json!({}), Ok(())),
        (Policy { max_age: Some(299), ..base.clone() }, json!({}), Err(Code::LifetimeExcessive)),
        (
            Policy { max_age: Some(300), ..base.clone() },
            json!({"iat": null}),
            Err(Code::ClaimMismatch),
        ),
        (Policy { acr: vec!["gold".into()], ..base.clone() }, json!({"acr": "gold"}), Ok(())),
        (
            Policy { acr: vec!["gold".into()], ..base.clone() },
            json!({"acr": "tin"}),
            Err(Code::AuthenticationTooWeak),
        ),
        (
            Policy { max_auth_age: Some(60), ..base.clone() },
            json!({"auth_time": NOW - 200}),
            Err(Code::AuthenticationTooWeak),
        ),
        (Policy { sender_bound: true, ..base.clone() }, json!({"cnf": {"jkt": "x"}}), Ok(())),
        (
            Policy { algorithms: vec![Algorithm::Es256], ..base },
            json!({}),
            Err(Code::AlgorithmNotAllowed),
        ),
    ] {
        assert_eq!(judge(&with(changes.clone()), &policy), expected, "{policy:?} {changes}");
    }
}

#[test]
fn shapes_that_are_no_token_are_named() {
    let good = with(json!({}));
    let [header, payload, signature]: [&str; 3] =
        good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let b64 = |text: &str| base64url::encode(text);
    let jwe = format!("{}.a.b.c.d", b64(r#"{"alg":"dir","enc":"A256GCM"}"#));
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(40), "]".repeat(40));
    for (text, expected) in [
        (String::new(), Code::CredentialEmpty),
        ("opaque".to_owned(), Code::TokenOpaque),
        (format!("{header}.{payload}"), Code::SegmentCount),
        (format!("{good}.x"), Code::SegmentCount),
        (jwe, Code::TokenEncrypted),
        (format!("{header}.{payload}."), Code::SignatureStripped),
        (format!("{good}\n"), Code::WhitespaceAround),
        (format!(" {good}"), Code::WhitespaceAround),
        (
            format!("{header}.{} {}.{signature}", &payload[..9], &payload[9..]),
            Code::WhitespaceInside,
        ),
        (format!("{header}=.{payload}.{signature}"), Code::Base64Padding),
        (format!("{header}.{payload}.+{}", &signature[1..]), Code::Base64Alphabet),
        (format!("{header}.{payload}.{signature}!"), Code::Base64Invalid),
        (format!("{header}.{payload}.{}", &signature[..signature.len() - 1]), Code::Base64Invalid),
        (format!("{}.{payload}.{signature}", b64("hello")), Code::HeaderNotJson),
        (format!("{}.{payload}.{signature}", b64("[]")), Code::HeaderNotJson),
        (format!("{}.{payload}.{signature}", b64(&deep)), Code::HeaderNotJson),
        (
            format!("{}.{payload}.{signature}", b64(r#"{"alg":"EdDSA","x":{"a":1,"a":2}}"#)),
            Code::ClaimDuplicated,
        ),
        ("x".repeat(70_000), Code::SizeLimit),
    ] {
        assert_eq!(judge(&text, &policy()), Err(expected), "{}", &text[..text.len().min(60)]);
    }
}

#[test]
fn every_fault_of_a_token_is_found_at_once_and_pointed_at() {
    let token = with(json!({"exp": NOW - 3_600, "aud": "https://other", "sub": null}));
    let seen = examine(&token, &policy(), Some(&keys()), NOW);
    let codes: Vec<Code> = seen.faults().map(|fault| fault.code).collect();
    assert_eq!(codes, [Code::Expired, Code::AudienceMismatch, Code::SubjectMissing]);
    let Span { start, end } = seen.faults().next().unwrap().span.unwrap();
    // The characters under the caret hold the digits of `exp` and at most a character on either side.
    let payload_start = token.find('.').unwrap() + 1;
    let aligned = payload_start + (start - payload_start) / 4 * 4;
    let text =
        base64url::decode(&token[aligned..aligned + (end - aligned).div_ceil(4) * 4]).unwrap();
    assert!(String::from_utf8_lossy(&text).contains(&(NOW - 3_600).to_string()));
    // Without a key, the rest is found all the same.
    let open = examine(&token, &policy(), None, NOW);
    assert_eq!(open.faults().count(), 3);
}

#[test]
fn keys_say_what_they_are_instead() {
    for (text, expected) in [
        ("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----", KeyProblem::Private),
        ("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----", KeyProblem::Certificate),
        ("ssh-ed25519 AAAA me", KeyProblem::OpenSsh),
        (
            r"-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----",
            KeyProblem::EscapedNewlines,
        ),
        ("hello", KeyProblem::Malformed),
        ("-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----", KeyProblem::Malformed),
    ] {
        assert_eq!(Key::from_pem(text).unwrap_err().problem, expected, "{text}");
    }
    for (text, expected) in [
        ("<html>", KeySetProblem::Html),
        ("nope", KeySetProblem::NotJson),
        ("{}", KeySetProblem::NoKeys),
        (r#"{"keys":[]}"#, KeySetProblem::Empty),
        (r#"{"issuer":"x","jwks_uri":"y"}"#, KeySetProblem::Discovery),
        (r#"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB"}]}"#, KeySetProblem::Private),
        (r#"{"keys":[{"kty":"EC","crv":"secp256k1","x":"","y":""}]}"#, KeySetProblem::NoneUsable),
    ] {
        assert_eq!(KeySet::from_json(text).unwrap_err().problem, expected, "{text}");
    }
}

#[test]
fn nothing_secret_is_shown_by_debug() {
    let key = ed25519(7, "k");
    assert!(format!("{key:?}").contains("[redacted]"));
    let secret = Key::from_secret(b"hunter2hunter2hunter2");
    assert!(!format!("{secret:?}").contains("hunter2"));
    let verified = verify(&with(json!({})), &policy(), &keys(), NOW).unwrap();
    assert!(!format!("{verified:?}").contains("user-1"));
}
