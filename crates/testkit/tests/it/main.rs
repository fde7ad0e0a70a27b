//! The test kit itself: what other tests lean on has to hold first.

use std::time::Duration;

use claviger_testkit::{Ask, Behaviour, FakeIssuer, Process, Sink, keys, mint};
use claviger_token::{Algorithm, KeySet, Policy, verify};
use serde_json::json;

const NOW: i64 = 1_795_000_000;

#[test]
fn every_algorithm_has_a_key_whose_tokens_verify() {
    for &algorithm in Algorithm::ALL {
        let key = keys::signing(algorithm);
        let claims = mint::access_claims("https://id.example", "https://api.example", NOW);
        let token = mint(algorithm, &json!({}), &claims);
        let set = KeySet::new(vec![key.public().unwrap()]);
        let policy = Policy {
            algorithms: vec![algorithm],
            ..Policy::access("https://id.example", "https://api.example")
        };
        let verified = verify(&token, &policy, &set, NOW).unwrap_or_else(|fault| {
            panic!("{algorithm}: {}: {}", fault.code.as_str(), fault.detail())
        });
        assert_eq!(verified.kid(), Some(key.kid()));
        for segment in 0..3 {
            let tampered = mint::tampered(&token, segment);
            assert!(verify(&tampered, &policy, &set, NOW).is_err(), "{algorithm} {segment}");
        }
    }
}

#[test]
fn a_strangers_key_under_an_honest_name_does_not_verify() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Ps256, Algorithm::Hs256] {
        let honest = keys::signing(algorithm);
        let stranger = keys::other_signing(algorithm, honest.kid());
        let claims = mint::access_claims("https://id.example", "https://api.example", NOW);
        let token = mint::mint_with(&stranger, &json!({}), &claims);
        let set = KeySet::new(vec![honest.public().unwrap()]);
        let policy = Policy::access("https://id.example", "https://api.example");
        let fault = verify(&token, &policy, &set, NOW).unwrap_err();
        assert_eq!(fault.code.class().as_str(), "tampered", "{algorithm}: {}", fault.detail());
    }
}

#[test]
fn the_issuer_publishes_what_it_signs_with_and_misbehaves_on_request() {
    let issuer = FakeIssuer::start();
    let discovery = format!("{}/.well-known/openid-configuration", issuer.url());
    let metadata = Ask::get(&discovery).send().json();
    assert_eq!(metadata["issuer"], issuer.url());
    let jwks = metadata["jwks_uri"].as_str().unwrap().to_owned();
    let published = Ask::get(&jwks).send();
    let set = KeySet::from_json(&published.text()).unwrap();
    let token = issuer.mint("https://api.example", &json!({}));
    let policy = Policy::access(issuer.url(), "https://api.example");
    verify(&token, &policy, &set, claviger_testkit::now()).unwrap();

    let tag = published.header("etag").unwrap();
    assert_eq!(Ask::get(&jwks).header("If-None-Match", tag).send().status, 304);
    issuer.rotate(vec![keys::signing(Algorithm::EdDsa)]);
    assert_eq!(Ask::get(&jwks).header("If-None-Match", tag).send().status, 200);
    assert_eq!((issuer.discoveries(), issuer.key_set_fetches(), issuer.not_modified()), (1, 3, 1));

    issuer.behave(Behaviour::Outage);
    assert_eq!(Ask::get(&discovery).send().status, 503);
    issuer.behave(Behaviour::Break);
    assert!(Ask::get(&discovery).try_send().is_err());
    issuer.behave(Behaviour::Html);
    assert!(Ask::get(&jwks).send().text().starts_with("<!doctype"));
    issuer.behave(Behaviour::Truncated);
    assert!(KeySet::from_json(&Ask::get(&jwks).send().text()).is_err());
    issuer.behave(Behaviour::Claims("https://elsewhere.example".to_owned()));
    assert_eq!(Ask::get(&discovery).send().json()["issuer"], "https://elsewhere.example");
}

#[test]
fn the_sink_streams_and_shows_what_reached_it() {
    let sink = Sink::start();
    let big = vec![b'y'; 3 * 1024 * 1024];
    let echo = Ask::new("POST", &format!("{}/echo", sink.url())).body(big.clone()).send();
    assert_eq!(echo.body, big);
    let counted = Ask::new("POST", &format!("{}/count", sink.url())).body(big).send();
    assert_eq!(counted.json()["bytes"], 3 * 1024 * 1024);
    assert_eq!(Ask::get(&format!("{}/bytes/1000000", sink.url())).send().body.len(), 1_000_000);
    assert_eq!(Ask::get(&format!("{}/status/418", sink.url())).send().status, 418);
    assert!(Ask::get(&format!("{}/break", sink.url())).try_send().is_err());
    let shown = Ask::get(&format!("{}/a?b=c", sink.url())).header("X-Thing", "1").send().json();
    assert_eq!((shown["path"].as_str(), shown["query"].as_str()), (Some("/a"), Some("b=c")));
    assert!(shown["headers"].as_array().unwrap().contains(&json!(["x-thing", "1"])));
    assert_eq!(sink.requests(), 6);
}

#[test]
fn a_process_is_heard_while_it_runs_and_gone_when_dropped() {
    let script = "echo '{\"ready\":true}'; echo listening >&2; exec sleep 60";
    let mut process = Process::start("sh", &["-c", script]);
    assert_eq!(process.ready(Duration::from_secs(10)), json!({ "ready": true }));
    assert_eq!(process.says("listen", Duration::from_secs(10)).as_deref(), Some("listening"));
    assert!(process.is_running());
    let entry = format!("/proc/{}", process.id());
    drop(process);
    assert!(!std::path::Path::new(&entry).exists());

    let mut command = std::process::Command::new("sh");
    command.args(["-c", "cat; echo heard >&2; exit 3"]);
    let outcome = Process::run(command, b"what goes in comes out");
    assert_eq!(outcome.code, Some(3));
    assert_eq!(
        (outcome.stdout.as_str(), outcome.stderr.as_str()),
        ("what goes in comes out", "heard\n")
    );
}
