//! Token exchange: an API goes on in its caller's name, never with more than it was called with.

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use crate::app::{Answer, App, claims};
use crate::journal::last;
use crate::people::{API, Browser, query, redeem, text, with_people};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";
const STOCK: &str = "https://stock.example";

/// A person's token for the example API, and that API's own client, which calls the stock API.
struct Scene {
    app: App,
    secret: String,
    token: String,
}

async fn scene() -> Scene {
    let app = App::start().await;
    with_people(&app).await;
    let stock = json!({"uri": STOCK, "scopes": ["orders:read", "stock:write"]});
    app.admin("POST", "/resources", Some(stock)).await.is(201);
    let client = json!({
        "client_id": "orders-api", "grants": [GRANT, "client_credentials"],
        "resources": [STOCK, API], "default_resource": STOCK,
        "scopes": ["orders:read", "orders:write", "stock:write"],
    });
    let made = app.admin("POST", "/clients", Some(client)).await.is(201).json();
    let path = format!("/resources/{}", crate::app::encoded(API));
    let introspector = json!({"introspectors": ["orders-api"]});
    app.admin("PATCH", &path, Some(introspector)).await.is(200);
    let code = Browser::default().code(&app, &[]).await;
    let token = text(&redeem(&app, &code, &[]).await.is(200).json(), "access_token");
    Scene { app, secret: text(&made, "client_secret"), token }
}

impl Scene {
    async fn exchange(&self, changes: &[(&str, &str)]) -> Answer {
        self.exchange_as("orders-api", &self.secret, changes).await
    }

    async fn exchange_as(&self, id: &str, secret: &str, changes: &[(&str, &str)]) -> Answer {
        let mut pairs = vec![
            ("grant_type", GRANT),
            ("subject_token", self.token.as_str()),
            ("subject_token_type", ACCESS),
            ("audience", STOCK),
        ];
        for (name, value) in changes {
            pairs.retain(|(known, _)| known != name);
            pairs.push((name, value));
        }
        self.app.post_as("/token", id, secret, &query(&pairs)).await
    }

    async fn own_token(&self) -> String {
        let form = query(&[("grant_type", "client_credentials"), ("resource", STOCK)]);
        let answer = self.app.post_as("/token", "orders-api", &self.secret, &form).await.is(200);
        text(&answer.json(), "access_token")
    }

    /// Whether the stock API would be told that a token lives.
    async fn lives(&self, token: &str) -> bool {
        let form = query(&[("token", token)]);
        let answer = self.app.post_as("/introspect", "stock-api", &self.stock().await, &form).await;
        answer.is(200).json()["active"] == true
    }

    async fn stock(&self) -> String {
        let path = format!("/resources/{}", crate::app::encoded(STOCK));
        let change = json!({"introspectors": ["stock-api"]});
        self.app.admin("PATCH", &path, Some(change)).await.is(200);
        self.app.admin("DELETE", "/clients/stock-api", None).await;
        let client = json!({"client_id": "stock-api"});
        text(
            &self.app.admin("POST", "/clients", Some(client)).await.is(201).json(),
            "client_secret",
        )
    }
}

