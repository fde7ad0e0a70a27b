//! The report for others: it holds what a support needs, and nothing that is anybody's secret.

use claviger_explain::{Introspection, MARKDOWN_BEGIN, Surroundings, explain, markdown};
use claviger_testkit::keys;
use claviger_testkit::mint::{mint, with};
use claviger_token::{Algorithm, Policy};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::snapshots::kept;
use crate::stage::{AUDIENCE, ISSUER, NOW, claims, key_set, policy, surroundings, token};

fn report(input: &str, around: &Surroundings) -> String {
    let said = markdown(&explain(input.as_bytes(), around), around);
    assert!(said.starts_with(MARKDOWN_BEGIN), "{said}");
    said
}

fn personal() -> Value {
    json!({
        "email": "margaret.hamilton@corp.example", "name": "Margaret Hamilton", "ip": "203.0.113.77",
        "preferred_username": "mhamilton", "phone_number": "+49 170 1234567", "sid": "08a5019c-17e1-4977",
        "address": {"street_address": "1 Rue de la Paix", "country": "FR"}, "groups": ["Apollo guidance team"],
        "https://corp.example/employee": 4_711_000_815_i64, "client_id": "web",
        "roles": ["reader"], "cnf": {"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"},
    })
}

#[test]
fn a_report_for_support_reads_as_it_is_kept() {
    let around = Surroundings::new(policy(), NOW)
        .with_key_set("/srv/margaret/keys/jwks.json", key_set().as_bytes());
    let other = with(
        with(claims(), &personal()),
        &json!({"aud": "https://billing.example.test", "iat": NOW - 900, "exp": NOW - 600, "cnf": null}),
    );
    let other = mint(Algorithm::EdDsa, &json!({}), &other);
    kept("report-audience", &report(&format!("Authorization: Bearer \"{other}\""), &around));
    let soon = with(claims(), &json!({"exp": NOW + 50, "sub": "web"}));
    kept("report-warned", &report(&mint(Algorithm::EdDsa, &json!({}), &soon), &around));
}

#[test]
fn nobody_is_named() {
    let around = surroundings(Algorithm::EdDsa);
    let told = mint(Algorithm::EdDsa, &json!({}), &with(claims(), &personal()));
    let pinned = Policy {
        pinned: vec![
            ("email".to_owned(), "grace@corp.example".to_owned()),
            ("name".to_owned(), "Grace Hopper".to_owned()),
            ("address".to_owned(), "x".to_owned()),
        ],
        ..policy()
    };
    let pinned = Surroundings::new(pinned, NOW).with_key_set("jwks.json", key_set().as_bytes());
    for said in [
        report(&told, &around),
        report(&told, &pinned),
        report(
            &format!("GET / HTTP/1.1\r\nX-Token: {told}\r\nCookie: u=mhamilton\r\n\r\n"),
            &around,
        ),
        report(&format!("401 for margaret.hamilton@corp.example with Bearer {told}"), &pinned),
    ] {
        for who in
            ["amilton", "argaret", "203.0", "1234567", "08a5", "Rue", "Apollo", "4711", "race"]
        {
            assert!(!said.contains(who), "{who}: {said}");
        }
        assert!(said.contains("`email`: a text of 30 characters (with an `@`), masked"), "{said}");
        assert!(said.contains("`client_id`: `web`"), "{said}");
    }
}

#[test]
fn values_of_the_token_stay_what_they_are() {
    let evil = "x`|](http://evil.example)![i](http://evil.example/i.png)<img src=x onerror=alert(1)>\n# h\n```\n";
    let around = Surroundings::new(Policy::access(format!("{evil}i"), format!("{evil}a")), NOW)
        .with_key_set(&format!("jwks {evil}"), key_set().as_bytes());
    let told = with(
        claims(),
        &json!({"iss": evil, "aud": [evil], "jti": evil, "scope": evil, "roles": {"a": evil}, evil: 1}),
    );
    for header in [json!({}), json!({"kid": evil}), json!({"typ": evil, evil: evil})] {
        let said = report(&mint(Algorithm::EdDsa, &header, &told), &around);
        let mut fence: Option<String> = None;
        for line in said.lines() {
            let ticks: String = line.chars().take_while(|c| *c == '`').collect();
            match &fence {
                Some(open) if line.trim_end() == *open => fence = None,
                Some(_) => {}
                None if ticks.len() >= 3 && line.ends_with("text") => fence = Some(ticks),
                None => {
                    let outside = outside_of_code(line);
                    let ours = outside.replace("](https://www.rfc-editor.org/", "");
                    assert!(!ours.contains("](") && !ours.contains('<'), "{line}");
                    assert!(!ours.contains("evil") && !line.starts_with("# h"), "{line}");
                }
            }
        }
        assert_eq!(fence, None, "{said}");
    }
}

