//! What people paste: programs, logs, settings and recorded requests around a token that is good, and damage
//! that several rules could claim.

use claviger_explain::{Certainty, Surroundings, explain};
use claviger_token::{Algorithm, Verdict};
use serde_json::json;

use crate::stage::{surroundings, token, token_with};

/// The codes in their order, and whether the first is proven.
fn codes(input: &str, around: &Surroundings) -> (Vec<&'static str>, bool) {
    let report = explain(input.as_bytes(), around);
    let proven = report.first().is_some_and(|first| first.certainty == Certainty::Proven);
    assert_eq!(report.faults.is_empty(), report.verdict == Verdict::Accepted, "{input}");
    (report.faults.iter().map(|one| one.fault.code.as_str()).collect(), proven)
}

#[test]
fn what_only_surrounds_a_token_is_no_fault() {
    let around = surroundings(Algorithm::Es256);
    let t = token(Algorithm::Es256);
    for input in [
        format!("ACCESS_TOKEN={t}"),
        format!("TOKEN='{t}'\n"),
        format!("token = \"{t}\"\nprint(token)"),
        format!("2026-11-18,alice,401,{t},/orders"),
        format!("client.get(url).bearer_auth(\"{t}\").send()"),
        format!("headers: {{HttpHeaders.authorizationHeader: 'Bearer {t}'}}"),
        format!("<name>Authorization</name><value>Bearer {t}</value>"),
        format!("map[Accept:[*/*] Authorization:[Bearer {t}]]"),
        format!("Headers: {{host=[a], authorization=[Bearer {t}], accept=[*/*]}}"),
        format!("metadata: {{\"authorization\": [\"Bearer {t}\"]}}"),
        // A variable that the same text sets.
        format!("TOKEN={t}\ncurl -H \"Authorization: Bearer $TOKEN\" https://api.example.test/"),
        format!("export T='{t}'; curl -H \"Authorization: Bearer ${{T}}\" https://a.test/"),
        format!(
            "$t = '{t}'\nInvoke-RestMethod -Uri https://a.test/ -Headers @{{ Authorization = \"Bearer $t\" }}"
        ),
        // Of several commands, the one with a credential.
        format!("curl https://a.test/health\ncurl -H 'Authorization: Bearer {t}' https://a.test/"),
        format!(
            "curl.exe `\n  -H \"Accept: */*\" `\n  -H \"Authorization: Bearer {t}\" `\n  \"https://a.test/\""
        ),
    ] {
        assert_eq!(codes(&input, &around).0, Vec::<&str>::new(), "{input}");
    }
}

#[test]
fn a_token_on_a_wrong_way_is_seen_in_every_form() {
    let around = surroundings(Algorithm::Es256);
    let t = token(Algorithm::Es256);
    let recorded = |name: &str| {
        json!({"method": "GET", "path": "/", "headers": {"host": "a.test", name: format!("Bearer {t}")}})
            .to_string()
    };
    let log = |value: String| format!("2026-11-18 10:26:40 DEBUG h : >> Authorization: {value}");
    for (input, code) in [
        (recorded("x-auth-token"), "header-name-wrong"),
        (recorded("apikey"), "header-name-wrong"),
        (format!("curl -G https://a.test/ -d access_token={t}"), "token-in-query"),
        (log(format!("GenieKey {t}")), "scheme-wrong"),
        (log(format!("Bearer Authorization: Bearer {t}")), "scheme-doubled"),
        (format!("Authorization: Bearer\"{t}\""), "scheme-separator"),
        (format!("Authorization: Bearer\"{t}"), "scheme-separator"),
        // Between single quotes no shell looks for variables.
        (
            format!("TOKEN={t}\ncurl -H 'Authorization: Bearer $TOKEN' https://a.test/"),
            "credential-placeholder",
        ),
    ] {
        let (all, proven) = codes(&input, &around);
        assert_eq!((all.first(), proven), (Some(&code), true), "{input}: {all:?}");
    }
}

