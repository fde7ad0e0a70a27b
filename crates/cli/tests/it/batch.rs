//! `claviger explain --batch` on whole logs: generated ones, compressed ones, and those that real servers write.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use claviger_testkit::process::Outcome;
use claviger_testkit::{Ask, FakeIssuer, Process, Sink, keys, mint};
use claviger_token::Algorithm;
use serde_json::{Value, json};

use crate::stage::{Authority, Gate, PATIENCE, assert_unseen, claviger, file};
use crate::tools::{on_path, skip};

const ISSUER: &str = "https://id.example";
const API: &str = "https://api.example";
/// 2026-11-18T11:06:40Z.
const NOW: i64 = 1_795_000_000;

fn token(changes: &Value) -> String {
    let claims = mint::with(mint::access_claims(ISSUER, API, NOW - 3600), changes);
    mint::mint_with(&keys::signing(Algorithm::Es256), &json!({}), &claims)
}

/// The JSON of a batch, and the code it ended with.
pub(crate) fn batch(log: &str, further: &[&str], input: &[u8]) -> (Value, Option<i32>) {
    let arguments = [&["explain", "--batch", log, "--format", "json"], further].concat();
    let outcome = Process::run(claviger(&arguments), input);
    let json = serde_json::from_str(&outcome.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", outcome.stdout, outcome.stderr));
    (json, outcome.code)
}

/// `code client count` of each group, sorted.
pub(crate) fn groups(json: &Value) -> Vec<String> {
    let mut groups: Vec<String> = json["groups"]
        .as_array()
        .expect("groups")
        .iter()
        .map(|group| {
            let text = |name: &str| group[name].as_str().unwrap_or("-");
            format!("{} {} {}", text("code"), text("client"), group["count"])
        })
        .collect();
    groups.sort();
    groups
}

/// A log of so many lines, a tenth of it refused, and the tokens in it.
fn log(lines: usize) -> (String, Vec<String>) {
    let expired: Vec<String> =
        (0..20).map(|nth| token(&json!({"jti": nth.to_string(), "client_id": "web"}))).collect();
    let foreign = token(
        &json!({"client_id": "billing", "aud": "https://other.example", "exp": NOW + 90_000}),
    );
    let mut log = String::new();
    for nth in 0..lines {
        let time = format!(
            "18/Nov/2026:{:02}:{:02}:{:02} +0000",
            11 + nth / 3600 % 8,
            nth / 60 % 60,
            nth % 60
        );
        let line =
            format!("10.0.{}.{} - - [{time}] \"GET /orders/{nth}?a=1 HTTP/1.1\"", nth % 3, nth % 7);
        let (status, credential) = match nth % 20 {
            3 => (401, format!("Bearer {}", expired[nth / 20 % expired.len()])),
            9 => (403, format!("Bearer {foreign}")),
            15 => (401, "-".to_owned()),
            _ => (200, "-".to_owned()),
        };
        writeln!(log, "{line} {status} 59 \"-\" \"curl/8\" \"{credential}\"").unwrap();
    }
    let tokens = expired.into_iter().chain([foreign]).collect();
    (log, tokens)
}

#[test]
fn a_hundred_thousand_lines_become_one_table() {
    const LINES: usize = 100_000;
    let folder = tempfile::tempdir().unwrap();
    let (text, tokens) = log(LINES);
    let path = file(folder.path(), "access.log", &text);
    let set = keys::jwks(&[keys::signing(Algorithm::Es256)]).to_string();
    let set = file(folder.path(), "jwks.json", set);
    let policy = ["--jwks", set.as_str(), "--issuer", ISSUER, "--audience", API];

    let (json, code) = batch(&path, &policy, b"");
    assert_eq!(code, Some(1));
    let each = LINES / 20;
    assert_eq!(json["lines"], LINES);
    assert_eq!(json["requests"], LINES);
    assert_eq!(json["refused"], 3 * each);
    assert_eq!(json["unexplained"], each);
    assert_eq!(json["complete"], true);
    assert_eq!(
        groups(&json),
        [format!("audience-mismatch billing {each}"), format!("expired web {each}")]
    );
    let expired = &json["groups"]
        .as_array()
        .unwrap()
        .iter()
        .find(|group| group["code"] == "expired")
        .unwrap();
    for (name, expected) in [
        ("issuer", json!(ISSUER)),
        ("path", json!("/orders/{id}")),
        ("who", json!("client")),
        ("certainty", json!("proven")),
        ("class", json!("expired")),
        ("first", json!("2026-11-18T11:00:03Z")),
        ("example_line", json!(4)),
    ] {
        assert_eq!(expired[name], expected, "{name}: {expired}");
    }
    assert!(!expired["fix"].as_str().unwrap().is_empty());
    let sum: u64 = json["unexplained_groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["count"].as_u64().unwrap())
        .sum();
    assert_eq!(sum, each as u64);

    // The same from a pipe, and compressed; the same table for a person.
    let (piped, _) = batch("-", &policy, text.as_bytes());
    assert_eq!(piped, json);
    if on_path("gzip") {
        let packed = Process::run(
            {
                let mut gzip = Command::new("gzip");
                gzip.args(["-k", &path]);
                gzip
            },
            b"",
        );
        assert_eq!(packed.code, Some(0), "{}", packed.stderr);
        let (packed, _) = batch(&format!("{path}.gz"), &policy, b"");
        assert_eq!(packed, json);
    } else {
        skip("gzip is missing");
    }
    let outcome = table(&path, &policy);
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.stdout.starts_with("15 000 of 100 000 requests were refused"),
        "{}",
        outcome.stdout
    );
    assert!(outcome.stdout.contains("client web"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("No cause was found for 5 000"), "{}", outcome.stdout);
    assert_eq!(outcome.stderr, "", "no progress where there is no terminal");
    for token in &tokens {
        assert_unseen(&(outcome.stdout.clone() + &json.to_string()), token, "the table");
    }
}

fn table(path: &str, further: &[&str]) -> Outcome {
    Process::run(claviger(&[&["explain", "--batch", path], further].concat()), b"")
}

#[test]
fn a_log_without_refusals_is_good_and_a_damaged_one_is_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let line = "10.0.0.9 - - [18/Nov/2026:11:06:40 +0000] \"GET / HTTP/1.1\" 200 5\n";
    let good = file(folder.path(), "good.log", line);
    assert_eq!(batch(&good, &[], b"").1, Some(0));
    let empty = file(folder.path(), "empty.log", "");
    assert_eq!(batch(&empty, &[], b"").1, Some(0));
    // The head of a gzip file and nothing behind it.
    let cut = file(folder.path(), "cut.gz", [0x1F, 0x8B, 8, 0, 0]);
    let outcome = table(&cut, &[]);
    assert_eq!(outcome.code, Some(2), "{}{}", outcome.stdout, outcome.stderr);
    let missing = table("no-such.log", &[]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.stderr.contains("no-such.log"), "{}", missing.stderr);
    let har = file(folder.path(), "cut.har", "{\"log\": {\"entries\": [");
    assert_eq!(table(&har, &[]).code, Some(2));
    // Without the keys that were named nothing can be said of any token.
    let lost = table(&good, &["--jwks", "http://127.0.0.1:1/jwks"]);
    assert_eq!(lost.code, Some(3), "{}{}", lost.stdout, lost.stderr);
    for wrong in [&["--batch", "x", "token"][..], &["--batch", "x", "--file", "y"]] {
        let outcome = Process::run(claviger(&[&["explain"], wrong].concat()), b"");
        assert_eq!(outcome.code, Some(2), "{wrong:?}");
    }
}

#[test]
fn a_har_file_is_counted_request_by_request() {
    let folder = tempfile::tempdir().unwrap();
    let bearer =
        json!([{"name": "Authorization", "value": format!("Bearer {}", token(&json!({})))}]);
    let entry = |status: u16| {
        json!({
            "startedDateTime": "2026-11-18T11:06:40.000Z",
            "request": {"method": "GET", "url": "https://api.example/orders", "headers": bearer},
            "response": {"status": status, "headers": []},
        })
    };
    let har = json!({"log": {"version": "1.2", "entries": [entry(200), entry(401), entry(401)]}});
    let path = file(folder.path(), "session.har", serde_json::to_vec_pretty(&har).unwrap());
    let (json, code) = batch(&path, &["--issuer", ISSUER], b"");
    assert_eq!(code, Some(1));
    assert_eq!((&json["lines"], &json["refused"]), (&json!(3), &json!(2)));
    assert_eq!(groups(&json), ["expired example-client 2"]);
}

/// Waits until a text has so many lines that hold a word.
pub(crate) fn wait_for(lines: usize, word: &str, text: impl Fn() -> String) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let text = text();
        if text.lines().filter(|line| line.contains(word)).count() >= lines {
            return text;
        }
        assert!(Instant::now() < deadline, "fewer than {lines} lines with {word}:\n{text}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_gates_own_log_is_explained() {
    let authority = Authority::start();
    let sink = Sink::start();
    let gate = Gate::of(&authority, &sink.url());
    let elsewhere = FakeIssuer::start();
    let foreign = elsewhere.mint(&authority.resource, &json!({"client_id": "billing"}));
    let now = claviger_testkit::now();
    let stranger = keys::other_signing(Algorithm::Es256, "nobody-knows-this-key");
    let claims = mint::access_claims(&authority.issuer, &authority.resource, now);
    let forged = mint::mint_with(&stranger, &json!({}), &claims);
    for _ in 0..3 {
        assert_eq!(gate.get("/orders?state=open", &foreign).status, 401);
    }
    assert_eq!(gate.get("/orders/7", &forged).status, 401);
    assert_eq!(Ask::get(&format!("{}/orders", gate.url)).send().status, 401);
    assert_eq!(gate.get("/orders", &authority.token()).status, 200);

    let log = wait_for(5, "refused", || gate.log());
    assert_unseen(&log, &foreign, "the gate's log");
    assert!(!log.contains("state=open"), "a query in the log: {log}");
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "gate.log", &log);
    let (json, code) = batch(&path, &[], b"");
    assert_eq!(code, Some(1));
    assert_eq!(json["refused"], 5, "{log}");
    assert_eq!(json["unexplained"], 0, "{log}");
    let expected =
        ["credential-missing - 1", "issuer-mismatch billing 3", "key-unknown example-client 1"];
    assert_eq!(groups(&json), expected, "{log}");
    let group = &json["groups"][0];
    assert_eq!(group["issuer"], elsewhere.url());
    assert_eq!((&group["path"], &group["certainty"]), (&json!("/orders"), &json!("likely")));
    assert!(group["diagnosis"].as_str().unwrap().starts_with("dg_"), "{group}");
    let first = group["first"].as_str().unwrap();
    assert!(first.starts_with("20") && first.ends_with('Z'), "{first}");
}

