//! Keys that change, vanish and cannot be fetched.

use std::time::Duration;

use claviger_testkit::{Behaviour, FakeIssuer, keys, mint, now};
use claviger_token::{Algorithm, Code};
use serde_json::json;

use crate::{API, builder, check, code, ready};

#[tokio::test]
async fn an_unknown_kid_is_fetched_once_and_not_again_too_soon() {
    let issuer = FakeIssuer::start();
    let guard = ready(builder(&issuer).min_interval(Duration::from_secs(60))).await;
    issuer.rotate(vec![keys::signing_as(Algorithm::Es256, "second")]);
    let token = issuer.mint(API, &json!({}));
    let tokens: Vec<_> =
        (0..20).map(|n| issuer.mint(API, &json!({ "jti": n.to_string() }))).collect();
    let mut tasks = tokio::task::JoinSet::new();
    for token in tokens {
        let guard = guard.clone();
        tasks.spawn(async move { code(&guard, &token).await });
    }
    for result in tasks.join_all().await {
        assert_eq!(result, None);
    }
    check(&guard, &token).await.unwrap();
    assert_eq!(issuer.key_set_fetches(), 2, "one at the start, one for all of them");
    for n in 0..20 {
        let unknown = mint::mint_with(
            &keys::signing(Algorithm::Es256),
            &json!({ "kid": format!("invented-{n}") }),
            &mint::access_claims(issuer.url(), API, now()),
        );
        assert_eq!(code(&guard, &unknown).await, Some(Code::KeyUnknown));
    }
    assert_eq!(issuer.key_set_fetches(), 2, "strangers cannot make the guard fetch");
}

#[tokio::test]
async fn one_invented_kid_is_asked_about_once() {
    let issuer = FakeIssuer::start();
    let guard = ready(builder(&issuer).min_interval(Duration::ZERO)).await;
    for _ in 0..5 {
        let claims = mint::access_claims(issuer.url(), API, now());
        let token =
            mint::mint_with(&keys::signing(Algorithm::Es256), &json!({ "kid": "x" }), &claims);
        assert_eq!(code(&guard, &token).await, Some(Code::KeyUnknown));
    }
    assert_eq!(issuer.key_set_fetches(), 2);
}

/// RFC 8725 §3.10: whoever writes a token does not choose where its keys are looked for.
#[tokio::test]
async fn no_address_in_a_token_is_asked() {
    let (issuer, forger) = (FakeIssuer::start(), FakeIssuer::start());
    let guard = ready(builder(&issuer).min_interval(Duration::ZERO)).await;
    let key = keys::other_signing(Algorithm::Es256, "forged");
    forger.rotate(vec![keys::other_signing(Algorithm::Es256, "forged")]);
    let claims = mint::access_claims(issuer.url(), API, now());
    for (name, value) in [
        ("jku", json!(format!("{}/jwks", forger.url()))),
        ("x5u", json!(format!("{}/jwks", forger.url()))),
        ("kid", json!(format!("{}/jwks", forger.url()))),
        ("jwk", key.public().unwrap().jwk().unwrap()),
    ] {
        let token = mint::mint_with(&key, &json!({ name: value }), &claims);
        assert_eq!(code(&guard, &token).await, Some(Code::KeyUnknown), "{name}");
    }
    // An issuer that is not trusted is not asked either.
    let claims = mint::access_claims(forger.url(), API, now());
    let token = mint::mint_with(&key, &json!({}), &claims);
    assert_eq!(code(&guard, &token).await, Some(Code::IssuerMismatch));
    assert_eq!((forger.discoveries(), forger.key_set_fetches()), (0, 0));
}

#[tokio::test]
async fn an_outage_leaves_the_last_good_keys() {
    let issuer = FakeIssuer::start();
    let guard = ready(builder(&issuer).min_interval(Duration::ZERO)).await;
    let bad = [
        Behaviour::Outage,
        Behaviour::Break,
        Behaviour::Html,
        Behaviour::Truncated,
        Behaviour::NoKeys,
        Behaviour::Huge(300_000),
        Behaviour::Status(404),
        Behaviour::Claims("https://evil.example".to_owned()),
    ];
    for (n, behaviour) in bad.into_iter().enumerate() {
        issuer.behave(behaviour.clone());
        let claims = mint::access_claims(issuer.url(), API, now());
        let kid = json!({ "kid": format!("new-{n}") });
        let unknown = mint::mint_with(&keys::signing(Algorithm::Es256), &kid, &claims);
        assert_eq!(code(&guard, &unknown).await, Some(Code::KeyUnknown), "{behaviour:?}");
        let good = issuer.mint(API, &json!({ "jti": n.to_string() }));
        assert_eq!(code(&guard, &good).await, None, "{behaviour:?}");
        assert!(guard.status().issuers[0].error.is_some(), "{behaviour:?}");
    }
}

#[tokio::test]
async fn without_any_key_the_answer_is_503_and_the_guard_recovers() {
    let issuer = FakeIssuer::start();
    issuer.behave(Behaviour::Outage);
    let guard = builder(&issuer).build().unwrap();
    let token = issuer.mint(API, &json!({}));
    let refusal = check(&guard, &token).await.unwrap_err();
    assert_eq!((refusal.code(), refusal.status().as_u16()), (Code::KeySetUnreachable, 503));
    assert!(!refusal.headers().contains_key("www-authenticate"));
    issuer.behave(Behaviour::Well);
    assert!(guard.ready(Duration::from_secs(10)).await);
    check(&guard, &token).await.unwrap();
}

#[tokio::test]
async fn metadata_of_another_issuer_are_not_believed() {
    let issuer = FakeIssuer::start();
    issuer.behave(Behaviour::Claims("https://evil.example".to_owned()));
    let guard = builder(&issuer).build().unwrap();
    assert_eq!(code(&guard, &issuer.mint(API, &json!({}))).await, Some(Code::DiscoveryMismatch));
}

#[tokio::test]
async fn a_withdrawn_key_takes_its_remembered_tokens_along() {
    let issuer = FakeIssuer::start();
    let guard = ready(builder(&issuer).min_interval(Duration::ZERO)).await;
    let old = issuer.mint(API, &json!({}));
    check(&guard, &old).await.unwrap();
    issuer.rotate(vec![keys::other_signing(Algorithm::Es256, "second")]);
    check(&guard, &issuer.mint(API, &json!({}))).await.unwrap();
    assert_eq!(code(&guard, &old).await, Some(Code::KeyUnknown));
}

#[tokio::test]
async fn an_issuer_that_is_not_there_is_named_as_such() {
    let guard = claviger_guard::Guard::builder()
        .issuer("http://127.0.0.1:9")
        .audience(API)
        .build()
        .unwrap();
    let claims = mint::access_claims("http://127.0.0.1:9", API, now());
    let token = mint(Algorithm::Es256, &json!({}), &claims);
    let refusal = check(&guard, &token).await.unwrap_err();
    assert_eq!(refusal.code(), Code::KeySetUnreachable);
    assert!(refusal.fault.detail().contains("127.0.0.1:9"), "{}", refusal.fault.detail());
}
