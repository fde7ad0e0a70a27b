//! What is good is accepted however it comes, and nothing else is: the guard's own verifier is asked.

use claviger_explain::{InputKind, Surroundings, TextStyle, explain, text};
use claviger_token::{Algorithm, KeySet, Policy, Verdict, presentation, verify};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::json;

use super::cases;
use super::good::{Dice, Good, Written, written};
use crate::stage::{NOW, PUBLIC};

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789";

/// Any algorithm, the quick ones as a rule.
fn algorithm(dice: &mut Dice) -> Algorithm {
    if dice.below(8) == 0 {
        return PUBLIC[dice.below(PUBLIC.len())];
    }
    [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256, Algorithm::Hs256, Algorithm::Hs512]
        [dice.below(5)]
}

/// The credential in any input that is recognised, as a client that does everything right sends it.
fn presented(dice: &mut Dice, t: &str) -> String {
    let scheme = dice.pick(&["Bearer", "bearer", "BEARER"]);
    let name = dice.pick(&["Authorization", "authorization", "AUTHORIZATION"]);
    let path = format!("/{}/{}", dice.word(LETTERS, 1..=9), dice.word(LETTERS, 0..=9));
    let host = format!("{}.example", dice.word(LETTERS, 1..=9));
    let end = dice.pick(&["\r\n", "\n"]);
    let method = dice.pick(&["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"]);
    let own = format!("X-{}: {}", dice.word(LETTERS, 1..=9), dice.word(LETTERS, 1..=20));
    let value = format!("{scheme} {t}");
    let header = format!("{name}: {value}");
    match dice.below(26) {
        0 => format!("{t}{}", dice.pick(&["", "\n", "\r\n"])),
        1 => format!("{value}{}", dice.pick(&["", "\n", "\r\n"])),
        2 => format!("{header}{}", dice.pick(&["", "\n", "\r\n"])),
        3 => [&own, "Accept: */*", &header, ""].join(end),
        4 => {
            [&format!("{method} {path} HTTP/1.1"), &format!("Host: {host}"), &own, &header, "", ""]
                .join(end)
        }
        5 => [&format!("POST {path} HTTP/2"), &format!("Host: {host}"), &header, "", "{\"a\":[1]}"]
            .join(end),
        6 => format!("curl -sS -X {method} -H '{own}' -H '{header}' 'https://{host}{path}?a=1'"),
        7 => format!("curl --oauth2-bearer {t} https://{host}{path}"),
        8 | 9 => {
            let entry = |headers: serde_json::Value, status: u16| {
                json!({"request": {"method": method, "url": format!("https://{host}{path}"), "headers": headers},
                       "response": {"status": status, "headers": []}})
            };
            let good = entry(
                json!([{"name": "Accept", "value": "*/*"}, {"name": name, "value": value}]),
                401,
            );
            let har = json!({"log": {"version": "1.2", "entries": [good]}});
            match dice.coin() {
                true => har.to_string(),
                false => serde_json::to_string_pretty(&har).unwrap(),
            }
        }
        10 => json!({"token_type": "Bearer", "access_token": t, "expires_in": 300}).to_string(),
        11 => format!(
            "2026-11-18T10:26:40Z WARN gw 401 {method} {path} authorization=\"{value}\" ua=curl"
        ),
        12 => json!({"level": "warn", "req": {"headers": {"authorization": value}}}).to_string(),
        13 => format!(
            "* Connected to {host}\n> {method} {path} HTTP/1.1\n> Host: {host}\n> {header}\n>\n< HTTP/1.1 401 Unauthorized\n< content-length: 0\n"
        ),
        14 => format!("wget --header=\"{header}\" https://{host}{path}"),
        15 => format!("http {method} {host}{path} {name}:'{value}'"),
        16 => format!(
            "curl ^\"https://{host}{path}^\" ^\r\n  -H ^\"{own}^\" ^\r\n  -H ^\"{header}^\""
        ),
        17 => format!(
            "$ curl -s -k --max-time 5 -o /dev/null -w '%{{http_code}}' -H $'{header}' https://{host}{path}"
        ),
        18 => format!(
            "fetch('{path}', {{ method: '{method}', headers: {{ 'Authorization': '{value}', 'a': 'b' }} }})"
        ),
        19 => format!("requests.get(url, headers={{\"Authorization\": \"{value}\"}}, timeout=5)"),
        20 => format!("[error] 7#7: *1 Authorization: {value}, client: 10.0.0.1, server: {host}"),
        21 => json!({"data": {"session": {"user": 1, "access_token": t}}}).to_string(),
        22 => format!("I send `{t}` to {host} and get a 401."),
        23 => [
            &format!("{method} {path}?q={}&page=2 HTTP/1.1", dice.word(LETTERS, 1..=30)),
            &format!("Host: {host}"),
            &format!("Cookie: a={}; theme=dark", dice.word(LETTERS, 1..=30)),
            &format!("{name}:   {value}  "),
            "Content-Type: application/json",
            "",
            &json!({"token_count": 3, "text": dice.word(LETTERS, 1..=40)}).to_string(),
        ]
        .join(end),
        24 => format!("{own}{end}{header}{end}Cookie: s={}{end}", dice.word(LETTERS, 8..=40)),
        _ => format!(
            "Hello,\nwith {} my token is {t} and it does not work.\nAda",
            dice.word(LETTERS, 1..=9)
        ),
    }
}

