//! `POST /revoke` (RFC 7009): a token ends for its own client, and nothing is said about others'.

use axum::body::Body;
use http::Request;
use serde_json::json;

use crate::app::{App, NOW, claims, encoded};
use crate::introspect::{api, introspect};

fn form(token: &str) -> String {
    format!("token={}", encoded(token))
}

async fn revoke(app: &App, token: &str) -> crate::app::Answer {
    let example = app.bootstrap.example.as_ref().unwrap();
    let secret = example.client_secret.expose();
    app.post_as("/revoke", &example.client_id, secret, &form(token)).await
}

async fn revocations(app: &App) -> Vec<serde_json::Value> {
    let list = app.admin("GET", "/revocations", None).await.is(200).json();
    list["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_revoked_token_stands_in_the_list_until_it_would_have_expired() {
    let app = App::start().await;
    let token = app.access_token().await;
    revoke(&app, &token).await.is(200);
    let all = revocations(&app).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["kind"], "token");
    let jti = claims(&token)["jti"].as_str().unwrap().to_owned();
    let hash = claviger_token::revocation::hash(claviger_token::revocation::Kind::Token, &jti);
    assert_eq!(all[0]["hash"], claviger_token::base64url::encode(hash));
    assert!(all[0]["expires"].as_i64().unwrap() >= claims(&token)["exp"].as_i64().unwrap());
    // Guards allow clocks to differ by a minute, so the entry outlives `exp` by at least that.
    app.clock.advance(3600);
    app.authority.housekeep().await;
    assert!(revocations(&app).await.is_empty());
}

/// RFC 7009 §2.2: 200 whatever the token is, for the client could do nothing with an error.
#[tokio::test]
async fn what_is_no_living_token_of_ours_is_answered_200() {
    let app = App::start().await;
    let token = app.access_token().await;
    let (signed, _) = token.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}", "A".repeat(86));
    for text in ["x", "a.b.c", "clv_rt_unknown", forged.as_str(), &"y".repeat(60_000)] {
        revoke(&app, text).await.is(200);
    }
    assert!(revocations(&app).await.is_empty());
    // Expired: nothing is left to do.
    app.clock.advance(100_000);
    revoke(&app, &token).await.is(200);
    assert!(revocations(&app).await.is_empty());
}

#[tokio::test]
async fn another_clients_token_stays_as_it_is() {
    let app = App::start().await;
    let token = app.access_token().await;
    let resource = app.bootstrap.example.as_ref().unwrap().resource.clone();
    let draft = json!({ "name": "other", "scopes": ["orders:read"], "resources": [resource] });
    let other = app.admin("POST", "/clients", Some(draft)).await.is(201).json();
    let (id, secret) =
        (other["client_id"].as_str().unwrap(), other["client_secret"].as_str().unwrap());
    let answer = app.post_as("/revoke", id, secret, &form(&token)).await;
    // RFC 7009 §2.1 has the server refuse; neither answer ends the token.
    assert!(matches!(answer.status.as_u16(), 200 | 400), "{}", answer.body);
    assert!(revocations(&app).await.is_empty());
}

#[tokio::test]
async fn the_hint_is_only_a_hint() {
    let app = App::start().await;
    let example = app.bootstrap.example.as_ref().unwrap();
    let secret = example.client_secret.expose().to_owned();
    for hint in ["access_token", "refresh_token", "nonsense"] {
        let token = app.access_token().await;
        let form = format!("{}&token_type_hint={hint}", form(&token));
        app.post_as("/revoke", &example.client_id, &secret, &form).await.is(200);
    }
    assert_eq!(revocations(&app).await.len(), 3);
}

#[tokio::test]
async fn revoking_twice_makes_no_second_entry_that_matters() {
    let app = App::start().await;
    let token = app.access_token().await;
    revoke(&app, &token).await.is(200);
    revoke(&app, &token).await.is(200);
    let all = revocations(&app).await;
    assert!(all.iter().all(|entry| entry["hash"] == all[0]["hash"]));
}

#[tokio::test]
async fn who_asks_must_authenticate_and_ask_properly() {
    let app = App::start().await;
    let token = app.access_token().await;
    let anonymous = app.post("/revoke", &form(&token)).await.is(401);
    assert_eq!(anonymous.json()["error"], "invalid_client");
    let example = app.bootstrap.example.as_ref().unwrap();
    let (id, secret) = (example.client_id.as_str(), example.client_secret.expose());
    app.post_as("/revoke", id, "wrong", &form(&token)).await.is(401);
    let empty = app.post_as("/revoke", id, secret, "").await.is(400);
    assert_eq!(empty.json()["error"], "invalid_request");
    let twice = format!("{}&{}", form(&token), form(&token));
    app.post_as("/revoke", id, secret, &twice).await.is(400);
    let json = Request::post("/revoke")
        .header("content-type", "application/json")
        .body(Body::from("{}"))
        .unwrap();
    app.send(json).await.is(415);
    assert_eq!(app.get("/revoke").await.is(405).header("allow"), "POST, OPTIONS");
    assert!(revocations(&app).await.is_empty());
}

async fn admin_revokes(app: &App, body: serde_json::Value) -> crate::app::Answer {
    app.admin("POST", "/revocations", Some(body)).await
}

#[tokio::test]
async fn everything_before_an_instant_is_revoked_and_nothing_after_it() {
    let app = App::start().await;
    let api = api(&app).await;
    let lives = async |token: &str| introspect(&app, &api, token).await["active"] == true;
    let old = app.access_token().await;
    app.clock.advance(10);
    let until = NOW + 5;
    let made = admin_revokes(&app, json!({ "kind": "all", "until": until })).await.is(201).json();
    assert_eq!((&made["kind"], &made["until"]), (&json!("all"), &json!(until)));
    let young = app.access_token().await;
    assert!(!lives(&old).await);
    assert!(lives(&young).await);
    // Without an instant: up to now.
    admin_revokes(&app, json!({ "kind": "all" })).await.is(201);
    assert!(!lives(&young).await);
    app.clock.advance(1);
    assert!(lives(&app.access_token().await).await);
}

#[tokio::test]
async fn what_cannot_be_revoked_is_refused_with_the_reason() {
    let app = App::start().await;
    for (body, field) in [
        (json!({}), "kind"),
        (json!({ "kind": "subject" }), "value"),
        (json!({ "kind": "all", "value": "x" }), "value"),
        (json!({ "kind": "all", "until": NOW + 1 }), "until"),
        (json!({ "kind": "session", "value": "s", "until": 1 }), "until"),
        (json!({ "token": "x" }), "token"),
        (json!({ "token": "x", "kind": "token", "value": "x" }), "kind"),
    ] {
        let answer = admin_revokes(&app, body.clone()).await.is(422).json();
        let detail = answer["detail"].as_str().unwrap();
        assert!(detail.starts_with(field), "{body}: {answer}");
    }
}
