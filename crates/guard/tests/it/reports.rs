//! What the guard tells an issuer's journal of its refusals.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use claviger_guard::{Asked, BuildError, Guard, Refusal, Reports};
use claviger_testkit::{FakeIssuer, Heard, Reply, Scripted};
use http::HeaderMap;
use serde_json::{Value, json};

use crate::{API, bearer, builder, ready};

fn reports() -> Reports {
    Reports { issuer: None, client: "orders api".into(), secret: "s:e?cret".into() }
}

async fn reporting(issuer: &FakeIssuer, journal: &str) -> Guard {
    issuer.reports_to(journal);
    ready(builder(issuer).reports(reports())).await
}

async fn refused(guard: &Guard, headers: &HeaderMap) -> Box<Refusal> {
    let address = Some("192.0.2.7".parse().unwrap());
    let asked = Asked::new(headers).about("GET", "/orders?access_token=x", address);
    guard.check(&asked, &[]).await.unwrap_err()
}

fn told(heard: &[Heard]) -> Vec<Value> {
    let bodies = heard.iter().map(|one| serde_json::from_str::<Value>(&one.body).unwrap());
    bodies.flat_map(|body| body["refusals"].as_array().unwrap().clone()).collect()
}

async fn wait_until(mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "it does not come to it");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_refusal_is_told_under_its_id_and_without_its_token() {
    let (issuer, journal) = (FakeIssuer::start(), Scripted::start(|_| Reply::status(202)));
    let guard = reporting(&issuer, &format!("{}/journal/refusals", journal.url())).await;
    let token = issuer.mint(API, &json!({ "exp": 1000, "client_id": "billing", "sub": "u-1" }));
    let refusal = refused(&guard, &bearer(&token)).await;
    let elsewhere = json!({ "iss": "https://elsewhere.example", "sub": "u-2" });
    let other = refused(&guard, &bearer(&issuer.mint(API, &elsewhere))).await;
    wait_until(|| !journal.heard().is_empty()).await;
    wait_until(|| guard.counters().reported == 2).await;
    let heard = journal.heard();
    assert_eq!((heard[0].method.as_str(), heard[0].path.as_str()), ("POST", "/journal/refusals"));
    // RFC 6749 §2.3.1: `orders+api:s%3Ae%3Fcret`.
    assert_eq!(heard[0].header("authorization"), ["Basic b3JkZXJzK2FwaTpzJTNBZSUzRmNyZXQ="]);
    let told = told(&heard);
    let of = |id: &str| told.iter().find(|one| one["diagnosis"] == id).unwrap().clone();
    let mut one = of(&refusal.diagnosis);
    assert!(one["at"].take().as_i64().is_some());
    assert_eq!(
        one,
        json!({
            "diagnosis": refusal.diagnosis, "code": "expired", "at": null, "count": 1,
            "status": 401, "method": "GET", "path": "/orders", "client": "billing",
            "subject": "u-1", "address": "192.0.2.7",
        })
    );
    // Somebody else's subject is nothing to this issuer.
    assert_eq!(of(&other.diagnosis)["subject"], Value::Null);
    assert!(!heard[0].body.contains("eyJ"), "{}", heard[0].body);
    assert!(!format!("{:?}", reports()).contains("cret"));
}

#[tokio::test]
async fn a_flood_is_told_as_a_count() {
    let (issuer, journal) = (FakeIssuer::start(), Scripted::start(|_| Reply::status(202)));
    let guard = reporting(&issuer, &journal.url()).await;
    let mut ids = std::collections::HashSet::new();
    for _ in 0..1000 {
        ids.insert(refused(&guard, &HeaderMap::new()).await.diagnosis);
    }
    guard.finish(Duration::from_secs(5)).await;
    let mut counts = std::collections::HashMap::new();
    for one in told(&journal.heard()) {
        let count = counts.entry(one["diagnosis"].as_str().unwrap().to_owned()).or_default();
        *count = one["count"].as_u64().unwrap().max(*count);
    }
    // Ten a minute, and a minute may end within the test.
    assert!(counts.len() <= 20, "{counts:?}");
    assert_eq!(counts.values().sum::<u64>(), 1000);
    assert!(ids.iter().all(|id| counts.contains_key(id)), "every id that was told can be found");
}

#[tokio::test]
async fn what_is_not_taken_is_told_again_and_what_is_wrong_is_not() {
    let issuer = FakeIssuer::start();
    let asked = Arc::new(AtomicUsize::new(0));
    let times = Arc::clone(&asked);
    let journal = Scripted::start(move |_| match times.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::status(0),
        1 => Reply::status(400),
        _ => Reply::status(202),
    });
    let guard = reporting(&issuer, &journal.url()).await;
    refused(&guard, &HeaderMap::new()).await;
    wait_until(|| guard.counters().unreported == 1).await;
    let heard = journal.heard();
    assert_eq!(heard[0].body, heard[1].body, "the same, again");
    let next = refused(&guard, &HeaderMap::new()).await;
    wait_until(|| guard.counters().reported == 1).await;
    assert_eq!(told(&journal.heard()[2..])[0]["diagnosis"], next.diagnosis.as_str());
}

#[tokio::test]
async fn a_journal_that_never_answers_keeps_nobody_waiting() {
    let issuer = FakeIssuer::start();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let guard = reporting(&issuer, &format!("http://{}/", silent.local_addr().unwrap())).await;
    refused(&guard, &HeaderMap::new()).await;
    // Wait for the reporter to knock, so that it is in the middle of its attempt.
    let knocked = tokio::task::spawn_blocking(move || silent.accept().unwrap());
    let (connection, _) = knocked.await.unwrap();
    let start = Instant::now();
    for _ in 0..200 {
        refused(&guard, &HeaderMap::new()).await;
    }
    guard.finish(Duration::from_millis(300)).await;
    // An attempt would take five seconds.
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    drop(connection);
}

#[tokio::test]
async fn reports_go_to_a_trusted_issuer_or_to_nobody() {
    let two = || builder(&FakeIssuer::start()).issuer("https://id.example").reports(reports());
    let to = |issuer: &str| Reports { issuer: Some(issuer.to_owned()), ..reports() };
    assert!(matches!(two().build(), Err(BuildError::ReportToWhom)));
    let stranger = two().reports(to("https://other.example")).build();
    assert!(matches!(stranger, Err(BuildError::ReportTo(_))));
    let nobody = Reports { secret: String::new(), ..reports() };
    assert!(matches!(two().reports(nobody).build(), Err(BuildError::ReportAsNobody)));
    assert!(two().reports(to("https://id.example")).build().is_ok());
}
