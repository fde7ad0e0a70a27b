//! What holds for every input: no panic, no acceptance that the verifier does not share, no secret in the
//! output; and one wrong character is found wherever it is.

use claviger_explain::{Certainty, Surroundings, TextStyle, explain, text};
use claviger_testkit::keys;
use claviger_token::{Algorithm, KeySet, Verdict, verify};
use proptest::prelude::*;
use serde_json::json;

use crate::stage::{NOW, PUBLIC, key_set, policy, surroundings, token};

/// Whether the verifier takes any of the tokens that the text holds.
fn holds_a_good_token(text: &str, keys: &KeySet) -> bool {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).any(|word| {
        let word = word.trim_matches('.');
        let from_any =
            (0..word.len().min(40)).any(|at| verify(&word[at..], &policy(), keys, NOW).is_ok());
        from_any || verify(word, &policy(), keys, NOW).is_ok()
    })
}

/// Nothing that was said lets anybody use the token.
fn tells_nothing(input: &[u8], context: &Surroundings, secrets: &[&str]) {
    let report = explain(input, context);
    let json = serde_json::to_string(&report).expect("a report is JSON");
    let plain = text(&report, &TextStyle::default());
    let colored = text(&report, &TextStyle { color: true, width: 120, show_repaired: false });
    let debug = format!("{report:?}");
    for secret in secrets {
        // Twenty characters in a row are no accident, and far too many.
        for start in (0..secret.len().saturating_sub(20)).step_by(4) {
            let part = &secret[start..start + 20];
            for (what, said) in
                [("JSON", &json), ("text", &plain), ("colour", &colored), ("debug", &debug)]
            {
                assert!(!said.contains(part), "{what} shows {part}: {said}");
            }
        }
    }
}

