//! Two credentials side by side: the difference that explains the refusal stands on top.

use claviger_explain::{Side, Surroundings, TextStyle, diff, diff_text, explain};
use claviger_testkit::keys;
use claviger_testkit::mint::{mint, mint_with};
use claviger_token::{Algorithm, Verdict};
use serde_json::json;

use crate::stage::{NOW, claims, key_set, policy, surroundings, token, token_with};

/// What is on top, and the code that it explains.
fn top(good: &str, bad: &str, around: &Surroundings) -> (String, String) {
    let (good, bad) = (explain(good.as_bytes(), around), explain(bad.as_bytes(), around));
    let diff = diff(&good, &bad);
    let first = diff.first().unwrap_or_else(|| panic!("nothing explains: {diff:?}"));
    let (code, side) = first.explains.expect("a fault");
    assert_eq!(side, Side::Bad);
    (first.what.clone(), code.as_str().to_owned())
}

#[test]
fn what_explains_the_refusal_stands_on_top() {
    let around = surroundings(Algorithm::EdDsa);
    let good = token(Algorithm::EdDsa);
    let header = |t: &str| format!("Authorization: Bearer {t}");
    let other = |changes| token_with(Algorithm::EdDsa, &changes);
    for (bad, what, code) in [
        (other(json!({"aud": "https://api.example.test/"})), "aud", "audience-near-miss"),
        (
            other(json!({"aud": "https://billing.example.test", "roles": ["a"]})),
            "aud",
            "audience-mismatch",
        ),
        (other(json!({"iss": "https://id.other.test", "sub": "x"})), "iss", "issuer-mismatch"),
        (other(json!({"iat": NOW - 900, "exp": NOW - 600})), "expires", "expired"),
        (other(json!({"nbf": NOW + 900})), "valid from", "not-yet-valid"),
        (other(json!({"iat": NOW + 700, "exp": NOW + 1000})), "issued", "issued-in-future"),
        (other(json!({"sub": null})), "sub", "subject-missing"),
        (other(json!({"exp": null})), "expires", "expiry-missing"),
        (mint(Algorithm::EdDsa, &json!({"kid": "2019"}), &claims()), "kid", "key-id-wrong"),
        (
            mint(Algorithm::EdDsa, &json!({"crit": ["x"], "x": 1}), &claims()),
            "crit",
            "critical-header",
        ),
        (
            mint_with(&keys::other_signing(Algorithm::EdDsa, "test-eddsa"), &json!({}), &claims()),
            "signature",
            "signature-mismatch",
        ),
        (format!("\"{good}\""), "quoted", "quoted"),
    ] {
        assert_eq!(top(&good, &bad, &around), (what.to_owned(), code.to_owned()));
    }
    let (header, bare) = (header(&good), format!("Authorization: {good}"));
    assert_eq!(top(&header, &bare, &around), ("scheme".into(), "scheme-missing".into()));
    let request = format!("GET / HTTP/1.1\r\nHost: h\r\nCookie: access_token={good}\r\n\r\n");
    assert_eq!(top(&header, &request, &around), ("place".into(), "token-in-cookie".into()));
}

#[test]
fn what_is_new_in_every_token_is_only_counted() {
    let around = surroundings(Algorithm::EdDsa);
    let one = token(Algorithm::EdDsa);
    let other = token_with(
        Algorithm::EdDsa,
        &json!({"jti": "another", "iat": NOW - 50, "exp": NOW + 250, "scope": "profile orders:read"}),
    );
    let (one, other) = (explain(one.as_bytes(), &around), explain(other.as_bytes(), &around));
    let found = diff(&one, &other);
    assert_eq!(found.verdict(), Verdict::Accepted);
    assert!(found.differences.is_empty(), "{:?}", found.differences);
    assert_eq!(found.immaterial.len(), 5, "{:?}", found.immaterial);
    assert!(diff_text(&found, &TextStyle::default()).contains("5 differences that do not matter"));
    let same = diff(&one, &one);
    assert!(same.differences.is_empty() && same.immaterial.is_empty());
}

#[test]
fn a_swapped_pair_is_explained_as_well() {
    let around = surroundings(Algorithm::EdDsa);
    let late = token_with(Algorithm::EdDsa, &json!({"iat": NOW - 900, "exp": NOW - 600}));
    let (late, good) =
        (explain(late.as_bytes(), &around), explain(token(Algorithm::EdDsa).as_bytes(), &around));
    let found = diff(&late, &good);
    assert_eq!(found.verdict(), Verdict::Refused);
    let first = found.first().expect("a difference");
    assert_eq!(first.explains.map(|(_, side)| side), Some(Side::Good));
    let shared = diff(&late, &late);
    assert!(shared.first().is_none());
    assert_eq!(shared.shared.iter().map(|code| code.as_str()).collect::<Vec<_>>(), ["expired"]);
}

#[test]
fn keys_and_rights_are_told_apart() {
    let around = Surroundings::new(
        claviger_token::Policy { scopes: vec!["orders:write".into()], ..policy() },
        NOW,
    )
    .with_key_set("jwks.json", key_set().as_bytes());
    let good = token_with(Algorithm::EdDsa, &json!({"scope": "orders:read orders:write"}));
    let bad = mint(Algorithm::Es256, &json!({}), &claims());
    assert_eq!(top(&good, &bad, &around), ("scope".into(), "scope-insufficient".into()));
    let (good, bad) = (explain(good.as_bytes(), &around), explain(bad.as_bytes(), &around));
    let found = diff(&good, &bad);
    let named: Vec<&str> = found.differences.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(named, ["scope", "signed by", "alg", "kid"]);
    let json = found.to_json();
    assert_eq!(json["differences"][0]["explains"]["code"], "scope-insufficient");
    assert_eq!(json["bad"]["verdict"], "refused");
    assert_eq!(json["bad"]["ride"]["place"], "bare");
    assert_eq!(json["good"]["signers"][0]["source"], "jwks.json");
}

#[test]
fn nothing_that_works_is_shown_and_every_width_is_kept() {
    let around = surroundings(Algorithm::EdDsa);
    let inputs = [
        token(Algorithm::EdDsa),
        format!("Authorization: {}", token(Algorithm::EdDsa)),
        token_with(Algorithm::EdDsa, &json!({"aud": "https://billing.example.test/".repeat(9)})),
        "ya29.a0AfH6SMBxQgcaK7e3vO9uCTOLFtCLKwvAGM9xcOrexNCb0MTscTJxs6VTd4YskCQvdN".to_owned(),
        String::new(),
        "GET / HTTP/1.1\r\nHost: h\r\n\r\n".to_owned(),
    ];
    for good in &inputs {
        for bad in &inputs {
            let (one, other) =
                (explain(good.as_bytes(), &around), explain(bad.as_bytes(), &around));
            let found = diff(&one, &other);
            for width in [0, 40, 75, 76, 80, 120] {
                let plain = diff_text(&found, &TextStyle { width, ..TextStyle::default() });
                let colored =
                    diff_text(&found, &TextStyle { width, color: true, show_repaired: true });
                for line in plain.lines() {
                    assert!(line.chars().count() <= width.max(40), "{width}: {line}");
                }
                for said in [&plain, &colored, &found.to_json().to_string(), &format!("{found:?}")]
                {
                    for secret in [good, bad] {
                        let signature = secret.rsplit('.').next().expect("a part");
                        assert!(signature.len() < 40 || !said.contains(&signature[..20]), "{said}");
                    }
                }
            }
        }
    }
}
