//! What a good token is warned of, and that a warning never changes a verdict.

use claviger_explain::{Report, Surroundings, explain};
use claviger_testkit::keys;
use claviger_testkit::mint::{mint, mint_with, with};
use claviger_token::{Algorithm, Expect, KeySet, Policy, Verdict, verify};
use serde_json::{Value, json};

use crate::stage::{
    NOW, claims, key_set, policy, surroundings, surroundings_for, token, token_with,
};

fn titles(report: &Report) -> Vec<&'static str> {
    report.warnings.iter().map(|warning| warning.title).collect()
}

/// Judges, and holds what holds of every warned token: it stays good, and no fault is named.
fn warned(token: &str, around: &Surroundings) -> Vec<&'static str> {
    let report = explain(token.as_bytes(), around);
    assert_eq!(report.verdict, Verdict::Accepted, "{:?}", report.faults);
    assert!(report.faults.is_empty());
    let json = report.to_json(false);
    assert_eq!(json["faults"], json!([]));
    assert_eq!(json["warnings"].as_array().unwrap().len(), report.warnings.len());
    for warning in &report.warnings {
        assert!(!warning.fix.is_empty() && warning.detail.len() > 10, "{warning:?}");
    }
    titles(&report)
}

#[test]
fn a_token_with_nothing_to_fear_is_not_warned_of() {
    for algorithm in [Algorithm::Es256, Algorithm::Rs256, Algorithm::Hs256] {
        assert_eq!(warned(&token(algorithm), &surroundings(algorithm)), [] as [&str; 0]);
    }
}

#[test]
fn the_end_is_announced_before_it_comes() {
    let eddsa = surroundings(Algorithm::Es256);
    for (changes, expected) in [
        (json!({"exp": NOW + 59}), "It is about to expire"),
        (json!({"iat": NOW - 3300, "exp": NOW + 299}), "It is about to expire"),
        (json!({"exp": NOW - 30}), "It has expired within the leeway"),
        (json!({"exp": NOW + 2 * 86_400}), "It lives very long"),
    ] {
        let token = token_with(Algorithm::Es256, &changes);
        assert_eq!(warned(&token, &eddsa), [expected], "{changes}");
    }
    for changes in [json!({"exp": NOW + 60}), json!({"iat": NOW - 2600, "exp": NOW + 400})] {
        let token = token_with(Algorithm::Es256, &changes);
        assert_eq!(warned(&token, &eddsa), [] as [&str; 0], "{changes}");
    }
    // A policy that asks for a day and more knows what it does.
    let week = Policy { max_age: Some(7 * 86_400), ..policy() };
    let long = token_with(Algorithm::Es256, &json!({"exp": NOW + 2 * 86_400}));
    assert_eq!(warned(&long, &surroundings_for(week, Algorithm::Es256)), [] as [&str; 0]);
}

#[test]
fn clocks_that_drift_are_seen_within_the_leeway() {
    let ahead = token_with(Algorithm::Es256, &json!({"iat": NOW + 20, "exp": NOW + 320}));
    let report = explain(ahead.as_bytes(), &surroundings(Algorithm::Es256));
    assert_eq!(titles(&report), ["Two clocks drift apart"]);
    assert_eq!(report.warnings[0].evidence["skew"], 20);
    assert_eq!(report.to_json(false)["warnings"][0]["code"], "clock-skew");
}

#[test]
fn what_an_open_policy_lets_pass_is_said() {
    let open = surroundings_for(Policy::default(), Algorithm::Es256);
    let bare = token_with(Algorithm::Es256, &json!({"aud": null, "exp": null}));
    assert_eq!(warned(&bare, &open), ["It never expires", "It is for everybody"]);
    let id = with(claims(), &json!({"aud": "web", "nonce": "n-0S6_WzA2Mj", "at_hash": "x"}));
    let id = mint(Algorithm::Es256, &json!({"typ": "JWT"}), &id);
    assert_eq!(warned(&id, &open), ["It is no access token"]);
    let expected = Policy { expect: Expect::Id, ..Policy::default() };
    assert_eq!(warned(&id, &surroundings_for(expected, Algorithm::Es256)), [] as [&str; 0]);
    let untyped = mint(Algorithm::Es256, &json!({"typ": null}), &claims());
    assert_eq!(warned(&untyped, &open), ["It does not say of which kind it is"]);
    let old = mint(Algorithm::Es256, &json!({"x5t": "aaaa"}), &claims());
    assert_eq!(warned(&old, &open), ["Its certificate is named by a SHA-1 digest"]);
}