/// Judged by the given surroundings and by the guard.
struct Scene {
    good: Good,
    around: Surroundings,
    policy: Policy,
    keys: KeySet,
}

impl Scene {
    fn new(dice: &mut Dice, written: &Written) -> Self {
        let algorithm = algorithm(dice);
        let good = Good::new(dice, algorithm, written);
        let (around, policy, keys) = (good.around(dice), good.policy(), good.guard());
        Self { good, around, policy, keys }
    }

    /// Whether the guard takes a credential that stands in this text, whole.
    fn guard_takes(&self, input: &str) -> bool {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        input.split(|c| !is_part(c)).any(|word| {
            // Within what cannot be parted by its characters, a token begins as every token does.
            let starts = word.match_indices("ey").map(|(at, _)| &word[at..]).take(64);
            starts.chain([word]).any(|from| {
                let whole = from.trim_end_matches('.');
                [from, whole].iter().any(|one| verify(one, &self.policy, &self.keys, NOW).is_ok())
            })
        })
    }
}

/// What a shell makes of a command line (POSIX §2.2): quotes and escapes are gone, what they held stays.
fn unquoted(line: &str) -> String {
    let mut out = String::new();
    let mut quote = None;
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            (Some('"'), '\\') if !rest.peek().is_some_and(|c| "$`\"\\\n".contains(*c)) => {
                out.push(c)
            }
            (None | Some('"'), '\\') => out.extend(rest.next().filter(|c| *c != '\n')),
            _ => out.push(c),
        }
    }
    out
}

#[test]
fn what_a_shell_takes_away_is_no_part_of_a_token() {
    assert_eq!(unquoted("a\\bc \"d\\e\\\"\" 'f\\g' h\\\ni j\"k\"l"), "abc d\\e\" f\\g hi jkl");
    // Found by the property below: a backslash before a letter is that letter.
    let written = written().new_tree(&mut TestRunner::deterministic()).unwrap().current();
    let scene = Scene::new(&mut Dice::new(1), &written);
    let (head, tail) = scene.good.token.split_at(40);
    agrees(&scene, format!("curl --oauth2-bearer {head}\\{tail} https://a.example").as_bytes())
        .unwrap();
    agrees(
        &scene,
        format!("curl -H 'Authorization: Bearer {head}\\{tail}' https://a.example").as_bytes(),
    )
    .unwrap();
}

/// One small change anywhere.
fn mutated(dice: &mut Dice, input: &str) -> String {
    let mut text = input.to_owned();
    for _ in 0..dice.within(1..=3) {
        let from = text.floor_char_boundary(dice.below(text.len() + 1));
        let to = text.floor_char_boundary((from + dice.below(6)).min(text.len()));
        let with = dice.pick(&[
            "", "", "\"", " ", "\n", "%", "%2E", "\\", ".", "..", "Bearer ", "{", "}", "\u{200B}",
            "…", "a", "A", "-", "_", "=", "\0", "eyJ", ",", ":", "'", "\r\n\r\n", "&", "\u{FEFF}",
            "é", "null",
        ]);
        text.replace_range(from..to, with);
    }
    text
}

fn agrees(scene: &Scene, input: &[u8]) -> Result<(), TestCaseError> {
    let report = explain(input, &scene.around);
    let said = text(&report, &TextStyle::default());
    if report.verdict == Verdict::Accepted {
        let input = String::from_utf8_lossy(input).replace('\0', "");
        let by_shell = report.input == InputKind::Command && scene.guard_takes(&unquoted(&input));
        prop_assert!(by_shell || scene.guard_takes(&input), "the guard refuses {input:?}: {said}");
        prop_assert!(report.faults.is_empty());
    } else {
        prop_assert!(
            !report.faults.is_empty() || report.verdict == Verdict::Undetermined,
            "{said}"
        );
    }
    Ok(())
}

