//! Signing keys: published before they sign, kept until the last token is gone, withdrawn at once.

use claviger_token::{KeySet, Policy, verify};
use serde_json::Value;

use crate::app::{App, ISSUER, header};

async fn states(app: &App) -> Vec<(String, String)> {
    let list = app.admin("GET", "/keys", None).await.is(200).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let items = list["items"].as_array().unwrap();
    items.iter().map(|key| (text(&key["kid"]), text(&key["state"]))).collect()
}

async fn published(app: &App) -> Vec<String> {
    let set = app.get("/jwks").await.is(200).json();
    let keys = set["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn kid(app: &App) -> String {
    header(&app.access_token().await)["kid"].as_str().unwrap().to_owned()
}

/// A verifier that fetches the key set once every `jwks_max_age_seconds`, over many rotations: it
/// never meets a living token whose key it does not have.
#[tokio::test]
async fn rotation_never_invalidates_a_living_token_even_for_a_caching_verifier() {
    let app = App::with(|config| {
        config.signing.rotate_after_seconds = 3600;
        config.signing.publish_ahead_seconds = 600;
        config.signing.jwks_max_age_seconds = 300;
        config.tokens.access_ttl_max_seconds = 600;
    })
    .await;
    let audience = app.bootstrap.example.as_ref().unwrap().resource.clone();
    let policy = Policy { leeway: 0, ..Policy::access(ISSUER, audience.as_str()) };
    let mut living: Vec<(i64, String)> = Vec::new();
    let mut cached = KeySet::default();
    let mut fetched_at = i64::MIN;
    let mut signers = std::collections::BTreeSet::new();
    // Six rotations in steps of a minute.
    for _ in 0..360 {
        app.clock.advance(60);
        app.authority.housekeep().await;
        let now = app.clock.now();
        if now - fetched_at.max(0) >= 300 || fetched_at == i64::MIN {
            cached = KeySet::from_json(&app.get("/jwks").await.body).unwrap();
            fetched_at = now;
        }
        let token = app.access_token().await;
        signers.insert(header(&token)["kid"].as_str().unwrap().to_owned());
        living.push((now + 300, token));
        living.retain(|(exp, _)| *exp > now);
        for (_, token) in &living {
            verify(token, &policy, &cached, now).unwrap();
        }
    }
    assert!(signers.len() >= 5, "{signers:?}");
    assert!(published(&app).await.len() <= 3);
}

#[tokio::test]
async fn a_rotation_by_hand_publishes_first_and_signs_later() {
    let app = App::start().await;
    let before = kid(&app).await;
    let next = app.admin("POST", "/keys/rotate", None).await.is(200).json();
    assert_eq!(next["state"], "next");
    assert!(published(&app).await.contains(&next["kid"].as_str().unwrap().to_owned()));
    assert_eq!(kid(&app).await, before);
    // A second call while one is on its way changes nothing.
    let again = app.admin("POST", "/keys/rotate", None).await.is(200).json();
    assert_eq!(again["kid"], next["kid"]);
    app.clock.advance(86_400);
    app.authority.housekeep().await;
    assert_eq!(kid(&app).await, next["kid"].as_str().unwrap());
    assert!(published(&app).await.contains(&before), "old tokens still live");
}

#[tokio::test]
async fn a_withdrawn_key_is_gone_at_once_and_another_signs() {
    let app = App::start().await;
    let token = app.access_token().await;
    let old = kid(&app).await;
    let answer = app.admin("POST", &format!("/keys/{old}/withdraw"), None).await.is(200).json();
    assert_eq!(answer["withdrawn"], old.as_str());
    assert!(!published(&app).await.contains(&old));
    let new = kid(&app).await;
    assert_ne!(new, old);
    assert_eq!(answer["active"], new.as_str());
    assert!(published(&app).await.contains(&new));
    // Guards learn it by the feed, and introspection at once.
    let revoked = app.admin("GET", "/revocations", None).await.is(200).json();
    assert!(revoked["items"].as_array().unwrap().iter().any(|one| one["kind"] == "key"));
    let keys = KeySet::from_json(&app.get("/jwks").await.body).unwrap();
    let audience = app.bootstrap.example.as_ref().unwrap().resource.clone();
    let now = app.clock.now();
    verify(&token, &Policy::access(ISSUER, audience.as_str()), &keys, now).unwrap_err();
    app.admin("POST", &format!("/keys/{old}/withdraw"), None).await.is(409);
    app.admin("POST", "/keys/unknown/withdraw", None).await.is(404);
    // It stays so after a restart.
    let app = app.restart().await;
    assert_eq!(kid(&app).await, new);
    assert!(states(&app).await.iter().any(|(kid, state)| *kid == old && state == "withdrawn"));
}

#[tokio::test]
async fn a_changed_algorithm_takes_effect_by_rotation() {
    let app = App::start().await;
    let old = kid(&app).await;
    let App { authority, router, bootstrap, clock, mut config, dir } = app;
    drop(router);
    authority.close().await;
    config.signing.algorithm = claviger_authority::SigningAlgorithm::EdDsa;
    let (authority, _) =
        claviger_authority::Authority::open_at(config.clone(), clock.clone()).await.unwrap();
    let app = App { router: authority.router(), authority, bootstrap, clock, config, dir };
    app.authority.housekeep().await;
    assert_eq!(kid(&app).await, old, "the old key signs until the new one is known");
    app.clock.advance(86_400 + 60);
    app.authority.housekeep().await;
    let token = app.access_token().await;
    assert_eq!(header(&token)["alg"], "EdDSA");
}