#[test]
fn layers_are_told_apart() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let around = surroundings(Algorithm::EdDsa);
    let t = token(Algorithm::EdDsa);
    let other = token_with(Algorithm::EdDsa, &json!({"sub": "user-2"}));
    let wide: Vec<u8> = t.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let lines: Vec<String> = STANDARD
        .encode(&t)
        .as_bytes()
        .chunks(76)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    for (input, expected) in [
        (format!("\"{t}\n\""), vec!["quoted", "whitespace-around"]),
        (format!("Bearer {}", t.replace('.', " ")), vec!["whitespace-inside"]),
        (format!("X-Auth-Token: \"Bearer {t}\""), vec!["header-name-wrong", "quoted"]),
        (format!("Bearer [{{\"access_token\": \"{t}\"}}]"), vec!["response-instead-of-token"]),
        (
            format!("Bearer map[access_token:{t} expires_in:300 token_type:Bearer]"),
            vec!["response-instead-of-token"],
        ),
        (STANDARD.encode(wide), vec!["base64-of-token"]),
        (format!("Bearer {}", lines.join("\n")), vec!["whitespace-inside", "base64-of-token"]),
        (format!("{},", STANDARD.encode(&t)), vec!["trailing-characters", "base64-of-token"]),
        (STANDARD.encode(t.replace('.', "%2E")), vec!["base64-of-token", "percent-encoded"]),
        (format!("\"{t}\"\"{other}\""), vec!["quoted", "tokens-concatenated"]),
        (format!("{t}=x"), vec!["trailing-characters"]),
        (format!("{t}==,"), vec!["trailing-characters", "base64-padding"]),
        (t.replace('-', "&ndash;"), vec!["escape-sequence", "smart-punctuation"]),
        (t.replace('.', ":"), vec!["truncated"]),
    ] {
        let (all, _) = codes(&input, &around);
        assert!(all == expected, "{input}: {all:?} and not {expected:?}");
    }
}

#[test]
fn a_foreign_letter_in_the_signature_is_one_wrong_character() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Es384, Algorithm::Rs256] {
        let around = surroundings(algorithm);
        let t = token(algorithm);
        let start = t.rfind('.').unwrap() + 1;
        // Near the end it is no end, and it may take several bytes.
        for at in [start + 30, t.len() - 7, t.len() - 3] {
            for foreign in ["(", "~", "é"] {
                for behind in [at, at + 1] {
                    let input = format!("{}{foreign}{}", &t[..at], &t[behind..]);
                    let (all, proven) = codes(&input, &around);
                    assert_eq!((all, proven), (vec!["character-error"], true), "{input}");
                }
            }
        }
    }
}

#[test]
fn what_has_no_json_in_it_is_another_kind_of_token() {
    let around = surroundings(Algorithm::Es256);
    let jws = json!({"payload": "eyJhIjoxfQ", "protected": "e30", "signature": "AAAA"});
    let hex = "e9d7215a0a495e5256946a6ff4db1538";
    let half = "ARCGKtWbFuCJgg243fxFSh6F4y8HmRXB70xfilfqwr8";
    for input in [
        "mF_9.B5f-4.1JqM".to_owned(),
        format!("{half}.{half}"),
        hex.to_owned(),
        // The byte of a brace by chance is no JSON.
        format!("patGrqqpb2owpTAdA.{hex}{hex}"),
        format!("sl.u.{half}{half}{half}"),
        // Flask: the payload comes first, and a time behind it.
        "eyJ1c2VyIjoiYWRhIiwiaWQiOjd9.av2GwA.jTcaVPMWC08DlnG8Qv4YP34ilBQ".to_owned(),
        serde_json::to_string_pretty(&jws).unwrap(),
    ] {
        for value in [input.clone(), format!("Authorization: Bearer {input}")] {
            assert_eq!(codes(&value, &around), (vec!["token-opaque"], true), "{value}");
        }
    }
}