#[test]
fn a_header_line_is_warned_of_at_three_quarters() {
    let eddsa = surroundings(Algorithm::Es256);
    let sized = |bytes: usize| {
        let fill = |n: usize| token_with(Algorithm::Es256, &json!({"groups": "g".repeat(n)}));
        let mut n = bytes * 3 / 4 - 500;
        while "Authorization: Bearer ".len() + fill(n + 1).len() <= bytes {
            n += 1;
        }
        fill(n)
    };
    assert_eq!(warned(&sized(6140), &eddsa), [] as [&str; 0]);
    let near = sized(6150);
    assert_eq!(warned(&near, &eddsa), ["It is nearly too large for a header"]);
    let line = format!("Authorization: Bearer {near}");
    assert_eq!(warned(&line, &eddsa), ["It is nearly too large for a header"]);
}

fn set_with(member: &Value) -> String {
    let mut jwk = keys::signing(Algorithm::Es256).jwk();
    jwk["exp"] = member.clone();
    json!({"keys": [jwk]}).to_string()
}

#[test]
fn a_key_that_ends_soon_is_named() {
    for (end, expected) in [
        (json!(NOW + 3600), Some("Its key is about to be withdrawn")),
        (json!(NOW + 100), Some("Its key is about to be withdrawn")),
        (json!(NOW - 5), Some("Its key has had its time")),
        (json!(NOW + 30 * 86_400), None),
        (json!("soon"), None),
    ] {
        let around =
            Surroundings::new(policy(), NOW).with_key_set("jwks.json", set_with(&end).as_bytes());
        let found = warned(&token(Algorithm::Es256), &around);
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{end}");
    }
}

#[test]
fn weak_spots_of_keys_are_named() {
    let secret = [b'a'; 64];
    let key = claviger_token::SigningKey::from_secret(Algorithm::Hs256, None, &secret).unwrap();
    let weak = mint_with(&key, &json!({}), &claims());
    let around = Surroundings::new(policy(), NOW).with_secret("secret", &secret);
    assert_eq!(warned(&weak, &around), ["Its secret is easy to guess"]);
    // One ES256 key among others: today it is found without its name.
    let nameless = mint(Algorithm::Es256, &json!({"kid": null}), &claims());
    let all = keys::jwks(&[keys::signing(Algorithm::Es256), keys::signing(Algorithm::EdDsa)]);
    let mut all = all;
    all["keys"][0].as_object_mut().unwrap().remove("kid");
    let around =
        Surroundings::new(policy(), NOW).with_key_set("jwks.json", all.to_string().as_bytes());
    assert_eq!(warned(&nameless, &around), ["It does not name its key"]);
}

#[test]
fn a_refused_token_has_faults_and_no_warnings() {
    let late = token_with(Algorithm::Es256, &json!({"exp": NOW - 600, "aud": null}));
    let report = explain(late.as_bytes(), &surroundings(Algorithm::Es256));
    assert_eq!(report.verdict, Verdict::Refused);
    assert!(report.warnings.is_empty());
    let quoted = format!("\"{}\"", token_with(Algorithm::Es256, &json!({"exp": NOW + 10})));
    assert!(explain(quoted.as_bytes(), &surroundings(Algorithm::Es256)).warnings.is_empty());
}

#[test]
fn a_type_that_nobody_looks_at_yet_is_warned_of_and_refuses_nothing() {
    let algorithm = Algorithm::Es256;
    let title = "A member has another type than it should";
    for scope in [json!(5), json!(["orders:read"]), json!({}), json!(true)] {
        let token = token_with(algorithm, &json!({ "scope": scope }));
        // The guard takes it as long as no scope is demanded, and refuses it then.
        assert!(verify(&token, &policy(), &guard_keys(), NOW).is_ok());
        assert_eq!(warned(&token, &surroundings(algorithm)), [title], "{scope}");
        let demanding = Policy { scopes: vec!["orders:read".to_owned()], ..policy() };
        assert!(verify(&token, &demanding, &guard_keys(), NOW).is_err());
        let report = explain(token.as_bytes(), &surroundings_for(demanding, algorithm));
        assert_eq!(report.verdict, Verdict::Refused, "{scope}");
    }
    for cty in [json!(1), json!({}), json!(["JWT"])] {
        let token = mint(algorithm, &json!({ "cty": cty }), &claims());
        let taken = verify(&token, &policy(), &guard_keys(), NOW).is_ok();
        let report = explain(token.as_bytes(), &surroundings(algorithm));
        assert_eq!(report.verdict == Verdict::Accepted, taken, "{cty}");
        assert_eq!(titles(&report), [title], "{cty}");
    }
}

/// The keys of the surroundings as a guard has them.
fn guard_keys() -> KeySet {
    KeySet::from_json(&key_set()).expect("a key set")
}

#[test]
fn a_deprecated_name_of_an_algorithm_is_said() {
    let around = surroundings(Algorithm::EdDsa);
    assert_eq!(warned(&token(Algorithm::EdDsa), &around), ["The algorithm's name is deprecated"]);
    let header = json!({"alg": "Ed25519"});
    let renamed = mint(Algorithm::EdDsa, &header, &claims());
    assert_eq!(warned(&renamed, &around), [] as [&str; 0]);
}
