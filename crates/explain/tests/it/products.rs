//! The product that made a token, and its advice for the fault, in all three forms of a report.

use claviger_explain::{Report, TextStyle, explain, markdown, text};
use claviger_testkit::mint::{mint, with};
use claviger_token::Algorithm;
use serde_json::{Value, json};

use crate::stage::{NOW, claims, surroundings};

fn of(changes: &Value) -> Report {
    let token = mint(Algorithm::EdDsa, &json!({"typ": "JWT"}), &with(claims(), changes));
    explain(token.as_bytes(), &surroundings(Algorithm::EdDsa))
}

/// In one line, as a person reads it.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_advice_is_for_the_fault_that_stands_first_and_in_every_form() {
    let around = surroundings(Algorithm::EdDsa);
    for (changes, product, code, advice) in [
        (
            json!({"aud": "account", "realm_access": {"roles": ["a"]}}),
            "Keycloak",
            "audience-mismatch",
            "add an Audience mapper",
        ),
        (
            json!({"iss": "https://sts.windows.net/9122040d/", "ver": "1.0"}),
            "Entra ID, v1 token",
            "issuer-mismatch",
            "`api.requestedAccessTokenVersion` to 2",
        ),
        (
            json!({"realm_access": {}, "typ": "Refresh"}),
            "Keycloak",
            "refresh-token-as-access-token",
            "send the `access_token`, whose `typ` is `Bearer`",
        ),
    ] {
        let report = of(&changes);
        let first = report.first().expect("a fault").fault.code;
        let json = report.to_json(false);
        assert_eq!(json["token"]["product"], product, "{changes}");
        assert_eq!(first.as_str(), code, "{changes}");
        assert!(
            json["token"]["advice"].as_str().is_some_and(|said| said.contains(advice)),
            "{json}"
        );
        let plain = flat(&text(&report, &TextStyle::default()));
        assert!(plain.contains(&format!("made by {product}")) && plain.contains(advice), "{plain}");
        let bundle = markdown(&report, &around);
        assert!(
            bundle.contains(&format!("with {product}: ")) && bundle.contains(advice),
            "{bundle}"
        );
    }
}

#[test]
fn where_no_advice_fits_the_general_one_is_no_hint_for_another_cause() {
    let report = of(&json!({"realm_access": {}, "iat": NOW - 900, "exp": NOW - 600}));
    assert_eq!(report.first().expect("a fault").fault.code.as_str(), "expired");
    let json = report.to_json(false);
    assert!(json["token"]["advice"].as_str().is_some_and(|said| said.contains("audience mapper")));
    assert!(!text(&report, &TextStyle::default()).contains("audience mapper"));
    assert_eq!(of(&json!({})).to_json(false)["token"]["product"], Value::Null);
}
