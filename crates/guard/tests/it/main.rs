//! The guard against a fake issuer over loopback.

#![expect(clippy::unwrap_used, reason = "tests")]

mod feed;
mod keys;
mod reports;
mod verdicts;

use std::sync::Arc;
use std::time::Duration;

use claviger_guard::{Asked, Guard, GuardBuilder, Refusal, Session};
use claviger_testkit::FakeIssuer;
use claviger_token::Code;
use http::{HeaderMap, header};

const API: &str = "https://orders.example";

fn builder(issuer: &FakeIssuer) -> GuardBuilder {
    Guard::builder().issuer(issuer.url()).audience(API)
}

async fn ready(builder: GuardBuilder) -> Guard {
    let guard = builder.build().unwrap();
    assert!(guard.ready(Duration::from_secs(5)).await, "{:?}", guard.status());
    guard
}

fn bearer(token: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    headers
}

async fn check(guard: &Guard, token: &str) -> Result<Arc<Session>, Box<Refusal>> {
    guard.check(&Asked::new(&bearer(token)), &[]).await
}

async fn code(guard: &Guard, token: &str) -> Option<Code> {
    check(guard, token).await.err().map(|refusal| refusal.code())
}
