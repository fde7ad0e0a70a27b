//! The admin API: who may, what it makes, and how it says no.

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use crate::app::{Answer, App, claims, encoded};
use crate::people::text;

fn code(answer: &Answer) -> String {
    let problem = answer.json();
    assert_eq!(answer.header("content-type"), "application/problem+json", "{problem}");
    assert_eq!(problem["status"], answer.status.as_u16(), "{problem}");
    assert!(problem["fix"].as_str().is_some_and(|fix| !fix.is_empty()), "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
    assert!(problem["diagnosis"].as_str().is_some_and(|id| id.starts_with("dg_")), "{problem}");
    problem["code"].as_str().unwrap().to_owned()
}

async fn with_authorization(app: &App, value: Option<&str>) -> Answer {
    let mut request = Request::get("/admin/v1/clients");
    if let Some(value) = value {
        request = request.header("authorization", value);
    }
    app.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn nobody_but_the_administrator_gets_in() {
    let app = App::start().await;
    let none = with_authorization(&app, None).await.is(401);
    // RFC 6750 §3: no error where no credential came.
    assert!(none.header("www-authenticate").starts_with("Bearer realm="), "{none:?}");
    assert!(!none.header("www-authenticate").contains("error="), "{none:?}");
    assert_eq!(code(&none), "credential-missing");
    let token = app.bootstrap.admin_token.expose().to_owned();
    let access_token = app.access_token().await;
    let mut altered = token.clone();
    altered.replace_range(20..21, if &token[20..21] == "a" { "b" } else { "a" });
    let other = other_administrators_token().await;
    for (value, expected) in [
        ("Bearer ".to_owned(), "credential-empty"),
        (format!("Basic {token}"), "scheme-wrong"),
        (token.clone(), "scheme-missing"),
        (format!("Bearer {altered}"), "checksum-mismatch"),
        (format!("Bearer {}", &token[..40]), "checksum-mismatch"),
    ] {
        let answer = with_authorization(&app, Some(&value)).await;
        assert_eq!(answer.status, 401, "{value}");
        assert_eq!(code(&answer), expected, "{value}");
        assert!(!answer.body.contains(&token));
    }
    for value in [format!("Bearer {access_token}"), format!("Bearer {other}")] {
        let answer = with_authorization(&app, Some(&value)).await.is(401);
        assert!(
            answer.header("www-authenticate").contains("error=\"invalid_token\""),
            "{answer:?}"
        );
        code(&answer);
    }
    with_authorization(&app, Some(&format!("Bearer {token}"))).await.is(200);
    with_authorization(&app, Some(&format!("bearer {token}"))).await.is(200);
}

async fn other_administrators_token() -> String {
    App::start().await.bootstrap.admin_token.expose().to_owned()
}

#[tokio::test]
async fn a_client_is_made_changed_and_removed() {
    let app = App::start().await;
    let resource = app.bootstrap.example.as_ref().unwrap().resource.clone();
    let draft = json!({
        "client_id": "shop", "scopes": ["orders:read"], "resources": [resource],
    });
    let made = app.admin("POST", "/clients", Some(draft.clone())).await.is(201);
    assert_eq!(made.header("location"), "/admin/v1/clients/shop");
    assert_eq!(made.header("cache-control"), "no-store");
    let made = made.json();
    let secret = made["client_secret"].as_str().unwrap();
    assert!(secret.starts_with("clv_cs_"));
    assert_eq!(made["name"], "shop");
    let form = "grant_type=client_credentials";
    app.post_as("/token", "shop", secret, form).await.is(200);
    // The secret is not shown again.
    let shown = app.admin("GET", "/clients/shop", None).await.is(200);
    assert!(!shown.body.contains(secret) && !shown.body.contains("argon2"), "{}", shown.body);
    assert_eq!(shown.json()["has_secret"], true);
    // The same id again.
    let again = app.admin("POST", "/clients", Some(draft)).await.is(409);
    assert_eq!(code(&again), "client-exists");
    // Changed: what is not named stays.
    let change = json!({ "name": "The shop", "access_ttl_seconds": 60 });
    let changed = app.admin("PATCH", "/clients/shop", Some(change)).await.is(200).json();
    assert_eq!(changed["name"], "The shop");
    assert_eq!(changed["scopes"], json!(["orders:read"]));
    let token = app.post_as("/token", "shop", secret, form).await.is(200).json();
    assert_eq!(token["expires_in"], 60);
    // A new secret ends the old one at once, remembered or not.
    let path = "/clients/shop/secret";
    let renewed = app.admin("POST", path, None).await.is(200).json();
    let new_secret = renewed["client_secret"].as_str().unwrap();
    app.post_as("/token", "shop", secret, form).await.is(401);
    app.post_as("/token", "shop", new_secret, form).await.is(200);
    // Who proves itself otherwise has none.
    let public = json!({
        "client_id": "native", "auth_method": "none", "redirect_uris": ["http://127.0.0.1/cb"],
    });
    app.admin("POST", "/clients", Some(public)).await.is(201);
    let refused = app.admin("POST", "/clients/native/secret", None).await.is(409).json();
    assert_eq!(refused["detail"], "the client `native` is a public one, and has no secret");
    // Removed: no tokens, and those it had are revoked.
    app.admin("DELETE", "/clients/shop", None).await.is(204);
    app.post_as("/token", "shop", new_secret, form).await.is(401);
    app.admin("GET", "/clients/shop", None).await.is(404);
    app.admin("DELETE", "/clients/shop", None).await.is(404);
    let revoked = app.admin("GET", "/revocations", None).await.is(200).json();
    let kinds: Vec<_> =
        revoked["items"].as_array().unwrap().iter().map(|one| one["kind"].clone()).collect();
    assert!(kinds.contains(&json!("client")), "{kinds:?}");
}

#[tokio::test]
async fn a_resource_is_made_changed_and_removed() {
    let app = App::start().await;
    let uri = "https://api.test/v1?x=1";
    let draft = json!({ "uri": uri, "scopes": ["a", "b"], "introspectors": ["someone"] });
    let made = app.admin("POST", "/resources", Some(draft.clone())).await.is(201).json();
    assert_eq!(made["uri"], uri);
    assert_eq!(made["introspectors"], json!(["someone"]));
    assert_eq!(
        app.admin("POST", "/resources", Some(draft)).await.is(409).json()["code"],
        "resource-exists"
    );
    let path = format!("/resources/{}", encoded(uri));
    assert_eq!(app.admin("GET", &path, None).await.is(200).json()["scopes"], json!(["a", "b"]));
    let change = json!({ "scopes": ["a"] });
    let changed = app.admin("PATCH", &path, Some(change)).await.is(200).json();
    assert_eq!(changed["scopes"], json!(["a"]));
    assert_eq!(changed["introspectors"], json!(["someone"]));
    app.admin("DELETE", &path, None).await.is(204);
    app.admin("GET", &path, None).await.is(404);
}

#[tokio::test]
async fn lists_come_in_pages() {
    let app = App::start().await;
    for n in 0..5 {
        let draft = json!({ "client_id": format!("c{n}") });
        app.admin("POST", "/clients", Some(draft)).await.is(201);
    }
    let mut seen = Vec::new();
    let mut path = "/clients?limit=2".to_owned();
    loop {
        let page = app.admin("GET", &path, None).await.is(200).json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|one| one["client_id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => path = format!("/clients?limit=2&after={}", encoded(next)),
            None => break,
        }
    }
    let example = app.bootstrap.example.as_ref().unwrap().client_id.clone();
    assert_eq!(seen, ["c0", "c1", "c2", "c3", "c4", example.as_str()]);
    for query in ["limit=0", "limit=x", "limit=100000", "colour=red", "limit=1&limit=2"] {
        let answer = app.admin("GET", &format!("/clients?{query}"), None).await.is(400);
        code(&answer);
    }
}

/// The table of bad bodies.
#[tokio::test]
async fn what_cannot_be_stored_is_refused_with_the_reason() {
    let app = App::start().await;
    let clients: [(Value, u16); 14] = [
        (json!({ "nmae": "x" }), 400),
        (json!([]), 400),
        (json!({ "client_id": "" }), 422),
        (json!({ "client_id": "a b\n" }), 422),
        (json!({ "client_id": "x".repeat(300) }), 422),
        (json!({ "client_id": "a", "name": "" }), 422),
        (json!({ "client_id": "a", "auth_method": "none" }), 422),
        (json!({ "client_id": "a", "auth_method": "private_key_jwt" }), 422),
        (
            json!({ "client_id": "a", "auth_method": "private_key_jwt", "jwks": { "keys": [] } }),
            422,
        ),
        (json!({ "client_id": "a", "scopes": ["a b"] }), 422),
        (json!({ "client_id": "a", "scopes": [""] }), 422),
        (json!({ "client_id": "a", "resources": ["nowhere"] }), 422),
        (json!({ "client_id": "a", "access_ttl_seconds": 0 }), 422),
        (json!({ "client_id": "a", "access_ttl_seconds": 999_999_999 }), 422),
    ];
    for (body, status) in clients {
        let answer = app.admin("POST", "/clients", Some(body.clone())).await;
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.body);
        code(&answer);
    }
    let resources: [(Value, u16); 5] = [
        (json!({}), 400),
        (json!({ "uri": "relative" }), 422),
        (json!({ "uri": "https://a.test/#part" }), 422),
        (json!({ "uri": "https://a.test/", "scopes": ["a\"b"] }), 422),
        (json!({ "uri": "https://a.test/", "unknown": 1 }), 400),
    ];
    for (body, status) in resources {
        let answer = app.admin("POST", "/resources", Some(body.clone())).await;
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.body);
        code(&answer);
    }
    let token = app.bootstrap.admin_token.expose();
    for (media, body, status) in [
        ("application/json", "{", 400),
        ("application/json", "", 400),
        ("application/json", "\u{0}", 400),
        ("text/plain", "{}", 415),
        ("application/x-www-form-urlencoded", "client_id=a", 415),
    ] {
        let request = Request::post("/admin/v1/clients")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", media)
            .body(Body::from(body))
            .unwrap();
        let answer = app.send(request).await;
        assert_eq!(answer.status.as_u16(), status, "{media} {body}: {}", answer.body);
        code(&answer);
    }
    let large = json!({ "name": "x".repeat(200_000) });
    assert_eq!(code(&app.admin("POST", "/clients", Some(large)).await.is(413)), "body-too-large");
}

