//! Revoked at the authority, refused at the gate: within a second, over TCP, and across a restart.

use std::time::{Duration, Instant};

use claviger_testkit::Sink;

use crate::stage::{Authority, Gate};
use crate::tools::say;

/// Asks every 5 ms until the gate refuses; how long that took, and the code.
fn until_refused(gate: &Gate, token: &str, since: Instant) -> (Duration, String) {
    loop {
        let answer = gate.get("/", token);
        let took = since.elapsed();
        if answer.status != 200 {
            assert_eq!(answer.status, 401, "{}", answer.text());
            return (took, answer.json()["code"].as_str().unwrap_or_default().to_owned());
        }
        assert!(took < Duration::from_secs(10), "still accepted after {took:?}\n{}", gate.log());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_revoked_token_is_refused_at_the_gate_within_a_second() {
    let authority = Authority::start();
    let sink = Sink::start();
    let gate = Gate::of(&authority, &sink.url());
    let mut slowest = Duration::ZERO;
    for _ in 0..5 {
        let (doomed, spared) = (authority.token(), authority.token());
        assert_eq!(gate.get("/", &doomed).status, 200);
        assert_eq!(gate.get("/", &spared).status, 200);
        // From before the request: what the caller of /revoke waits for counts as well.
        let since = Instant::now();
        authority.revoke(&doomed);
        let (took, code) = until_refused(&gate, &doomed, since);
        assert_eq!(code, "token-revoked");
        assert_eq!(gate.get("/", &spared).status, 200, "another token of the same client");
        slowest = slowest.max(took);
    }
    say(&format!("revoked at the authority, refused at the gate: {slowest:?}, slowest of 5"));
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
}

#[test]
fn revoking_a_client_refuses_all_of_its_tokens() {
    let authority = Authority::start();
    let sink = Sink::start();
    let gate = Gate::of(&authority, &sink.url());
    let tokens = [authority.token(), authority.token()];
    for token in &tokens {
        assert_eq!(gate.get("/", token).status, 200);
    }
    let since = Instant::now();
    authority.administer(&["revoke", "client", &authority.client.id]);
    for token in &tokens {
        let (took, code) = until_refused(&gate, token, since);
        assert_eq!(code, "client-revoked");
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
}

#[test]
fn a_gate_that_starts_later_knows_what_was_revoked_before() {
    let authority = Authority::start();
    let sink = Sink::start();
    let token = authority.token();
    authority.revoke(&token);
    let gate = Gate::of(&authority, &sink.url());
    let answer = gate.get("/", &token);
    assert_eq!(answer.status, 401, "{}", answer.text());
    assert_eq!(answer.json()["code"], "token-revoked");
    assert_eq!(sink.requests(), 0);
}
