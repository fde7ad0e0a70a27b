//! Revoked at the authority, refused at the gate: within a second, over TCP, and across a restart.

use std::time::{Duration, Instant};

use claviger_testkit::{Ask, Sink};

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
fn a_withdrawn_key_takes_its_tokens_at_the_gate_and_the_next_one_signs() {
    let authority = Authority::start();
    let sink = Sink::start();
    let gate = Gate::of(&authority, &sink.url());
    let old = authority.token();
    assert_eq!(gate.get("/", &old).status, 200);
    let keys = authority.administer(&["key", "list"]);
    let kid = keys["items"][0]["kid"].as_str().expect("a key").to_owned();
    let since = Instant::now();
    authority.administer(&["key", "withdraw", &kid]);
    let (took, code) = until_refused(&gate, &old, since);
    assert_eq!(code, "key-retired");
    say(&format!("a key withdrawn, its token refused at the gate: {took:?}"));
    assert!(took < Duration::from_secs(1), "{took:?}");
    // The gate does not know the new key yet, and fetches it for the name.
    assert_eq!(gate.get("/", &authority.token()).status, 200);
}

#[test]
fn everything_before_an_instant_is_refused_within_a_second() {
    let authority = Authority::start();
    let sink = Sink::start();
    let gate = Gate::of(&authority, &sink.url());
    let old = authority.token();
    assert_eq!(gate.get("/", &old).status, 200);
    // Seconds are what tokens are dated by.
    std::thread::sleep(Duration::from_millis(1100));
    let young = authority.token();
    let iat = token_claims(&young)["iat"].as_i64().expect("a time");
    let since = Instant::now();
    authority.administer(&["revoke", "all", "--before", &iat.to_string()]);
    let (took, code) = until_refused(&gate, &old, since);
    assert_eq!(code, "token-revoked");
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(gate.get("/", &young).status, 200, "issued at that instant, not before it");
    let subject = authority.client.id.clone();
    authority.administer(&["revoke", "subject", &subject, "--until", &iat.to_string()]);
    let (took, code) = until_refused(&gate, &young, Instant::now());
    assert_eq!(code, "subject-revoked");
    assert!(took < Duration::from_secs(1), "{took:?}");
}

/// Killed right after the answer to a revocation, again and again: nothing that was acknowledged is lost.
/// `CLAVIGER_ROUNDS` says how often.
#[test]
fn an_acknowledged_revocation_survives_the_process() {
    let rounds = std::env::var("CLAVIGER_ROUNDS").ok().and_then(|text| text.parse().ok());
    let mut authority = Authority::start();
    let mut revoked = Vec::new();
    for round in 0..rounds.unwrap_or(25) {
        let doomed = authority.token();
        authority.revoke(&doomed);
        authority = authority.killed();
        revoked.push(token_claims(&doomed)["jti"].clone());
        let listed = Ask::get(&authority.url("/admin/v1/revocations?limit=1000"))
            .bearer(&authority.admin_token())
            .send()
            .json();
        let items = listed["items"].as_array().expect("a list");
        // In the order in which they were acknowledged, with nothing lost in between.
        let kept: Vec<_> = items.iter().map(|one| one["value"].clone()).collect();
        let expected = &revoked[revoked.len() - kept.len().min(revoked.len())..];
        assert_eq!(kept, expected, "round {round}");
        assert_eq!(items.last().map(|one| &one["seq"]), Some(&(round + 1).into()));
    }
}

fn token_claims(token: &str) -> serde_json::Value {
    let payload = token.split('.').nth(1).expect("three parts");
    let payload = claviger_token::base64url::decode(payload).expect("base64url");
    serde_json::from_slice(&payload).expect("JSON")
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