#[test]
fn asked_to_end_it_shows_what_was_found_so_far() {
    if !on_path("mkfifo") {
        skip("mkfifo is missing");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pipe = fifo(folder.path());
    let arguments = ["explain", "--batch", &pipe, "--format", "json"];
    let process = Process::spawn(claviger(&arguments));
    let mut writer = std::fs::File::options().write(true).open(&pipe).unwrap();
    let line =
        "10.0.0.9 - - [18/Nov/2026:11:06:40 +0000] \"GET /x HTTP/1.1\" 401 5 \"-\" code=expired\n";
    // More than pipe and queue hold: once it is written, lines have been read.
    writer.write_all(line.repeat(60_000).as_bytes()).unwrap();
    let outcome = process.stop(PATIENCE);
    assert_eq!(outcome.code, Some(1), "{}{}", outcome.stdout, outcome.stderr);
    let json: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(json["complete"], false);
    let lines = json["lines"].as_u64().unwrap();
    assert!(lines > 0 && lines <= 60_000, "{lines}");
    assert_eq!(groups(&json), [format!("expired - {lines}")]);
    assert!(outcome.stderr.contains("found so far"), "{}", outcome.stderr);
}

fn fifo(folder: &Path) -> String {
    let path = folder.join("log").to_str().unwrap().to_owned();
    let made = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    path
}