#[test]
fn no_good_token_is_called_faulty() {
    proptest!(cases(200), |(written in written())| {
        let mut dice = Dice::new(written.seed);
        let scene = Scene::new(&mut dice, &written);
        prop_assert!(verify(&scene.good.token, &scene.policy, &scene.keys, NOW).is_ok());
        let input = presented(&mut dice, &scene.good.token);
        let report = explain(input.as_bytes(), &scene.around);
        let said = text(&report, &TextStyle::default());
        prop_assert_eq!(report.verdict, Verdict::Accepted, "{} {}", input, said);
        prop_assert!(report.faults.is_empty(), "{} {}", input, said);
    });
}

#[test]
fn what_was_changed_is_accepted_only_if_the_guard_takes_it() {
    proptest!(cases(200), |(written in written())| {
        let mut dice = Dice::new(written.seed);
        let mut scene = Scene::new(&mut dice, &written);
        scene.around = scene.around.with_budget(40);
        let input = presented(&mut dice, &scene.good.token);
        agrees(&scene, mutated(&mut dice, &input).as_bytes())?;
        let token = mutated(&mut dice, &scene.good.token);
        agrees(&scene, token.as_bytes())?;
        agrees(&scene, presented(&mut dice, &token).as_bytes())?;
    });
}

/// The whole way of the guard: the header's value, the presentation, the token.
#[test]
fn a_header_is_accepted_where_the_guard_accepts_it_and_nowhere_else() {
    proptest!(cases(300), |(written in written())| {
        let mut dice = Dice::new(written.seed);
        let mut scene = Scene::new(&mut dice, &written);
        scene.around = scene.around.with_budget(20);
        let scheme = dice.pick(&["Bearer ", "bearer ", "BEARER ", "Bearer", "Bearer  ", "Token ", ""]);
        let value = mutated(&mut dice, &format!("{scheme}{}", scene.good.token));
        prop_assume!(!value.contains(['\n', '\r']));
        let guard = presentation::bearer([value.as_bytes()])
            .and_then(|token| verify(token, &scene.policy, &scene.keys, NOW).map(drop));
        let end = dice.pick(&["\r\n", "\n"]);
        let input = format!("GET /a HTTP/1.1{end}Host: a{end}Authorization: {value}{end}{end}");
        let report = explain(input.as_bytes(), &scene.around);
        let said = text(&report, &TextStyle::default());
        prop_assert_eq!(report.verdict == Verdict::Accepted, guard.is_ok(), "{:?}: {} {:?}", input, said, guard);
    });
}

#[test]
fn tokens_of_others_are_accepted_only_if_the_guard_takes_them() {
    // Well made, and signed by whom nobody trusts, or for what nobody asked.
    proptest!(cases(100), |(written in written(), other in written())| {
        let mut dice = Dice::new(written.seed);
        let mut scene = Scene::new(&mut dice, &written);
        scene.around = scene.around.with_budget(40);
        let good = &scene.good;
        let stranger = Good::new(&mut dice, good.algorithm, &other);
        let token = match dice.below(4) {
            0 => good.signed_by(&good.stranger, &json!({"kid": good.written.kid}), &json!({})),
            1 => stranger.token,
            2 => good.signed(&json!({}), &other.claims),
            _ => good.signed(&json!({"alg": "none"}), &json!({})),
        };
        let takes = verify(&token, &scene.policy, &scene.keys, NOW).is_ok();
        let report = explain(token.as_bytes(), &scene.around);
        prop_assert_eq!(report.verdict == Verdict::Accepted, takes);
        agrees(&scene, presented(&mut dice, &token).as_bytes())?;
    });
}

#[test]
fn no_bytes_are_accepted() {
    let seed = Written {
        issuer: "https://id.example".to_owned(),
        audience: "https://api.example".to_owned(),
        kid: "k".to_owned(),
        scopes: Vec::new(),
        header: json!({}),
        claims: json!({}),
        seed: 0,
    };
    let scene = Scene::new(&mut Dice::new(0), &seed);
    proptest!(cases(300), |(bytes: Vec<u8>, words in "[eyJ.{}\":=& A-Za-z0-9_-]{0,80}")| {
        agrees(&scene, &bytes)?;
        agrees(&scene, words.as_bytes())?;
    });
}
