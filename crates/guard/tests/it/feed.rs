//! Revocations that arrive while the guard runs.

use std::time::{Duration, Instant};

use claviger_guard::{FeedStatus, Guard, LostFeed};
use claviger_testkit::{Behaviour, FakeIssuer, now};
use claviger_token::Code;
use claviger_token::revocation::{Entry, Kind, hash};
use serde_json::{Value, json};

use crate::{API, builder, check, code, ready};

fn entry(kind: Kind, value: &str, until: Option<i64>) -> Value {
    let entry = Entry { seq: 1, kind, hash: hash(kind, value), until, expires: now() + 3600 };
    serde_json::from_str(&entry.to_json()).unwrap()
}

async fn refused_within(guard: &Guard, token: &str, limit: Duration) -> Option<Code> {
    let start = Instant::now();
    while start.elapsed() < limit {
        if let Some(code) = code(guard, token).await {
            return Some(code);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    None
}

#[tokio::test]
async fn a_revocation_takes_effect_within_a_second() {
    let issuer = FakeIssuer::start();
    issuer.publish_feed();
    issuer.revoke(entry(Kind::Token, "revoked-before", None));
    let guard = ready(builder(&issuer)).await;
    let before = issuer.mint(API, &json!({ "jti": "revoked-before" }));
    assert_eq!(code(&guard, &before).await, Some(Code::TokenRevoked));
    let token = issuer.mint(API, &json!({ "jti": "one" }));
    let other = issuer.mint(API, &json!({ "jti": "two" }));
    check(&guard, &token).await.unwrap();
    issuer.revoke(entry(Kind::Token, "one", None));
    assert_eq!(
        refused_within(&guard, &token, Duration::from_secs(1)).await,
        Some(Code::TokenRevoked)
    );
    check(&guard, &other).await.unwrap();
    issuer.revoke(entry(Kind::Subject, "example-client", Some(now() + 1)));
    assert_eq!(
        refused_within(&guard, &other, Duration::from_secs(1)).await,
        Some(Code::SubjectRevoked)
    );
}

#[tokio::test]
async fn a_cut_feed_is_taken_up_where_it_ended() {
    let issuer = FakeIssuer::start();
    issuer.publish_feed();
    let guard = ready(builder(&issuer)).await;
    let token = issuer.mint(API, &json!({ "jti": "one" }));
    check(&guard, &token).await.unwrap();
    issuer.cut_feeds();
    issuer.revoke(entry(Kind::Token, "one", None));
    assert_eq!(
        refused_within(&guard, &token, Duration::from_secs(3)).await,
        Some(Code::TokenRevoked)
    );
    assert!(issuer.feeds_opened() >= 2);
}

#[tokio::test]
async fn a_lost_feed_goes_by_the_policy() {
    let issuer = FakeIssuer::start();
    issuer.publish_feed();
    let strict = ready(builder(&issuer).lost_feed(LostFeed::Refuse)).await;
    let patient = ready(builder(&issuer)).await;
    let token = issuer.mint(API, &json!({}));
    check(&strict, &token).await.unwrap();
    issuer.behave(Behaviour::Outage);
    issuer.cut_feeds();
    let refused = refused_within(&strict, &token, Duration::from_secs(3)).await;
    assert_eq!(refused, Some(Code::IntrospectionUnreachable));
    check(&patient, &token).await.unwrap();
    assert!(matches!(patient.status().issuers[0].feed, FeedStatus::Lost { .. }));
    issuer.behave(Behaviour::Well);
    assert!(strict.ready(Duration::from_secs(10)).await);
    check(&strict, &token).await.unwrap();
}
