//! Causes that one token cannot show, and what several have in common.

use claviger_explain::{
    Certainty, Observation, Report, Surroundings, TextStyle, explain, parts, together,
    together_text,
};
use claviger_testkit::keys;
use claviger_testkit::mint::{mint, mint_with, with};
use claviger_token::{Algorithm, SigningKey, Verdict, base64url};
use serde_json::{Value, json};

use crate::stage::{ISSUER, NOW, claims, key_set, policy, surroundings, token, token_with};

fn all(tokens: &[String], around: &Surroundings) -> Vec<Report> {
    tokens.iter().map(|token| explain(token.as_bytes(), around)).collect()
}

fn seen(reports: &[Report]) -> Vec<Observation<'_>> {
    reports
        .iter()
        .enumerate()
        .map(|(nth, report)| Observation { name: format!("token {nth}"), report, at: None })
        .collect()
}

/// Code and certainty of each finding, and that every output can be made.
fn found(tokens: &[String], around: &Surroundings) -> Vec<(String, Certainty)> {
    let reports = all(tokens, around);
    let told = together(seen(&reports));
    let text = together_text(&told, &TextStyle::default());
    let json = told.to_json().to_string();
    for token in tokens {
        let signature = token.rsplit('.').next().expect("a signature");
        assert!(!text.contains(signature) && !json.contains(signature));
    }
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    told.findings
        .iter()
        .map(|one| (one.diagnosed.fault.code.as_str().to_owned(), one.diagnosed.certainty))
        .collect()
}

fn set(key: &SigningKey) -> String {
    keys::jwks(std::slice::from_ref(key)).to_string()
}

fn at(key: &SigningKey, iat: i64) -> String {
    let times = json!({"iat": iat, "exp": NOW + 200, "jti": iat.to_string()});
    mint_with(key, &json!({}), &with(claims(), &times))
}

fn two_sets(one: &SigningKey, other: &SigningKey) -> Surroundings {
    Surroundings::new(policy(), NOW)
        .with_key_set("first.json", set(one).as_bytes())
        .with_key_set("second.json", set(other).as_bytes())
}

#[test]
fn a_name_that_was_used_again_is_told_from_replicas() {
    for algorithm in [Algorithm::EdDsa, Algorithm::Rs256, Algorithm::Es256] {
        let old = keys::signing_as(algorithm, "main");
        let new = keys::other_signing(algorithm, "main");
        let around = two_sets(&old, &new);
        let reused = |certainty| ("key-id-reused".to_owned(), certainty);
        let replicas = |certainty| ("key-set-inconsistent".to_owned(), certainty);
        let apart = [at(&old, NOW - 200), at(&new, NOW - 20)];
        assert_eq!(
            found(&apart, &around),
            [reused(Certainty::Proven), replicas(Certainty::Possible)],
            "{algorithm}"
        );
        let turns =
            [at(&old, NOW - 90), at(&new, NOW - 60), at(&old, NOW - 30), at(&new, NOW - 10)];
        assert_eq!(
            found(&turns, &around),
            [replicas(Certainty::Proven), reused(Certainty::Proven)],
            "{algorithm}"
        );
        let close = [at(&old, NOW - 40), at(&new, NOW - 20)];
        assert_eq!(
            found(&close, &around),
            [reused(Certainty::Proven), replicas(Certainty::Likely)]
        );
        // One key, however often: nothing.
        assert_eq!(found(&[at(&old, NOW - 40), at(&old, NOW - 20)], &around), []);
    }
}

#[test]
fn replicas_with_sets_of_their_own_are_named() {
    let one = keys::signing_as(Algorithm::EdDsa, "a");
    let other = keys::other_signing(Algorithm::EdDsa, "b");
    let turns = [at(&one, NOW - 90), at(&other, NOW - 60), at(&one, NOW - 30)];
    assert_eq!(
        found(&turns, &two_sets(&one, &other)),
        [("key-set-inconsistent".to_owned(), Certainty::Proven)]
    );
    // Both keys in one set is how it should be; so is one file for each key.
    let both = keys::jwks(&[
        keys::signing_as(Algorithm::EdDsa, "a"),
        keys::other_signing(Algorithm::EdDsa, "b"),
    ]);
    let whole =
        Surroundings::new(policy(), NOW).with_key_set("jwks.json", both.to_string().as_bytes());
    assert_eq!(found(&turns, &whole), []);
    let single = |key: &SigningKey| key.jwk().to_string();
    let apart = Surroundings::new(policy(), NOW)
        .with_key("a.json", single(&one).as_bytes())
        .with_key("b.json", single(&other).as_bytes());
    assert_eq!(found(&turns, &apart), []);
}

#[test]
fn half_of_the_tokens_under_one_set_tell_of_another_key() {
    let here = keys::signing_as(Algorithm::Rs256, "main");
    let there = keys::other_signing(Algorithm::Rs256, "main");
    let around = Surroundings::new(policy(), NOW)
        .with_key_set("jwks.json", set(&here).as_bytes())
        .with_budget(200);
    let turns =
        [at(&here, NOW - 90), at(&there, NOW - 60), at(&here, NOW - 30), at(&there, NOW - 10)];
    assert_eq!(found(&turns, &around), [("key-set-inconsistent".to_owned(), Certainty::Likely)]);
    let later = [at(&here, NOW - 190), at(&there, NOW - 60), at(&there, NOW - 10)];
    assert_eq!(found(&later, &around), [("key-id-reused".to_owned(), Certainty::Likely)]);
    let once = [at(&here, NOW - 190), at(&there, NOW - 60)];
    assert_eq!(found(&once, &around), [("key-id-reused".to_owned(), Certainty::Possible)]);
}

