//! `claviger journal` and `claviger why`, against a running authority.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use claviger_testkit::{Ask, Sink};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::stage::{Authority, Gate, PATIENCE, assert_unseen, claviger, file};

fn run(authority: &Authority, arguments: &[&str]) -> (i32, String) {
    let token = authority.data().join("admin.token");
    let token = token.to_str().expect("a plain name");
    let reach = ["--authority", &authority.issuer, "--admin-token-file", token];
    let output = claviger(&[arguments, &reach].concat()).output().expect("the binary");
    let text = String::from_utf8(output.stdout).expect("text");
    (output.status.code().expect("an exit code"), text)
}

fn refuse(authority: &Authority, grant: &str) -> String {
    let answer = Ask::post_form(&authority.url("/token"), &[("grant_type", grant)]).send();
    answer.json()["diagnosis"].as_str().expect("an id").to_owned()
}

#[test]
fn why_and_journal_tell_what_happened_and_follow_what_happens() {
    let authority = Authority::start();
    let id = refuse(&authority, "nonsense");
    authority.administer(&["client", "create", "worker", "--resource", &authority.resource]);
    // The entry is written behind the answer's back.
    let (code, text) = (0..100)
        .map(|_| {
            std::thread::sleep(Duration::from_millis(20));
            run(&authority, &["why", &id])
        })
        .find(|(code, _)| *code == 0)
        .expect("the refusal");
    assert_eq!(code, 0);
    assert!(text.starts_with("refusal "), "{text}");
    for said in ["when", "what", "fix", "endpoint"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert_eq!(run(&authority, &["why", "dg_0000000000000000"]).0, 1);
    let (_, table) = run(&authority, &["journal", "--since", "1h"]);
    assert!(table.contains(&id) && table.contains("create-client"), "{table}");
    assert!(table.contains("by administrator"), "{table}");
    let (_, lines) = run(&authority, &["journal", "--kind", "administration", "--format", "json"]);
    let entries: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect();
    assert!(entries.iter().all(|entry| entry["kind"] == "administration"), "{lines}");
    assert!(entries.iter().any(|entry| entry["client"] == "worker"), "{lines}");
    assert_eq!(run(&authority, &["journal", "--since", "soon"]).0, 2);
    assert_eq!(run(&authority, &["journal", "--kind", "nonsense"]).0, 2);

    // From now on, by cause.
    let token = authority.data().join("admin.token");
    let mut following = claviger(&[
        "journal",
        "--follow",
        "--kind",
        "refusal",
        "--format",
        "json",
        "--authority",
        &authority.issuer,
        "--admin-token-file",
        token.to_str().expect("a plain name"),
    ])
    .stdout(Stdio::piped())
    .spawn()
    .expect("the binary");
    let mut lines = BufReader::new(following.stdout.take().expect("a pipe")).lines();
    let mut until = |id: &str| {
        lines.by_ref().map_while(Result::ok).any(|line| {
            let entry: Value = serde_json::from_str(&line).expect("JSON");
            assert_eq!(entry["kind"], "refusal");
            entry["id"] == id
        })
    };
    assert!(until(&id), "what stands there already is shown first");
    let next = refuse(&authority, "more-nonsense");
    assert!(until(&next), "and what happens then");
    let authority = authority.killed();
    let later = refuse(&authority, "nonsense-again");
    assert!(until(&later), "over a restart, too");
    following.kill().expect("to end it");
    following.wait().expect("its end");
}

/// The entry of an id, once it is written.
fn entry(authority: &Authority, id: &str) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (code, text) = run(authority, &["why", id, "--format", "json"]);
        if code == 0 {
            return serde_json::from_str(&text).expect("JSON");
        }
        assert!(Instant::now() < deadline, "{id} does not get into the journal");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A gate in front of the example API that reports as one of an API's introspectors.
fn reporting(authority: &Authority, folder: &TempDir, upstream: &str) -> Gate {
    let api = "https://orders.example";
    let make = ["resource", "create", api, "--scope", "read", "--introspector", "orders-gate"];
    authority.administer(&make);
    let guard = authority.register("orders-gate", api, "read");
    let secret = file(folder.path(), "gate.secret", format!("{}\n", guard.secret));
    let further = ["--report-as", "orders-gate", "--report-secret-file", &secret];
    Gate::start(upstream, &authority.issuer, &authority.resource, &further)
}

#[test]
fn why_explains_what_a_gate_refused() {
    let (authority, sink) = (Authority::start(), Sink::start());
    let folder = tempfile::tempdir().expect("a folder");
    let gate = reporting(&authority, &folder, &sink.url());
    let token = authority.token();
    let tampered = claviger_testkit::mint::tampered(&token, 2);
    let refused = gate.get("/orders?state=open", &tampered);
    assert_eq!(refused.status, 401);
    let problem = refused.json();
    let id = problem["diagnosis"].as_str().expect("an id");
    let found = entry(&authority, id);
    assert_eq!(found["code"], problem["code"]);
    assert_eq!(found["client"], authority.client.id.as_str());
    assert_eq!((&found["method"], &found["path"]), (&json!("GET"), &json!("/orders")));
    assert_eq!(found["by"], "client orders-gate");
    let (code, text) = run(&authority, &["why", id]);
    assert_eq!(code, 0);
    assert!(text.starts_with("refusal ") && text.contains("fix"), "{text}");
    assert_unseen(&text, &tampered, "what `why` says");

    // The gate as a forward-auth endpoint tells of the request that it was asked about.
    let refused = Ask::get(&format!("{}/_claviger/auth", gate.url))
        .header("X-Original-Method", "POST")
        .header("X-Original-URI", "/invoices?x=1")
        .send();
    let id = refused.header("claviger-diagnosis").expect("an id").to_owned();
    let found = entry(&authority, &id);
    assert_eq!(found["code"], "credential-missing");
    assert_eq!((&found["method"], &found["path"]), (&json!("POST"), &json!("/invoices")));

    // A flood is a handful of entries, and each id that was given out is one of them.
    let ids: std::collections::BTreeSet<String> = (0..300)
        .map(|_| {
            let refused = gate.get("/orders", "no.token.really");
            refused.header("claviger-diagnosis").expect("an id").to_owned()
        })
        .collect();
    assert!(ids.len() <= 20, "{}", ids.len());
    for id in &ids {
        entry(&authority, id);
    }
    let deadline = Instant::now() + PATIENCE;
    loop {
        let counts = ids.iter().map(|id| entry(&authority, id)["count"].as_u64().expect("a count"));
        let counted: u64 = counts.sum();
        if counted == 300 {
            break;
        }
        assert!(Instant::now() < deadline, "{counted} of 300");
        std::thread::sleep(Duration::from_millis(50));
    }

    // Told at the end of its life as well, whatever was gathered by then.
    let last =
        gate.get("/orders", &tampered).header("claviger-diagnosis").expect("an id").to_owned();
    let ended = gate.stop();
    assert_eq!(entry(&authority, &last)["id"], last.as_str());
    assert_unseen(&(ended.stdout + &ended.stderr), &tampered, "the gate's log");
    assert_unseen(&authority.log(), &tampered, "the authority's log");
}

#[test]
fn a_gate_whose_authority_is_away_answers_at_once_and_reports_later() {
    let (authority, sink) = (Authority::start(), Sink::start());
    let folder = tempfile::tempdir().expect("a folder");
    let gate = reporting(&authority, &folder, &sink.url());
    let token = claviger_testkit::mint::tampered(&authority.token(), 2);
    let mut id = String::new();
    let authority = authority.killed_while(|| {
        let start = Instant::now();
        for _ in 0..50 {
            let refused = gate.get("/orders", &token);
            assert_eq!(refused.status, 401, "{}", refused.text());
            id = refused.header("claviger-diagnosis").expect("an id").to_owned();
        }
        // Far less than one attempt to report may take.
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        let deadline = Instant::now() + PATIENCE;
        while !gate.log().contains("refusals cannot be reported") {
            assert!(Instant::now() < deadline, "{}", gate.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    assert_eq!(entry(&authority, &id)["kind"], "refusal");
}

#[test]
fn a_gate_that_cannot_say_who_reports_does_not_start() {
    let arguments = ["gate", "--upstream", "http://127.0.0.1:9", "--issuer", "http://127.0.0.1:9"];
    let more = ["--audience", "https://api.example", "--report-as", "orders-gate"];
    let output = claviger(&[&arguments[..], &more[..]].concat()).output().expect("the binary");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--report-secret-file"), "{said}");
}