/// What of a line a reader of Markdown takes for text, by CommonMark's rule of code spans.
fn outside_of_code(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        out.push_str(&rest[..at]);
        let run = rest[at..].chars().take_while(|c| *c == '`').count();
        let behind = &rest[at + run..];
        let mut from = 0;
        let close = loop {
            let Some(next) = behind[from..].find('`').map(|next| next + from) else { break None };
            let length = behind[next..].chars().take_while(|c| *c == '`').count();
            if length == run {
                break Some(next + run);
            }
            from = next + length;
        };
        match close {
            Some(end) => rest = &behind[end..],
            None => {
                out.push_str(&rest[at..at + run]);
                rest = behind;
            }
        }
    }
    out + rest
}

/// No twelve characters in a row of what must not be said.
fn silent_about(said: &str, hidden: &[&str]) -> Result<(), TestCaseError> {
    for text in hidden {
        let characters: Vec<char> = text.chars().collect();
        for part in characters.windows(12) {
            let part: String = part.iter().collect();
            prop_assert!(!said.contains(&part), "{} in {}", part, said);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_stretch_of_a_secret_a_signature_or_a_person_is_in_it(
        who in "[A-Za-z0-9@. _-]{12,40}",
        more in "\\PC{12,30}",
        secret in "[!-~]{32,60}",
        carrier in 0usize..8,
        at in 0.0f64..1.0,
        damage in proptest::sample::select(vec!["", "x", "\"", " ", "\n", ".", "%", "é", "`"]),
        claim in proptest::sample::select(vec!["sub", "email", "nickname", "oid", "x", "groups"]),
    ) {
        let told = with(claims(), &json!({
            claim: who, "name": more, "nested": {"deep": [more]}, "iss": if at < 0.3 { "https://other" } else { ISSUER },
        }));
        let t = mint(Algorithm::Hs256, &json!({}), &told);
        let pinned = Policy {
            pinned: vec![(claim.to_owned(), more.clone()), ("name".to_owned(), who.clone())],
            ..policy()
        };
        let around = [
            Surroundings::new(policy(), NOW).with_secret("s", keys::SECRET),
            Surroundings::new(pinned, NOW).with_secret("s", secret.as_bytes()),
        ];
        let input = match carrier {
            0 => t.clone(),
            1 => format!("Authorization: Bearer {t}"),
            2 => format!("GET /?access_token={t} HTTP/1.1\r\nHost: h\r\n\r\n"),
            3 => format!("{{\"access_token\":\"{t}\",\"user\":\"{who}\"}}"),
            4 => format!("user={who} token={t}"),
            5 => t.replace('.', "%2E"),
            6 => format!("Authorization: {t}, {who}"),
            _ => format!("\"{t}\"\r\nX-User: {who}"),
        };
        let mut place = (at * input.len() as f64) as usize;
        while !input.is_char_boundary(place) {
            place -= 1;
        }
        let damaged = format!("{}{damage}{}", &input[..place], &input[place..]);
        let known = std::str::from_utf8(keys::SECRET).expect("a text");
        let signature = t.rsplit('.').next().expect("a signature");
        for around in around {
            let around = around.with_budget(40);
            let read = explain(damaged.as_bytes(), &around);
            let said = markdown(&read, &around);
            silent_about(&said, &[signature, &secret, known])?;
            // Of a damaged payload nobody knows what is a claim.
            if read.token.is_some_and(|token| token.claims.get(claim) == Some(&json!(who))) {
                silent_about(&said, &[&who, &more])?;
            }
        }
    }
}

#[test]
fn what_was_given_is_named_and_can_be_done_again() {
    let around = surroundings(Algorithm::EdDsa);
    let said = report(&token(Algorithm::EdDsa), &around);
    assert!(said.starts_with("# Claviger report: accepted\n"));
    for part in [
        "claviger explain --file INPUT \\\n  --issuer https://id.example.test \\\n",
        "`test-eddsa`, Ed25519, 256 bits",
        "signature verified",
        "of `jwks.json`",
        AUDIENCE,
        ISSUER,
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn of_an_opaque_token_nothing_is_repeated_but_how_to_try_it() {
    let around = surroundings(Algorithm::EdDsa);
    let token = "ya29.a0AfH6SMBxQgcaK7e3vO9uCTOLFtCLKwvAGM9xcOrexNCb0MTscTJxs6VTd4YskCQvdN";
    let said = report(&format!("Authorization: Bearer {token}"), &around);
    assert!(said.contains("how its holder can try it: `curl"), "{said}");
    assert!(said.contains("live secret"), "{said}");
    silent_about(&said, &[token]).expect("a report that is silent about the token");
}

#[test]
fn the_issuer_s_own_word_names_nobody_either() {
    let answer = json!({
        "active": true, "username": "margaret.hamilton", "sub": "mhamilton", "client_id": "web", "iss": ISSUER,
    });
    let asked =
        Introspection { url: "https://id.example.test/introspect".to_owned(), answer: Ok(answer) };
    let around = surroundings(Algorithm::EdDsa).with_introspection(asked);
    let said = report(&token(Algorithm::EdDsa), &around);
    assert!(!said.contains("hamilton"), "{said}");
}