#[test]
fn a_rotation_is_seen_from_the_names() {
    let old = keys::signing_as(Algorithm::EdDsa, "2025");
    let new = keys::other_signing(Algorithm::EdDsa, "2026");
    let around = Surroundings::new(policy(), NOW).with_key_set("jwks.json", set(&old).as_bytes());
    let after = [at(&old, NOW - 290), at(&new, NOW - 60), at(&new, NOW - 10)];
    assert_eq!(found(&after, &around), [("key-set-stale".to_owned(), Certainty::Likely)]);
    let turns = [at(&new, NOW - 90), at(&old, NOW - 60), at(&new, NOW - 10)];
    assert_eq!(found(&turns, &around), [("key-set-inconsistent".to_owned(), Certainty::Likely)]);
}

#[test]
fn a_clock_is_estimated_from_several_tokens() {
    let eddsa = surroundings(Algorithm::EdDsa);
    let ahead = |by: i64| {
        token_with(
            Algorithm::EdDsa,
            &json!({"iat": NOW + by, "exp": NOW + by + 300, "jti": by.to_string()}),
        )
    };
    assert_eq!(
        found(&[ahead(140), ahead(150)], &eddsa),
        [("clock-skew".to_owned(), Certainty::Likely)]
    );
    assert_eq!(
        found(&[ahead(140), ahead(400)], &eddsa),
        [("clock-skew".to_owned(), Certainty::Possible)]
    );
    assert_eq!(found(&[ahead(140), ahead(140)], &eddsa), [], "one token twice is one observation");
    assert_eq!(found(&[ahead(20), ahead(25)], &eddsa), [], "the leeway is for this");
    // Sent at different times, and ahead of each by the same: the estimate is a value.
    let reports = all(&[ahead(-500 + 90), ahead(-300 + 95), ahead(-100 + 92)], &eddsa);
    let mut dated = seen(&reports);
    for (one, at) in dated.iter_mut().zip([NOW - 500, NOW - 300, NOW - 100]) {
        one.at = Some(at);
    }
    let told = together(dated);
    assert_eq!(told.findings.len(), 1);
    assert_eq!(told.findings[0].diagnosed.fault.evidence_json()["skew"], 92);
    assert_eq!(told.findings[0].inputs, [0, 1, 2]);
}

#[test]
fn signatures_that_are_short_by_chance_are_named() {
    let key = keys::signing(Algorithm::Es256);
    let short = (0..)
        .map(|nth| mint_with(&key, &json!({}), &with(claims(), &json!({"jti": nth.to_string()}))))
        .find_map(|token| {
            let (input, signature) = token.rsplit_once('.')?;
            let bytes = base64url::decode(signature).ok()?;
            let rest = bytes.strip_prefix(&[0])?;
            Some(format!("{input}.{}", base64url::encode(rest)))
        })
        .expect("one in 256 begins with a zero");
    let tokens = [token(Algorithm::Es256), short.clone(), token(Algorithm::Es256)];
    assert_eq!(
        found(&tokens, &surroundings(Algorithm::Es256)),
        [("signature-unpadded".to_owned(), Certainty::Proven)]
    );
    let reports = all(&tokens, &surroundings(Algorithm::Es256));
    assert_eq!(together(seen(&reports)).findings[0].inputs, [1]);
    assert_eq!(found(&[short.clone(), short], &surroundings(Algorithm::Es256)), []);
}

#[test]
fn what_is_common_and_what_tells_is_said() {
    let around = surroundings(Algorithm::EdDsa);
    let foreign = |sub: &str| {
        token_with(Algorithm::EdDsa, &json!({"aud": "https://billing.example.test", "sub": sub}))
    };
    let reports = all(&[token(Algorithm::EdDsa), foreign("a"), foreign("b")], &around);
    let told = together(seen(&reports));
    assert_eq!(told.verdict(), Verdict::Refused);
    assert_eq!(told.common.telling, [("aud", "https://billing.example.test".to_owned())]);
    assert!(told.common.same.contains(&("iss", ISSUER.to_owned())));
    let json = told.to_json();
    assert_eq!(json["common"]["faults"][0], json!({"code": "audience-mismatch", "inputs": [1, 2]}));
    assert_eq!(json["inputs"][0]["verdict"], "accepted");
    let text = together_text(&told, &TextStyle::default());
    assert!(text.contains("2 of 3 (2 and 3)"), "{text}");
    let none = together(Vec::new());
    assert_eq!(none.verdict(), Verdict::Undetermined);
}

#[test]
fn a_har_of_several_is_taken_apart_and_told_together() {
    let entry = |token: &str, status: u16, at: &str| -> Value {
        json!({"startedDateTime": at, "request": {"method": "GET", "url": "https://api.example.test/a",
            "headers": [{"name": "Authorization", "value": format!("Bearer {token}")}]}, "response": {"status": status}})
    };
    let late = token_with(Algorithm::EdDsa, &json!({"iat": NOW - 900, "exp": NOW - 600}));
    let good = mint(Algorithm::EdDsa, &json!({}), &claims());
    let har = json!({"log": {"entries": [
        entry(&late, 401, "2026-11-18T11:00:00Z"), entry(&good, 200, "2026-11-18T11:06:40Z"), entry(&late, 401, "2026-11-18T11:06:41Z"),
    ]}});
    let found = parts(har.to_string().as_bytes());
    assert_eq!(found.len(), 2);
    let around = Surroundings::new(policy(), NOW).with_key_set("jwks.json", key_set().as_bytes());
    let verdicts: Vec<Verdict> =
        found.iter().map(|part| explain(&part.input, &around).verdict).collect();
    assert_eq!(verdicts, [Verdict::Refused, Verdict::Accepted]);
}