fn presentations(t: &str) -> Vec<String> {
    vec![
        t.to_owned(),
        format!("Authorization: Bearer {t}"),
        format!("GET /a?b=c HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {t}\r\nCookie: a=b\r\n\r\n"),
        format!("curl 'https://h/a' \\\n  -H 'accept: */*' \\\n  -H 'authorization: Bearer {t}' --compressed"),
        json!({"log": {"entries": [{"request": {"method": "GET", "url": "https://h/", "headers": [
            {"name": "Authorization", "value": format!("Bearer {t}")}]}, "response": {"status": 401}}]}}).to_string(),
        json!({"access_token": t, "token_type": "Bearer", "refresh_token": "r0-secret-refresh-token-that-nobody-may-see"}).to_string(),
        format!("2026-11-18 WARN 401 authorization=\"Bearer {t}\" path=/a"),
        format!("GET /a?access_token={t} HTTP/1.1\r\nHost: h\r\n\r\n"),
        format!("Authorization: Bearer {{\"access_token\":\"{t}\",\"refresh_token\":\"r0-secret-refresh-token-that-nobody-may-see\"}}"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let report = explain(&bytes, &surroundings(Algorithm::EdDsa));
        prop_assert_ne!(report.verdict, Verdict::Accepted);
        let _ = text(&report, &TextStyle { color: true, width: 0, show_repaired: true });
    }

    #[test]
    fn no_text_makes_it_panic(input: String) {
        let report = explain(input.as_bytes(), &surroundings(Algorithm::EdDsa));
        prop_assert_ne!(report.verdict, Verdict::Accepted);
        let _ = text(&report, &TextStyle::default());
    }
}

proptest! {
    // Every given secret is spelled in a thousand ways.
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_keys_make_it_panic(bytes: Vec<u8>, words in "[\"'$#\\\\%{}= \na-f0-9éA-Z_-]{0,20}") {
        for given in [bytes.as_slice(), words.as_bytes()] {
            for algorithm in [Algorithm::Hs256, Algorithm::EdDsa] {
                let context = Surroundings::new(policy(), NOW)
                    .with_secret("secret", given)
                    .with_key("key", given)
                    .with_key_set("jwks", given)
                    .with_budget(20);
                let report = explain(token(algorithm).as_bytes(), &context);
                prop_assert_ne!(report.verdict, Verdict::Accepted);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Mutations of good inputs: whatever is accepted, the verifier accepts as well; nothing is revealed.
    #[test]
    fn what_is_accepted_verifies_and_nothing_is_revealed(
        which in 0usize..9,
        at in 0.0f64..1.0,
        length in 0usize..6,
        with in proptest::sample::select(vec![
            "", "\"", " ", "\n", "%", "\\", ".", "..", "Bearer ", "{", "}", "\u{200B}", "…", "a", "A", "-", "=", "\0",
            "eyJ", ",", ":", "'", "\r\n\r\n", "&", "\u{FEFF}", "é",
        ]),
    ) {
        let good = token(Algorithm::EdDsa);
        // The search for single characters is for another test.
        let context = surroundings(Algorithm::EdDsa).with_budget(40);
        let input = &presentations(&good)[which];
        let mut place = (at * input.len() as f64) as usize;
        while !input.is_char_boundary(place) {
            place -= 1;
        }
        let end = (place + length).min(input.len());
        let mutated = format!("{}{with}{}", &input[..place], &input[end..]);
        let report = explain(mutated.as_bytes(), &context);
        let keys = KeySet::from_json(&key_set()).expect("a key set");
        if report.verdict == Verdict::Accepted {
            prop_assert!(holds_a_good_token(&mutated, &keys), "{}", mutated);
        } else {
            prop_assert!(!report.faults.is_empty() || report.verdict == Verdict::Undetermined);
        }
        let signature = good.rsplit('.').next().expect("a signature");
        tells_nothing(
            mutated.as_bytes(),
            &context,
            &[signature, "r0-secret-refresh-token-that-nobody-may-see"],
        );
    }

    #[test]
    fn any_prefix_of_a_good_input_is_explained(which in 0usize..9, at in 0.0f64..1.0) {
        let good = token(Algorithm::Rs256);
        let context = surroundings(Algorithm::Rs256).with_budget(40);
        let input = &presentations(&good)[which];
        let mut place = (at * input.len() as f64) as usize;
        while !input.is_char_boundary(place) {
            place -= 1;
        }
        let report = explain(&input.as_bytes()[..place], &context);
        if report.verdict == Verdict::Accepted {
            let keys = KeySet::from_json(&key_set()).expect("a key set");
            prop_assert!(holds_a_good_token(&input[..place], &keys));
        }
    }
}

/// Every kind of edit at every tenth of the token.
#[test]
fn one_wrong_character_is_found_wherever_it_is() {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let algorithms = PUBLIC.iter().chain([Algorithm::Hs256, Algorithm::Hs512].iter());
    for (seed, algorithm) in algorithms.enumerate() {
        let good = token(*algorithm);
        let context = surroundings(*algorithm);
        // The larger curves take their time: a place in payload and signature each.
        let slow = matches!(algorithm, Algorithm::Es384 | Algorithm::Es512);
        let context = if slow { context.with_budget(200_000) } else { context };
        for tenth in (0..10).filter(|tenth| !slow || matches!(tenth, 3 | 9)) {
            let at = (good.len() - 5) * tenth / 9 + (seed * 7 + tenth) % 3;
            let found = good.as_bytes()[at];
            let other = char::from(ALPHABET[(usize::from(found) * 7 + seed * 13 + tenth * 5) % 64]);
            let mut damaged = good.clone();
            match (seed + tenth) % 4 {
                0 => damaged.replace_range(at..=at, &other.to_string()),
                1 => damaged.replace_range(at..=at, ""),
                2 => damaged.insert(at, other),
                _ => {
                    let pair = good[at..at + 2].chars().rev().collect::<String>();
                    damaged.replace_range(at..at + 2, &pair);
                }
            }
            if damaged == good {
                continue;
            }
            let report = explain(damaged.as_bytes(), &context);
            let first =
                report.first().unwrap_or_else(|| panic!("{algorithm} {at}: nothing was found"));
            let what = format!("{algorithm} {at} {}: {:?}", (seed + tenth) % 4, report.faults);
            let named = ["character-error", "truncated", "base64-trailing-bits"];
            assert!(named.contains(&first.fault.code.as_str()), "{what}");
            assert_eq!(first.certainty, Certainty::Proven, "{what}");
            assert_eq!(first.repaired(), Some(good.as_str()), "{what}");
            assert_eq!(report.faults.len(), 1, "{what}");
            let span = first.fault.span.expect("a place");
            assert!(span.start.abs_diff(at) <= 2, "{what}");
            assert!(!report.exhausted, "{what}");
        }
    }
}

#[test]
fn a_search_that_is_given_up_says_so() {
    let mut damaged = token(Algorithm::Es256);
    // Still JSON, and no single edit undoes it.
    let parts: Vec<&str> = damaged.split('.').collect();
    let altered = claviger_token::base64url::encode(
        String::from_utf8(claviger_token::base64url::decode(parts[1]).expect("base64url"))
            .expect("a text")
            .replace("user-4711", "admin"),
    );
    damaged = format!("{}.{altered}.{}", parts[0], parts[2]);
    let report = explain(damaged.as_bytes(), &surroundings(Algorithm::Es256).with_budget(100));
    assert!(report.exhausted);
    assert!(report.notes.iter().any(|note| note.contains("given up")));
    assert_ne!(report.faults[0].certainty, Certainty::Proven);
}

#[test]
fn the_contract_s_members_are_all_there() {
    let damaged = format!("Authorization: Bearer \"{}\"", token(Algorithm::EdDsa));
    let report = explain(damaged.as_bytes(), &surroundings(Algorithm::EdDsa));
    let json = report.to_json(false);
    let names = |value: &serde_json::Value| -> Vec<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    assert_eq!(names(&json), ["verdict", "faults", "token", "checks", "warnings", "notes"]);
    assert_eq!(
        names(&json["faults"][0]),
        [
            "code",
            "class",
            "title",
            "certainty",
            "detail",
            "evidence",
            "span",
            "who",
            "fix",
            "repaired"
        ]
    );
    assert_eq!(json["faults"][0]["span"], json!({"start": 22, "end": 23}));
    assert!(json["faults"][0]["repaired"].is_null());
    assert_eq!(
        names(&json["token"]),
        ["kind", "header", "claims", "signature", "product", "advice"]
    );
    assert_eq!(json["token"]["signature"], "verified");
    assert_eq!(names(&json["checks"][0]), ["check", "outcome", "detail"]);
    assert_eq!(report.to_json(true)["faults"][0]["repaired"], json!(token(Algorithm::EdDsa)));
    assert_eq!(serde_json::to_value(&report).expect("JSON"), json);
}

#[test]
fn secrets_of_the_surroundings_are_never_said() {
    let secret = std::str::from_utf8(keys::SECRET).expect("a text");
    let given = format!("\"{secret}\"\n");
    let context = Surroundings::new(policy(), NOW).with_secret("secret", given.as_bytes());
    let t = token(Algorithm::Hs256);
    assert_eq!(explain(t.as_bytes(), &context).faults[0].certainty, Certainty::Proven);
    tells_nothing(t.as_bytes(), &context, &[secret, t.rsplit('.').next().expect("a signature")]);
    assert!(!format!("{context:?}").contains(&secret[..20]));
}

#[test]
fn huge_inputs_end_soon() {
    let context = surroundings(Algorithm::EdDsa);
    let long = "eyJhbGciOiJFUzI1NiJ9.".repeat(200_000);
    for input in [
        "a".repeat(3_000_000),
        long,
        format!("Authorization: Bearer {}", "a.".repeat(1_000_000)),
        format!("{{\"log\":{{\"entries\":[{}]}}}}", "{},".repeat(200_000)),
        "[".repeat(1_000_000),
        "curl -H '".repeat(50_000),
        "Authorization: Bearer ".repeat(50_000),
        "%25".repeat(60_000),
        "\\u002e".repeat(30_000),
        "\n".repeat(1_000_000),
        "word ".repeat(300_000),
        "Bearer ".repeat(200_000),
        "x Bearer ".repeat(200_000),
        format!("authorization: {}", "token:".repeat(200_000)),
        format!("eyJhbGciOiJFUzI1NiJ9.eyJhIjoxfQ.{}", "=".repeat(200_000)),
        format!("eyJhbGciOiJFUzI1NiJ9.eyJhIjoxfQ.{}", "–".repeat(60_000)),
        format!("eyJhbGciOiJFUzI1NiJ9.eyJhIjoxfQ.{}", "\\".repeat(200_000)),
        format!("eyJhbGciOiJFUzI1NiJ9.eyJhIjoxfQ.{}", "\u{1B}[0m".repeat(50_000)),
        format!("eyJhbGciOiJFUzI1NiIsImtpZCI6InRlc3QtZXMyNTYifQ.eyJhIjoxfQ.{}", "A".repeat(65_000)),
        format!(
            "eyJhbGciOiJFUzI1NiIsImtpZCI6InRlc3QtZXMyNTYifQ.{}.{}",
            "e30A".repeat(16_000),
            "A".repeat(86)
        ),
        format!("{{\"access_token\":\"{}\"}}", "\\n".repeat(100_000)),
    ] {
        let report = explain(input.as_bytes(), &context);
        assert_ne!(report.verdict, Verdict::Accepted);
    }
}
