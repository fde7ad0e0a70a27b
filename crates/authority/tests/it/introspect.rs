//! `POST /introspect` (RFC 7662): an API asks about a token for itself, and learns whether it lives.

use serde_json::{Value, json};

use crate::app::{App, ISSUER, NOW, encoded};

pub(crate) struct Api {
    id: String,
    secret: String,
}

/// A client that may introspect tokens for the example API.
pub(crate) async fn api(app: &App) -> Api {
    let resource = app.bootstrap.example.as_ref().unwrap().resource.clone();
    let draft = json!({ "client_id": "orders-api", "name": "the API itself" });
    let made = app.admin("POST", "/clients", Some(draft)).await.is(201).json();
    let change = json!({ "introspectors": ["orders-api"] });
    app.admin("PATCH", &format!("/resources/{}", encoded(&resource)), Some(change)).await.is(200);
    Api {
        id: made["client_id"].as_str().unwrap().to_owned(),
        secret: made["client_secret"].as_str().unwrap().to_owned(),
    }
}

pub(crate) async fn introspect(app: &App, api: &Api, token: &str) -> Value {
    let form = format!("token={}", encoded(token));
    let answer = app.post_as("/introspect", &api.id, &api.secret, &form).await.is(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

#[tokio::test]
async fn a_living_token_is_described() {
    let app = App::start().await;
    let api = api(&app).await;
    let token = app.access_token().await;
    let said = introspect(&app, &api, &token).await;
    let example = app.bootstrap.example.as_ref().unwrap();
    assert_eq!(said["active"], true);
    assert_eq!(said["iss"], ISSUER);
    assert_eq!(said["client_id"], example.client_id.as_str());
    assert_eq!(said["sub"], example.client_id.as_str());
    assert_eq!(said["scope"], "orders:read orders:write");
    assert_eq!(said["exp"], NOW + 300);
    assert_eq!(said["iat"], NOW);
    assert_eq!(said["token_type"], "Bearer");
    assert_eq!(said["aud"], example.resource.as_str());
    assert!(said["jti"].is_string());
}

/// RFC 9470 §6.2: an API that takes the token's word by introspection can ask for a better log-in as well.
#[tokio::test]
async fn how_and_when_somebody_logged_in_is_told() {
    let app = crate::people::stage().await;
    let api = api(&app).await;
    let granted = crate::people::granted(&app).await;
    let said = introspect(&app, &api, granted["access_token"].as_str().unwrap()).await;
    assert_eq!((&said["auth_time"], &said["acr"]), (&json!(NOW), &json!("1")), "{said}");
    assert_eq!(said["amr"], json!(["pwd"]));
}

/// RFC 7662 §2.2: whatever is wrong, the answer is the same and gives no reason.
#[tokio::test]
async fn anything_else_is_inactive_and_nothing_more() {
    let app = App::start().await;
    let api = api(&app).await;
    let token = app.access_token().await;
    let inactive = json!({ "active": false });
    let (signed, _) = token.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}", "A".repeat(86));
    for text in ["x", "a.b.c", forged.as_str(), &token[..token.len() - 5], "clv_rt_1"] {
        assert_eq!(introspect(&app, &api, text).await, inactive, "{text}");
    }
    // Revoked.
    let example = app.bootstrap.example.as_ref().unwrap();
    let form = format!("token={token}");
    let secret = example.client_secret.expose();
    app.post_as("/revoke", &example.client_id, secret, &form).await.is(200);
    assert_eq!(introspect(&app, &api, &token).await, inactive);
    // Expired.
    let short = app.access_token().await;
    app.clock.advance(299);
    assert_eq!(introspect(&app, &api, &short).await["active"], true);
    app.clock.advance(62);
    assert_eq!(introspect(&app, &api, &short).await, inactive);
    // Its client disabled.
    let last = app.access_token().await;
    let path = format!("/clients/{}", example.client_id);
    app.admin("PATCH", &path, Some(json!({ "disabled": true }))).await.is(200);
    assert_eq!(introspect(&app, &api, &last).await, inactive);
}

#[tokio::test]
async fn a_token_for_another_api_is_inactive_here() {
    let app = App::start().await;
    let api = api(&app).await;
    let other = json!({ "uri": "https://b.test/", "name": "b", "scopes": ["read"] });
    app.admin("POST", "/resources", Some(other)).await.is(201);
    let draft =
        json!({ "name": "b's client", "scopes": ["read"], "resources": ["https://b.test/"] });
    let made = app.admin("POST", "/clients", Some(draft)).await.is(201).json();
    let (id, secret) =
        (made["client_id"].as_str().unwrap(), made["client_secret"].as_str().unwrap());
    let answer = app.post_as("/token", id, secret, "grant_type=client_credentials").await.is(200);
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(introspect(&app, &api, &token).await, json!({ "active": false }));
}

/// RFC 7662 §4: an open endpoint would tell anybody which stolen tokens still work.
#[tokio::test]
async fn only_an_authenticated_api_may_ask() {
    let app = App::start().await;
    let api = api(&app).await;
    let token = app.access_token().await;
    let form = format!("token={token}");
    let anonymous = app.post("/introspect", &form).await.is(401);
    assert_eq!(anonymous.json()["error"], "invalid_client");
    app.post_as("/introspect", &api.id, "wrong", &form).await.is(401);
    // A client that is no API's introspector.
    let draft = json!({ "client_id": "curious", "name": "curious" });
    let made = app.admin("POST", "/clients", Some(draft)).await.is(201).json();
    let secret = made["client_secret"].as_str().unwrap();
    let answer = app.post_as("/introspect", "curious", secret, &form).await;
    match answer.status.as_u16() {
        200 => assert_eq!(answer.json(), json!({ "active": false })),
        status => assert!(matches!(status, 400 | 401 | 403), "{}", answer.body),
    }
    let empty = app.post_as("/introspect", &api.id, &api.secret, "").await.is(400);
    assert_eq!(empty.json()["error"], "invalid_request");
}