#[tokio::test]
async fn an_api_gets_a_token_for_the_next_one_in_the_person_s_name() {
    let scene = scene().await;
    let answer = scene.exchange(&[]).await.is(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    let answer = answer.json();
    assert_eq!(answer["issued_token_type"], ACCESS);
    assert_eq!(
        (&answer["token_type"], &answer["scope"]),
        (&json!("Bearer"), &json!("orders:read"))
    );
    assert!(answer.get("refresh_token").is_none() && answer.get("id_token").is_none());
    let (old, new) = (claims(&scene.token), claims(&text(&answer, "access_token")));
    for kept in ["sub", "sid", "auth_time"] {
        assert_eq!(old[kept], new[kept], "{kept}");
    }
    assert_eq!((&new["aud"], &new["client_id"]), (&json!(STOCK), &json!("orders-api")));
    assert!(new["exp"].as_i64() <= old["exp"].as_i64());
    assert!(new.get("act").is_none());
    // Whose name it is used in stands in the journal.
    let ada = text(&scene.app.admin("GET", "/users/ada", None).await.is(200).json(), "id");
    let entry = last(&scene.app, "grant", "token-exchanged", "client", Some(&ada)).await;
    assert_eq!(
        (&entry["client"], &entry["of"], &entry["resource"]),
        (&json!("orders-api"), &json!(API), &json!(STOCK))
    );
    // Never longer than where it comes from.
    scene.app.clock.advance(290);
    let late = scene.exchange(&[]).await.is(200).json();
    assert_eq!(late["expires_in"], 10);
    assert_eq!(claims(&text(&late, "access_token"))["exp"], old["exp"]);
    scene.app.clock.advance(20);
    scene.exchange(&[]).await.is(400);
}

#[tokio::test]
async fn whoever_acts_is_seen() {
    let scene = scene().await;
    let own = scene.own_token().await;
    let with_actor = [("actor_token", own.as_str()), ("actor_token_type", ACCESS)];
    let answer = scene.exchange(&with_actor).await.is(200).json();
    let token = text(&answer, "access_token");
    let act = claims(&token)["act"].clone();
    assert_eq!(act["sub"], "orders-api");
    // The stock API goes on from there: both are seen, the last one first.
    let client = json!({
        "client_id": "stock-api", "grants": [GRANT, "client_credentials"], "resources": [API],
        "scopes": ["orders:read"],
    });
    let made = scene.app.admin("POST", "/clients", Some(client)).await.is(201).json();
    let secret = text(&made, "client_secret");
    let path = format!("/resources/{}", crate::app::encoded(STOCK));
    let change = json!({"introspectors": ["stock-api"]});
    scene.app.admin("PATCH", &path, Some(change)).await.is(200);
    let form = "grant_type=client_credentials";
    let own = scene.app.post_as("/token", "stock-api", &secret, form).await.is(200).json();
    let own = text(&own, "access_token");
    let changes = [
        ("subject_token", token.as_str()),
        ("audience", API),
        ("actor_token", own.as_str()),
        ("actor_token_type", ACCESS),
    ];
    let answer = scene.exchange_as("stock-api", &secret, &changes).await.is(200).json();
    let act = claims(&text(&answer, "access_token"))["act"].clone();
    assert_eq!((&act["sub"], &act["act"]["sub"]), (&json!("stock-api"), &json!("orders-api")));
}

#[tokio::test]
async fn an_exchange_never_widens() {
    let scene = scene().await;
    let own = scene.own_token().await;
    for (changes, error) in [
        (&[("scope", "stock:write")][..], "invalid_scope"),
        (&[("scope", "orders:read orders:write")], "invalid_scope"),
        (&[("audience", "https://elsewhere.example")], "invalid_target"),
        (&[("audience", STOCK), ("resource", API)], "invalid_target"),
        (&[("subject_token", "made-up")], "invalid_request"),
        // Its own token, for an API that it was not made for.
        (&[("subject_token", &own), ("audience", API)], "invalid_request"),
        (
            &[("subject_token_type", "urn:ietf:params:oauth:token-type:refresh_token")],
            "invalid_request",
        ),
        (
            &[("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token")],
            "invalid_request",
        ),
        (&[("actor_token", &own)], "invalid_request"),
        // Nobody acts with another's token.
        (&[("actor_token", &scene.token), ("actor_token_type", ACCESS)], "invalid_request"),
        (&[("subject_token", "")], "invalid_request"),
    ] {
        let answer = scene.exchange(changes).await.is(400).json();
        assert_eq!(answer["error"], error, "{changes:?} {answer}");
        assert!(!answer.to_string().contains(&scene.token));
    }
    // Without the grant, without a proof, and with a grant that a public client cannot have.
    let example = scene.app.bootstrap.example.as_ref().unwrap();
    let secret = example.client_secret.expose().to_owned();
    let answer = scene.exchange_as("example-client", &secret, &[]).await.is(400).json();
    assert_eq!(answer["error"], "unauthorized_client");
    scene.exchange_as("orders-api", "wrong", &[]).await.is(401);
    let public = json!({
        "client_id": "p", "auth_method": "none", "redirect_uris": ["https://a.example"],
        "grants": ["authorization_code", GRANT],
    });
    scene.app.admin("POST", "/clients", Some(public)).await.is(422);
}

#[tokio::test]
async fn a_stranger_with_the_grant_cannot_exchange_what_it_found() {
    let scene = scene().await;
    let client = json!({
        "client_id": "stranger", "grants": [GRANT], "resources": [STOCK, API], "scopes": ["orders:read"],
    });
    let made = scene.app.admin("POST", "/clients", Some(client)).await.is(201).json();
    let secret = text(&made, "client_secret");
    for audience in [STOCK, API] {
        let answer =
            scene.exchange_as("stranger", &secret, &[("audience", audience)]).await.is(400);
        assert_eq!(answer.json()["code"], "exchange-token-refused");
    }
}

#[tokio::test]
async fn what_ends_the_person_s_log_in_ends_what_was_exchanged() {
    for kind in ["session", "subject"] {
        let scene = scene().await;
        let token = text(&scene.exchange(&[]).await.is(200).json(), "access_token");
        assert!(scene.lives(&token).await);
        let value = claims(&scene.token)[if kind == "session" { "sid" } else { "sub" }].clone();
        let revocation: Value = json!({"kind": kind, "value": value});
        scene.app.admin("POST", "/revocations", Some(revocation)).await.is(201);
        assert!(!scene.lives(&token).await, "{kind}");
        scene.exchange(&[]).await.is(400);
    }
    // A revoked token is exchanged for nothing.
    let scene = scene().await;
    let form = query(&[("token", &scene.token), ("client_id", "app")]);
    scene.app.post("/revoke", &form).await.is(200);
    scene.exchange(&[]).await.is(400);
}

#[tokio::test]
async fn the_metadata_name_the_grant_and_a_url_carries_no_token() {
    let app = App::start().await;
    let metadata = app.get("/.well-known/oauth-authorization-server").await.is(200).json();
    assert!(metadata["grant_types_supported"].as_array().unwrap().contains(&json!(GRANT)));
    for name in ["subject_token", "actor_token"] {
        let request = Request::post(format!("/token?{name}=x"))
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = app.send(request.body(Body::from("grant_type=x")).unwrap()).await.is(400);
        assert_eq!(answer.json()["code"], "parameter-in-url");
    }
}
