//! Several credentials at once: `--diff`, several `--file`s, a HAR of several, the report for support; and none, but its error message.

use std::path::Path;

use claviger_testkit::process::Outcome;
use claviger_testkit::{Process, keys, mint};
use claviger_token::Algorithm;
use serde_json::{Value, json};

use crate::stage::{assert_unseen, claviger, file};

const NOW: i64 = 1_795_000_000;

fn token(changes: &Value) -> String {
    let claims = mint::access_claims("https://id.example", "https://api.example", NOW - 60);
    mint(Algorithm::EdDsa, &json!({}), &mint::with(claims, changes))
}

fn jwks(folder: &Path) -> String {
    let set = keys::jwks(&[keys::signing(Algorithm::EdDsa)]).to_string();
    file(folder, "jwks.json", &set)
}

fn run(arguments: &[&str], more: &[&str], input: &[u8]) -> Outcome {
    let now = NOW.to_string();
    let mut all = vec!["explain"];
    all.extend_from_slice(arguments);
    all.extend_from_slice(&["--now", &now, "--issuer", "https://id.example"]);
    all.extend_from_slice(&["--audience", "https://api.example"]);
    all.extend_from_slice(more);
    let outcome = Process::run(claviger(&all), input);
    assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
    outcome
}

fn read(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}\n{}", outcome.stdout, outcome.stderr))
}

/// A slip in a name must not read like a fault of the token.
#[test]
fn a_name_is_told_from_a_credential() {
    let folder = tempfile::tempdir().unwrap();
    let good = token(&json!({}));
    let outcome = run(&["--diff", &good, "fials.txt"], &[], b"");
    assert!(outcome.stderr.contains("there is no file `fials.txt`"), "{}", outcome.stderr);
    let outcome = run(&["--diff", &good, &good], &[], b"");
    assert!(!outcome.stderr.contains("no file"), "{}", outcome.stderr);
    let there = file(folder.path(), "request.txt", &good);
    let outcome = run(&[&there], &[], b"");
    assert!(outcome.stderr.contains("--file reads the file of that name"), "{}", outcome.stderr);
    for flag in ["--issuer", "--audience"] {
        let outcome = Process::run(claviger(&["explain", &good, flag, ""]), b"");
        assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(&format!("`{flag}` is empty")), "{}", outcome.stderr);
    }
}

#[test]
fn two_credentials_are_compared_from_files_texts_and_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let jwks = jwks(folder.path());
    let keyed = ["--jwks", jwks.as_str()];
    let (good, bad) = (token(&json!({})), token(&json!({"aud": "https://api.example/"})));
    let request = format!("GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {bad}\r\n\r\n");
    let bad_file = file(folder.path(), "fails.txt", &request);
    for (pair, input) in [
        ([good.as_str(), bad_file.as_str()], b"".as_slice()),
        ([good.as_str(), bad.as_str()], b""),
        ([good.as_str(), "-"], bad.as_bytes()),
        (["-", bad.as_str()], good.as_bytes()),
    ] {
        let arguments = ["--diff", pair[0], pair[1]];
        let outcome = run(&arguments, &keyed, input);
        assert_eq!(outcome.code, Some(1), "{}\n{}", outcome.stdout, outcome.stderr);
        assert!(outcome.stdout.contains("audience-near-miss"), "{}", outcome.stdout);
        assert_unseen(&outcome.stdout, &good, "a comparison");
        assert_unseen(&outcome.stdout, &bad, "a comparison");
        let outcome = run(&arguments, &[&keyed[..], &["--format", "json"]].concat(), input);
        let json = read(&outcome);
        assert_eq!(json["verdict"], "refused");
        assert_eq!(json["differences"][0]["what"], "aud");
        assert_eq!(json["differences"][0]["explains"]["code"], "audience-near-miss");
        assert_unseen(&outcome.stdout, &bad, "a comparison");
    }
    assert_eq!(run(&["--diff", &good, &good], &keyed, b"").code, Some(0));
    let open = run(&["--diff", &good, &good], &[], b"");
    assert_eq!(open.code, Some(3), "{}", open.stdout);
    for (arguments, named) in [
        (&["--diff", "-", "-"][..], "twice"),
        (&["--diff", "one"], "--diff"),
        (&["--diff", "one", "two", "three"], "--diff"),
    ] {
        let outcome = run(arguments, &[], b"");
        assert_eq!(outcome.code, Some(2), "{arguments:?}: {}", outcome.stdout);
        assert!(outcome.stderr.contains(named), "{}", outcome.stderr);
    }
}

