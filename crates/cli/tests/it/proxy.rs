//! The gate as a reverse proxy: large bodies in both directions, WebSockets, and identity that no
//! client can claim for itself.

use std::process::Command;

use claviger_testkit::{Ask, Process, Sink};
use serde_json::{Value, json};

use crate::stage::{Authority, Gate, PATIENCE, assert_unseen};
use crate::tools::{driver, on_path, skip};

const TWELVE_MIB: usize = 12 * 1024 * 1024;

fn curl(arguments: &[&str]) -> claviger_testkit::process::Outcome {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--fail-with-body", "--max-time", "60"]);
    command.args(arguments);
    Process::run(command, b"")
}

#[test]
fn twelve_mebibytes_pass_in_both_directions() {
    if !on_path("curl") {
        skip("curl is missing");
        return;
    }
    let authority = Authority::start();
    let sink = Sink::start();
    let gate = Gate::of(&authority, &sink.url());
    let folder = tempfile::tempdir().unwrap();
    let big = folder.path().join("big");
    let back = folder.path().join("back");
    let bytes: Vec<u8> = (0..TWELVE_MIB).map(|index| (index % 251) as u8).collect();
    std::fs::write(&big, &bytes).unwrap();
    let bearer = format!("Authorization: Bearer {}", authority.token());
    let upload = format!("@{}", big.display());
    let back_path = back.to_str().unwrap();

    // Up with a length, and the same bytes back.
    let url = format!("{}/echo", gate.url);
    let echoed = curl(&["-H", &bearer, "--data-binary", &upload, "-o", back_path, &url]);
    assert_eq!(echoed.code, Some(0), "{}{}", echoed.stdout, echoed.stderr);
    assert!(std::fs::read(&back).unwrap() == bytes, "the bytes came back changed");

    // Up in chunks, without a length.
    let url = format!("{}/count", gate.url);
    let chunked = "Transfer-Encoding: chunked";
    let counted = curl(&["-H", &bearer, "-H", chunked, "--data-binary", &upload, &url]);
    assert_eq!(counted.code, Some(0), "{}{}", counted.stdout, counted.stderr);
    let counted: Value = serde_json::from_str(&counted.stdout).unwrap();
    assert_eq!(counted["bytes"], TWELVE_MIB);

    // Down.
    let url = format!("{}/bytes/{TWELVE_MIB}", gate.url);
    let fetched = curl(&["-H", &bearer, "-o", back_path, &url]);
    assert_eq!(fetched.code, Some(0), "{}{}", fetched.stdout, fetched.stderr);
    assert_eq!(std::fs::metadata(&back).unwrap().len(), TWELVE_MIB as u64);

    // Refused before the body: the answer comes, and nothing reaches the API.
    let reached = sink.requests();
    let url = format!("{}/count", gate.url);
    let refused = curl(&["--data-binary", &upload, "-o", back_path, "-w", "%{http_code}", &url]);
    assert_eq!(refused.stdout, "401", "{}", refused.stderr);
    assert_eq!(sink.requests(), reached);
}

#[test]
fn a_websocket_client_speaks_through_the_gate() {
    let (Some(server), Some(mut client)) =
        (driver("websocket_echo.mjs"), driver("websocket_client.py"))
    else {
        return;
    };
    let server = Process::spawn(server);
    let upstream = server.ready(PATIENCE)["url"].as_str().unwrap().to_owned();
    let authority = Authority::start();
    let gate = Gate::of(&authority, &upstream);
    let token = authority.token();
    let url = gate.url.replace("http://", "ws://") + "/stream?room=1";
    let given = json!({ "url": url, "token": token, "subject": authority.client.id });
    client.arg(given.to_string());
    let outcome = Process::run(client, b"");
    assert_eq!(outcome.code, Some(0), "{}{}{}", outcome.stdout, outcome.stderr, gate.log());
    assert_unseen(&gate.log(), &token, "the gate's log");
}

#[test]
fn identity_is_the_gates_to_say() {
    let authority = Authority::start();
    let sink = Sink::start();
    let gate = Gate::of(&authority, &sink.url());
    let answer = Ask::get(&format!("{}/who", gate.url))
        .bearer(&authority.token())
        .header("Claviger-Subject", "root")
        .header("claviger-claims", "e30")
        .header("CLAVIGER-CLIENT", "root")
        .header("Claviger-Admin", "yes")
        .send();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let shown = answer.json();
    let ours: Vec<(&str, &str)> = shown["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap()))
        .filter(|(name, _)| name.starts_with("claviger-"))
        .collect();
    let of = |name: &str| ours.iter().filter(|(known, _)| *known == name).count();
    for name in ["claviger-subject", "claviger-client", "claviger-scope", "claviger-claims"] {
        assert_eq!(of(name), 1, "{name}: {ours:?}");
    }
    assert!(ours.contains(&("claviger-subject", authority.client.id.as_str())), "{ours:?}");
    assert!(!ours.iter().any(|(_, value)| *value == "root"), "{ours:?}");
}

#[test]
fn a_preflight_passes_without_a_token_and_a_refusal_can_be_read_by_a_script() {
    let authority = Authority::start();
    let sink = Sink::start();
    let gate = Gate::of(&authority, &sink.url());
    let preflight = Ask::new("OPTIONS", &format!("{}/orders", gate.url))
        .header("Origin", "https://app.example")
        .header("Access-Control-Request-Method", "GET")
        .header("Access-Control-Request-Headers", "authorization")
        .send();
    assert!(preflight.status < 300, "{}: {}", preflight.status, preflight.text());
    let refused = Ask::get(&format!("{}/orders", gate.url))
        .header("Origin", "https://app.example")
        .bearer("not-a-token")
        .send();
    assert_eq!(refused.status, 401);
    let exposed = refused.header("access-control-expose-headers").unwrap_or_default();
    assert!(exposed.to_ascii_lowercase().contains("www-authenticate"), "{exposed:?}");
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    let problem = refused.json();
    for member in ["type", "title", "status", "detail", "code", "diagnosis", "fix"] {
        assert!(!problem[member].is_null(), "no {member}: {problem}");
    }
}
