//! DPoP proofs: what RFC 9449 §4.3 asks of one, each rule with its refusal.

use claviger_testkit::keys;
use claviger_testkit::mint::{seal, with};
use claviger_token::dpop::{
    Expected, FURTHEST_AHEAD, LONGEST_AGE, LONGEST_ID, LONGEST_PROOF, Misfit, Proof, ProofError,
    algorithms, verify,
};
use claviger_token::{Algorithm, base64url};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: i64 = 1_795_428_000;
const URL: &str = "https://id.example/token";

fn expected(token: Option<&str>) -> Expected<'_> {
    Expected { method: "POST", url: URL, token }
}

fn claims() -> Value {
    json!({ "htm": "POST", "htu": URL, "iat": NOW, "jti": "p-1" })
}

fn proof_of(algorithm: Algorithm, header: &Value, claims: &Value) -> String {
    let key = keys::signing(algorithm);
    let public = key.public().unwrap().jwk().unwrap();
    let jwk = with(public, &json!({ "kid": null, "alg": null, "use": null }));
    let whole = with(json!({ "typ": "dpop+jwt", "alg": algorithm.name(), "jwk": jwk }), header);
    seal(&key, whole.to_string().as_bytes(), claims.to_string().as_bytes())
}

fn proof(header: &Value, changes: &Value) -> String {
    proof_of(Algorithm::Es256, header, &with(claims(), changes))
}

fn judged(text: &str) -> Result<Proof, ProofError> {
    verify(text, &expected(None), NOW)
}

#[track_caller]
fn misfit(text: &str, because: Misfit) {
    let error = judged(text).unwrap_err();
    assert_eq!(error.misfit, because, "{error}");
    assert_eq!(error.fault.code.as_str(), "sender-proof-invalid");
    assert!(error.to_string().len() > 30, "{error}");
}

#[test]
fn a_proof_of_every_asymmetric_algorithm_fits_and_names_its_key() {
    let mut count = 0;
    for algorithm in algorithms() {
        let text = proof_of(algorithm, &json!({}), &claims());
        let proof = judged(&text).unwrap_or_else(|error| panic!("{algorithm}: {error}"));
        let key = keys::signing(algorithm).public().unwrap();
        assert_eq!(proof.thumbprint(), key.thumbprint());
        assert_eq!((proof.id(), proof.nonce()), ("p-1", None));
        count += 1;
    }
    assert_eq!(count, 10);
}