#[tokio::test]
async fn everything_can_be_revoked_by_kind_or_by_the_token_itself() {
    let app = App::start().await;
    let token = app.access_token().await;
    let made =
        app.admin("POST", "/revocations", Some(json!({ "token": token }))).await.is(201).json();
    assert_eq!(made["kind"], "token");
    for kind in ["token", "session", "subject", "client"] {
        let draft = json!({ "kind": kind, "value": "x" });
        let made = app.admin("POST", "/revocations", Some(draft)).await.is(201).json();
        assert_eq!(made["kind"], kind);
        assert_eq!(made["until"].is_null(), matches!(kind, "token" | "session"), "{made}");
    }
    let all = app.admin("GET", "/revocations?limit=3", None).await.is(200).json();
    assert_eq!(all["items"].as_array().unwrap().len(), 3);
    assert!(all["next"].is_string());
    for draft in [
        json!({}),
        json!({ "token": "not ours" }),
        json!({ "kind": "token" }),
        json!({ "kind": "key", "value": "k" }),
        json!({ "kind": "token", "value": "" }),
        json!({ "token": token, "kind": "token" }),
    ] {
        let answer = app.admin("POST", "/revocations", Some(draft.clone())).await;
        assert!(matches!(answer.status.as_u16(), 400 | 422), "{draft}: {}", answer.body);
        assert!(!answer.body.contains(&token));
        code(&answer);
    }
}

/// An API takes `sub` for a person: what a client gets for itself must not look like one (RFC 9700 §4.15).
#[tokio::test]
async fn no_client_has_a_person_s_name() {
    let app = crate::people::stage().await;
    let pairwise = json!({ "subject_type": "pairwise" });
    for change in [json!({}), pairwise] {
        app.admin("PATCH", "/clients/app", Some(change)).await.is(200);
        let sub = claims(&text(&crate::people::granted(&app).await, "id_token"))["sub"].clone();
        let answer = app.admin("POST", "/clients", Some(json!({ "client_id": sub }))).await.is(422);
        assert!(answer.body.contains("`sub` of a person"), "{}", answer.body);
    }
}
