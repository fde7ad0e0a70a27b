//! `claviger journal` and `claviger why`, against a running authority.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use claviger_testkit::Ask;
use serde_json::Value;

use crate::stage::{Authority, claviger};

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
            std::thread::sleep(std::time::Duration::from_millis(20));
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
    following.kill().expect("to end it");
    following.wait().expect("its end");
}