/// RFC 9449 §4.2: the proof of the RFC itself.
#[test]
fn the_example_of_the_rfc_fits() {
    let text = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
    let expected =
        Expected { method: "POST", url: "https://server.example.com/token", token: None };
    let proof = verify(text, &expected, 1_562_262_616).unwrap();
    // RFC 9449 §6.1 names its thumbprint.
    assert_eq!(proof.thumbprint(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
}

#[test]
fn what_is_wrong_with_the_header_is_told_apart() {
    let key = keys::signing(Algorithm::Es256);
    let public = key.public().unwrap().jwk().unwrap();
    let private = with(public, &json!({ "d": "c2VjcmV0LXNlY3JldC1zZWNyZXQ" }));
    let secret = json!({ "kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0" });
    let other = keys::other_signing(Algorithm::Es256, "x").public().unwrap().jwk().unwrap();
    let encrypts = with(key.public().unwrap().jwk().unwrap(), &json!({ "use": "enc" }));
    for (header, because) in [
        (json!({ "typ": "JWT" }), Misfit::Type),
        (json!({ "typ": null }), Misfit::Type),
        (json!({ "typ": "at+jwt" }), Misfit::Type),
        (json!({ "alg": "none" }), Misfit::Algorithm),
        (json!({ "alg": "HS256" }), Misfit::Algorithm),
        (json!({ "alg": null }), Misfit::Algorithm),
        (json!({ "alg": "ES384" }), Misfit::Key),
        (json!({ "jwk": null }), Misfit::Key),
        (json!({ "jwk": "text" }), Misfit::Key),
        (json!({ "jwk": private }), Misfit::Key),
        (json!({ "jwk": secret }), Misfit::Key),
        (json!({ "jwk": encrypts }), Misfit::Key),
        (json!({ "jwk": { "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" } }), Misfit::Key),
        (json!({ "jwk": other }), Misfit::Signature),
        (json!({ "crit": ["b64"], "b64": false }), Misfit::Shape),
    ] {
        misfit(&proof(&header, &json!({})), because);
    }
    let shown = judged(&proof(&json!({ "jwk": private }), &json!({}))).unwrap_err().to_string();
    assert!(!shown.contains(private["d"].as_str().unwrap()), "{shown}");
}

#[test]
fn what_was_made_for_another_request_does_not_fit_this_one() {
    for (changes, because) in [
        (json!({ "htm": "GET" }), Misfit::Method),
        (json!({ "htm": "post" }), Misfit::Method),
        (json!({ "htm": null }), Misfit::Method),
        (json!({ "htu": "https://id.example/revoke" }), Misfit::Address),
        (json!({ "htu": "http://id.example/token" }), Misfit::Address),
        (json!({ "htu": "https://id.example/token/" }), Misfit::Address),
        (json!({ "htu": "https://id.example.evil.example/token" }), Misfit::Address),
        (json!({ "htu": "https://id.example@evil.example/token" }), Misfit::Address),
        (json!({ "htu": null }), Misfit::Address),
        (json!({ "jti": null }), Misfit::Id),
        (json!({ "jti": "" }), Misfit::Id),
        (json!({ "jti": 7 }), Misfit::Id),
        (json!({ "jti": "j".repeat(LONGEST_ID + 1) }), Misfit::Id),
        (json!({ "iat": null }), Misfit::Time),
        (json!({ "iat": NOW.to_string() }), Misfit::Time),
        (json!({ "iat": NOW * 1000 }), Misfit::Time),
        (json!({ "iat": 1e300 }), Misfit::Time),
        (json!({ "nonce": 7 }), Misfit::Shape),
    ] {
        misfit(&proof(&json!({}), &changes), because);
    }
    // A query of the client's own does not matter, and is repeated nowhere.
    judged(&proof(&json!({}), &json!({ "htu": format!("{URL}?a=b#c") }))).unwrap();
    let elsewhere = json!({ "htu": "https://id.example/x?access_token=s3cret" });
    assert!(!judged(&proof(&json!({}), &elsewhere)).unwrap_err().to_string().contains("s3cret"));
}

/// FAPI 2.0 §5.3.2.1: ten seconds ahead are accepted, more than sixty refused.
#[test]
fn the_time_has_a_window_and_the_memory_covers_it() {
    let at = |iat: i64| judged(&proof(&json!({}), &json!({ "iat": iat })));
    for iat in [NOW - LONGEST_AGE, NOW, NOW + 10, NOW + FURTHEST_AHEAD] {
        let proof = at(iat).unwrap();
        let text = self::proof(&json!({}), &json!({ "iat": iat }));
        verify(&text, &expected(None), proof.until() - 1).unwrap();
        assert_eq!(verify(&text, &expected(None), proof.until()).unwrap_err().misfit, Misfit::Time);
    }
    for iat in [NOW - LONGEST_AGE - 1, NOW + FURTHEST_AHEAD + 1, i64::MIN, i64::MAX] {
        assert_eq!(at(iat).unwrap_err().misfit, Misfit::Time, "{iat}");
    }
}

#[test]
fn at_a_resource_the_proof_is_for_this_very_token() {
    let hash = |token: &str| {
        base64url::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes()))
    };
    let judge = |changes: &Value| {
        verify(&proof(&json!({}), changes), &expected(Some("the.token.here")), NOW)
    };
    judge(&json!({ "ath": hash("the.token.here") })).unwrap();
    for changes in [json!({}), json!({ "ath": hash("another") }), json!({ "ath": "" })] {
        assert_eq!(judge(&changes).unwrap_err().misfit, Misfit::Token, "{changes}");
    }
}

#[test]
fn what_is_no_token_or_says_things_twice_is_no_proof() {
    let good = proof(&json!({}), &json!({}));
    let long = proof(&json!({ "x": "x".repeat(LONGEST_PROOF) }), &json!({}));
    for bad in
        ["", "x", "a.b.c", &good[1..], &format!("{good} "), &format!("{good}, {good}"), &long]
    {
        misfit(bad, Misfit::Shape);
    }
    let key = keys::signing(Algorithm::Es256);
    let jwk = key.public().unwrap().jwk().unwrap();
    let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk }).to_string();
    let twice = claims().to_string().replacen('{', "{\"htm\":\"GET\",", 1);
    misfit(&seal(&key, header.as_bytes(), twice.as_bytes()), Misfit::Shape);
    let nested = header.replacen("\"kty\"", "\"kty\":\"RSA\",\"kty\"", 1);
    misfit(&seal(&key, nested.as_bytes(), claims().to_string().as_bytes()), Misfit::Shape);
}

proptest! {
    /// One changed character anywhere: another proof, or none.
    #[test]
    fn no_altered_proof_fits(place in 0_usize..400, letter in "[A-Za-z0-9_.-]") {
        let good = proof(&json!({}), &json!({}));
        let mut altered = good.clone();
        let place = place % good.len();
        altered.replace_range(place..=place, &letter);
        prop_assume!(altered != good);
        prop_assert!(judged(&altered).is_err());
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,80}|[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}") {
        let _ = judged(&text);
    }
}
