//! Sender-constrained tokens with the proof that belongs to them (RFC 9449), and with ones that do not.

use claviger_explain::explain;
use claviger_testkit::keys;
use claviger_testkit::mint::{mint_with, with};
use claviger_token::{Algorithm, Verdict, base64url};
use serde_json::{Value, json};

use crate::stage::{NOW, policy, surroundings, surroundings_for, token_with};

fn bound() -> String {
    let jkt = keys::signing(Algorithm::Es256).public().expect("a key").thumbprint().to_owned();
    token_with(Algorithm::EdDsa, &json!({"cnf": {"jkt": jkt}}))
}

fn proof(token: &str, changes: &Value) -> String {
    let key = keys::signing(Algorithm::Es256);
    let jwk = with(key.jwk(), &json!({"kid": null, "alg": null, "use": null}));
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
    let claims = json!({
        "htm": "GET", "htu": "https://api.example.test/orders", "iat": NOW - 1, "jti": "p-1",
        "ath": base64url::encode(hash),
    });
    mint_with(&key, &json!({"typ": "dpop+jwt", "kid": null, "jwk": jwk}), &with(claims, changes))
}

fn request(token: &str, scheme: &str, proof: &str) -> String {
    format!(
        "GET /orders?page=2 HTTP/1.1\r\nHost: api.example.test\r\nAuthorization: {scheme} {token}\r\nDPoP: {proof}\r\n\r\n"
    )
}

#[test]
fn a_proof_that_fits_makes_a_bound_token_good() {
    let token = bound();
    let input = request(&token, "DPoP", &proof(&token, &json!({})));
    let report = explain(input.as_bytes(), &surroundings(Algorithm::EdDsa));
    assert_eq!(report.verdict, Verdict::Accepted, "{:?}", report.faults);
    let same = json!({"htu": "https://API.example.test:443/orders"});
    let report = explain(
        request(&token, "DPoP", &proof(&token, &same)).as_bytes(),
        &surroundings(Algorithm::EdDsa),
    );
    assert_eq!(report.verdict, Verdict::Accepted, "{:?}", report.faults);
}

#[test]
fn a_proof_that_does_not_fit_is_named() {
    let token = bound();
    for changes in [
        json!({"htm": "POST"}),
        json!({"htu": "https://api.example.test/billing"}),
        json!({"htu": "https://internal:8080/orders"}),
        json!({"iat": NOW - 3600}),
        json!({"iat": NOW + 3600}),
        json!({"ath": "AAAA"}),
        json!({"ath": null}),
        json!({"jti": null}),
        json!({"htm": null}),
        json!({"htu": null}),
        json!({"iat": null}),
        json!({"htu": "https://api.example.test/Orders"}),
        json!({"htu": "https://api.example.test:8443/orders"}),
    ] {
        let input = request(&token, "DPoP", &proof(&token, &changes));
        let report = explain(input.as_bytes(), &surroundings(Algorithm::EdDsa));
        let first = report.first().expect("a fault");
        assert_eq!(first.fault.code.as_str(), "sender-proof-invalid", "{changes}");
    }
}

#[test]
fn a_bound_token_without_its_proof_is_no_bearer_token() {
    let token = bound();
    for input in [
        format!("Authorization: Bearer {token}"),
        format!("Authorization: DPoP {token}"),
        request(&token, "Bearer", &proof(&token, &json!({}))),
    ] {
        let report = explain(input.as_bytes(), &surroundings(Algorithm::EdDsa));
        assert_eq!(
            report.first().expect("a fault").fault.code.as_str(),
            "sender-proof-missing",
            "{input}"
        );
    }
    let unbound = crate::stage::token(Algorithm::EdDsa);
    let report = explain(
        format!("Authorization: DPoP {unbound}").as_bytes(),
        &surroundings(Algorithm::EdDsa),
    );
    assert_eq!(report.first().expect("a fault").fault.code.as_str(), "scheme-wrong");
}

/// The guard judges the token, then the proof, then the scopes.
#[test]
fn the_proof_stands_where_the_guard_finds_it() {
    let jkt = keys::signing(Algorithm::Es256).public().expect("a key").thumbprint().to_owned();
    let made = |changes: Value| {
        token_with(Algorithm::EdDsa, &with(json!({"cnf": {"jkt": jkt}}), &changes))
    };
    let mut policy = policy();
    policy.scopes = vec!["orders:delete".to_owned()];
    for (changes, first) in [
        (json!({}), "sender-proof-invalid"),
        (json!({"aud": "https://other.example"}), "audience-mismatch"),
        (json!({"iat": NOW - 7200, "exp": NOW - 3600}), "expired"),
    ] {
        let token = made(changes);
        let input = request(&token, "DPoP", &proof(&token, &json!({"htm": "POST"})));
        let around = surroundings_for(policy.clone(), Algorithm::EdDsa);
        let report = explain(input.as_bytes(), &around);
        let codes: Vec<_> = report.faults.iter().map(|one| one.fault.code.as_str()).collect();
        assert_eq!(codes[0], first, "{codes:?}");
        assert!(codes.contains(&"sender-proof-invalid"), "{codes:?}");
    }
}

#[test]
fn a_proof_is_read_as_guard_and_authority_read_it() {
    let token = bound();
    let judged = |input: String| {
        let report = explain(input.as_bytes(), &surroundings(Algorithm::EdDsa));
        report.first().map(|first| (first.fault.code.as_str(), first.fault.detail()))
    };
    // A raw request does not show whether it went over TLS; the proof does.
    let plain = json!({"htu": "http://api.example.test/orders"});
    assert_eq!(judged(request(&token, "DPoP", &proof(&token, &plain))), None);
    // RFC 9449 §4.3: the key is a public one.
    let key = keys::signing(Algorithm::Es256);
    let private = with(key.jwk(), &json!({"d": "AAAA"}));
    let header = json!({"typ": "dpop+jwt", "kid": null, "jwk": private});
    let claims =
        json!({"htm": "GET", "htu": "https://api.example.test/orders", "iat": NOW, "jti": "p"});
    let (code, said) = judged(request(&token, "DPoP", &mint_with(&key, &header, &claims))).unwrap();
    assert!(code == "sender-proof-invalid" && said.contains("private key"), "{said}");
    let good = proof(&token, &json!({}));
    let twice =
        request(&token, "DPoP", &good).replace("DPoP: ", &format!("DPoP: {good}\r\nDPoP: "));
    let (code, said) = judged(twice).unwrap();
    assert!(code == "sender-proof-invalid" && said.contains("more than one"), "{said}");
    // Another key than the one in `cnf`.
    let other = token_with(Algorithm::EdDsa, &json!({"cnf": {"jkt": "another"}}));
    let (code, said) = judged(request(&other, "DPoP", &proof(&other, &json!({})))).unwrap();
    assert!(code == "sender-proof-invalid" && said.contains("another"), "{said}");
}