#[test]
fn a_good_token_is_warned_of_and_stays_good() {
    let folder = tempfile::tempdir().unwrap();
    let jwks = jwks(folder.path());
    let late = token(&json!({"exp": NOW + 30}));
    let outcome = run(&[&late], &["--jwks", &jwks, "--format", "json"], b"");
    assert_eq!(outcome.code, Some(0), "{}", outcome.stdout);
    let json = read(&outcome);
    assert_eq!((&json["verdict"], &json["faults"]), (&json!("accepted"), &json!([])));
    assert_eq!(json["warnings"][0]["code"], "expired");
    let text = run(&[&late], &["--jwks", &jwks], b"");
    assert!(text.stdout.contains("before it hurts"), "{}", text.stdout);
}

#[test]
fn several_files_are_explained_and_told_together() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) =
        (keys::signing_as(Algorithm::EdDsa, "main"), keys::other_signing(Algorithm::EdDsa, "main"));
    let set = |key: &claviger_token::SigningKey| keys::jwks(std::slice::from_ref(key)).to_string();
    let first = file(folder.path(), "first.json", set(&one));
    let second = file(folder.path(), "second.json", set(&other));
    let sets = ["--jwks", first.as_str(), "--jwks", second.as_str()];
    let mut files = Vec::new();
    let mut tokens = Vec::new();
    for (nth, key) in [&one, &other, &one, &other].into_iter().enumerate() {
        let claims = mint::access_claims("https://id.example", "https://api.example", NOW - 60);
        let changes = json!({"iat": NOW - 90 + nth as i64 * 20, "jti": nth.to_string()});
        let token = mint::mint_with(key, &json!({}), &mint::with(claims, &changes));
        files.push(file(folder.path(), &format!("token-{nth}.txt"), &token));
        tokens.push(token);
    }
    let arguments: Vec<&str> = files.iter().flat_map(|name| ["--file", name.as_str()]).collect();
    let outcome = run(&arguments, &[&sets[..], &["--format", "json"]].concat(), b"");
    assert_eq!(outcome.code, Some(1), "{}\n{}", outcome.stdout, outcome.stderr);
    let json = read(&outcome);
    assert_eq!(json["inputs"].as_array().unwrap().len(), 4);
    assert_eq!(json["inputs"][0]["verdict"], "accepted");
    assert_eq!(json["together"]["findings"][0]["code"], "key-set-inconsistent", "{json}");
    assert_eq!(json["together"]["findings"][0]["inputs"], json!([0, 1, 2, 3]));
    let text = run(&arguments, &sets, b"");
    assert!(text.stdout.contains("what only several show"), "{}", text.stdout);
    for token in &tokens {
        assert_unseen(&text.stdout, token, "a report of several");
        assert_unseen(&outcome.stdout, token, "a report of several");
    }
    // One log with all of them: the report of one, and what they tell together.
    let log: String = tokens.iter().map(|token| format!("GET /a 401 Bearer {token}\n")).collect();
    let outcome = run(&["-"], &[&sets[..], &["--format", "json"]].concat(), log.as_bytes());
    let json = read(&outcome);
    assert!(json["checks"].is_array());
    assert_eq!(json["together"]["findings"][0]["code"], "key-set-inconsistent", "{json}");
    let outcome = run(&[&arguments[..], &["--report", "x.md"]].concat(), &sets, b"");
    assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
}

#[test]
fn an_error_message_alone_is_exit_code_3_and_names_its_speaker() {
    let message = "{\"level\":\"error\",\"msg\":\"JsonWebTokenError: jwt malformed\"}\n";
    let told = run(&["-"], &[], message.as_bytes());
    assert_eq!(told.code, Some(3), "{}{}", told.stdout, told.stderr);
    assert!(told.stdout.contains("jsonwebtoken (Node)"), "{}", told.stdout);

    let told = run(&["jwt expired"], &["--format", "json"], b"");
    assert_eq!(told.code, Some(3), "{}{}", told.stdout, told.stderr);
    let json = read(&told);
    assert_eq!(json["verdict"], "undetermined");
    assert_eq!(json["faults"][0]["code"], "expired");
    assert_eq!(json["faults"][0]["certainty"], "likely");
}
