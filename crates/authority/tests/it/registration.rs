//! Clients that register themselves: by whose leave, for what, and what they may change afterwards.

use axum::body::Body;
use claviger_authority::RegistrationMode;
use futures_util::future::join_all;
use http::Request;
use serde_json::{Value, json};

use crate::app::{Answer, App, ISSUER};
use crate::journal::{entries, last};
use crate::people::{API, Browser, REDIRECT, redeem, refresh, text, with_people};

async fn opened(mode: RegistrationMode) -> App {
    App::with(|config| {
        config.registration.mode = mode;
        config.registration.resources = vec![API.to_owned()];
    })
    .await
}

pub(crate) async fn send(
    app: &App,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: &Value,
) -> Answer {
    let mut request =
        Request::builder().method(method).uri(path).header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    app.send(request.body(Body::from(body.to_string())).unwrap()).await
}

pub(crate) async fn register(app: &App, token: Option<&str>, body: &Value) -> Answer {
    send(app, "POST", "/register", token, body).await
}

fn native() -> Value {
    json!({
        "client_name": "Editor", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        "scope": "openid orders:read", "application_type": "native",
    })
}

async fn leave(app: &App, draft: Value) -> (String, String) {
    let made = app.admin("POST", "/registration-tokens", Some(draft)).await.is(201).json();
    (text(&made, "id"), text(&made, "token"))
}

/// The path of a registration, and the token for it.
pub(crate) fn own(registered: &Value) -> (String, String) {
    let uri = text(registered, "registration_client_uri");
    let path = uri.strip_prefix(ISSUER).unwrap().to_owned();
    (path, text(registered, "registration_access_token"))
}

#[tokio::test]
async fn closed_is_the_default_and_says_so() {
    let app = App::start().await;
    let answer = register(&app, None, &native()).await.is(403).json();
    assert_eq!(
        (text(&answer, "error"), text(&answer, "code")),
        ("access_denied".into(), "registration-closed".into())
    );
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        let document = app.get(path).await.is(200).json();
        assert!(document.get("registration_endpoint").is_none(), "{document}");
    }
    let app = opened(RegistrationMode::Open).await;
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        let document = app.get(path).await.is(200).json();
        assert_eq!(document["registration_endpoint"], format!("{ISSUER}/register"));
    }
}

#[tokio::test]
async fn whoever_registered_logs_a_person_in_without_being_trusted() {
    let app = opened(RegistrationMode::Open).await;
    with_people(&app).await;
    let answer = register(&app, None, &native()).await.is(201);
    assert_eq!(answer.header("cache-control"), "no-store");
    let client = answer.json();
    assert_eq!(client["client_name"], "Editor");
    assert_eq!(client["scope"], "openid orders:read");
    assert!(client.get("client_secret").is_none(), "{client}");
    let id = text(&client, "client_id");
    let shown = app.admin("GET", &format!("/clients/{id}"), None).await.is(200).json();
    assert_eq!((&shown["registered"], &shown["first_party"]), (&json!(true), &json!(false)));
    // The person is asked; the tokens are for the API that the operator named.
    let code = Browser::default().code(&app, &[("client_id", &id)]).await;
    let tokens = redeem(&app, &code, &[("client_id", &id)]).await.is(200).json();
    let claims = crate::app::claims(&text(&tokens, "access_token"));
    assert_eq!((&claims["aud"], &claims["client_id"]), (&json!(API), &json!(id)));
    // A request without scope gets what it registered for.
    let code = Browser::default().code(&app, &[("client_id", &id), ("scope", "")]).await;
    let tokens = redeem(&app, &code, &[("client_id", &id)]).await.is(200).json();
    assert_eq!(tokens["scope"], "orders:read");
}

#[tokio::test]
async fn nobody_registers_for_more_than_the_operator_said() {
    let app = opened(RegistrationMode::Open).await;
    for (name, value, error) in [
        ("scope", json!("openid admin"), "invalid_client_metadata"),
        ("grant_types", json!(["client_credentials"]), "invalid_client_metadata"),
        ("grant_types", json!(["password"]), "invalid_client_metadata"),
        ("token_endpoint_auth_method", json!("self_signed"), "invalid_client_metadata"),
        ("redirect_uris", json!(["http://app.example/cb"]), "invalid_redirect_uri"),
        ("redirect_uris", json!(["https://app.example/cb#f"]), "invalid_redirect_uri"),
        ("redirect_uris", json!(["https://u@app.example/cb"]), "invalid_redirect_uri"),
        ("redirect_uris", json!([]), "invalid_redirect_uri"),
        ("logo_uri", json!("javascript:alert(1)"), "invalid_client_metadata"),
        ("jwks_uri", json!("http://169.254.169.254/"), ""),
    ] {
        let mut body = native();
        body[name] = value;
        let answer = register(&app, None, &body).await;
        if error.is_empty() {
            // Unused and never fetched.
            answer.is(201);
        } else {
            assert_eq!(answer.is(400).json()["error"], error, "{body}");
        }
    }
    // What only the operator may set is not taken from a client.
    let mut body = native();
    for name in ["first_party", "resources", "access_ttl_seconds", "client_id", "disabled"] {
        body[name] = json!(true);
    }
    let client = register(&app, None, &body).await.is(201).json();
    assert_ne!(client["client_id"], true);
    let request = Request::post("/register").header("content-type", "text/plain");
    app.send(request.body(Body::from("{}")).unwrap()).await.is(415);
    let duplicate =
        r#"{"redirect_uris":["https://a.example"],"redirect_uris":["https://b.example"]}"#;
    let request = Request::post("/register").header("content-type", "application/json");
    let answer = app.send(request.body(Body::from(duplicate)).unwrap()).await.is(400);
    assert_eq!(answer.json()["code"], "metadata-duplicate");
}

#[tokio::test]
async fn a_token_of_the_operator_brings_in_as_many_as_it_says() {
    let app = opened(RegistrationMode::Token).await;
    let refused = register(&app, None, &native()).await.is(401);
    assert!(refused.header("www-authenticate").starts_with("Bearer"));
    let (id, token) = leave(&app, json!({"note": "for the build farm", "uses": 3})).await;
    for wrong in ["wrong", app.bootstrap.admin_token.expose()] {
        register(&app, Some(wrong), &native()).await.is(401);
    }
    // A bad request spends nothing; of many at once three come in.
    register(&app, Some(&token), &json!({})).await.is(400);
    let (answer, body) = (Some(token.as_str()), native());
    let answers = join_all((0..8).map(|_| register(&app, answer, &body))).await;
    let came = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(came, 3);
    let listed = app.admin("GET", "/registration-tokens", None).await.is(200);
    assert!(!listed.body.contains(&token));
    let listed = listed.json();
    assert_eq!(
        (&listed["items"][0]["used"], &listed["items"][0]["uses_left"]),
        (&json!(3), &json!(0))
    );
    app.admin("DELETE", &format!("/registration-tokens/{id}"), None).await.is(204);
    app.admin("DELETE", &format!("/registration-tokens/{id}"), None).await.is(404);
    // Over by its time, and over by the operator's word.
    let (_, token) = leave(&app, json!({"expires_in_seconds": 60, "uses": null})).await;
    app.clock.advance(59);
    register(&app, Some(&token), &native()).await.is(201);
    app.clock.advance(1);
    register(&app, Some(&token), &native()).await.is(401);
    let (id, token) = leave(&app, json!({})).await;
    app.admin("DELETE", &format!("/registration-tokens/{id}"), None).await.is(204);
    register(&app, Some(&token), &native()).await.is(401);
    for bad in [json!({"uses": 0}), json!({"expires_in_seconds": 1}), json!({"note": "\u{7}"})] {
        app.admin("POST", "/registration-tokens", Some(bad)).await.is(422);
    }
}

#[tokio::test]
async fn a_registration_is_read_changed_and_removed_by_its_own_token() {
    let app = opened(RegistrationMode::Open).await;
    let mut body = native();
    body["token_endpoint_auth_method"] = json!("client_secret_basic");
    let made = register(&app, None, &body).await.is(201).json();
    assert_eq!(made["client_secret_expires_at"], 0);
    let (path, token) = own(&made);
    let other = register(&app, None, &native()).await.is(201).json();
    let none = Value::Null;
    // Another's token, none, and a client that there is not: the same answer.
    let (_, others) = own(&other);
    for (path, token) in [
        (path.as_str(), Some(others.as_str())),
        (path.as_str(), None),
        (path.as_str(), Some(app.bootstrap.admin_token.expose())),
        ("/register/nobody", Some(token.as_str())),
        ("/register/example-client", Some(token.as_str())),
        ("/register/example-client", Some("")),
    ] {
        for method in ["GET", "PUT", "DELETE"] {
            let answer = send(&app, method, path, token, &none).await.is(401);
            assert_eq!(answer.json()["error"], "invalid_token");
            assert!(answer.header("www-authenticate").starts_with("Bearer"));
        }
    }
    let read = send(&app, "GET", &path, Some(&token), &none).await.is(200).json();
    assert_eq!(read["registration_access_token"], token.as_str());
    assert!(read.get("client_secret").is_none(), "{read}");
    // An update says everything anew; who repeats the secret keeps it.
    let (id, secret) = (text(&made, "client_id"), text(&made, "client_secret"));
    body["client_id"] = json!(id);
    body["client_secret"] = json!(secret);
    body["client_name"] = json!("Editor 2");
    let changed = send(&app, "PUT", &path, Some(&token), &body).await.is(200).json();
    assert_eq!(
        (&changed["client_name"], &changed["client_secret"]),
        (&json!("Editor 2"), &json!(secret))
    );
    let form = "grant_type=refresh_token&refresh_token=x";
    app.post_as("/token", &id, &secret, form).await.is(400);
    for (name, value) in [
        ("client_id", json!("other")),
        ("client_secret", json!("wrong")),
        ("registration_access_token", json!("x")),
        ("redirect_uris", json!(["javascript:alert(1)"])),
        ("scope", json!("admin")),
    ] {
        let mut bad = body.clone();
        bad[name] = value;
        send(&app, "PUT", &path, Some(&token), &bad).await.is(400);
    }
    // Who leaves it out gets a new one, and the old one ends.
    body["client_secret"] = Value::Null;
    let renewed = send(&app, "PUT", &path, Some(&token), &body).await.is(200).json();
    assert_ne!(renewed["client_secret"], json!(secret));
    app.post_as("/token", &id, &secret, form).await.is(401);
    app.post_as("/token", &id, &text(&renewed, "client_secret"), form).await.is(400);
    // The operator disables it: it is told, and can do nothing.
    app.admin("PATCH", &format!("/clients/{id}"), Some(json!({"disabled": true}))).await.is(200);
    send(&app, "GET", &path, Some(&token), &none).await.is(403);
    app.admin("PATCH", &format!("/clients/{id}"), Some(json!({"disabled": false}))).await.is(200);
    send(&app, "DELETE", &path, Some(&token), &none).await.is(204);
    send(&app, "GET", &path, Some(&token), &none).await.is(401);
    app.admin("GET", &format!("/clients/{id}"), None).await.is(404);
    // What it did is in the journal, what it tried in vain among the refusals, and its credentials nowhere.
    for (kind, code, times) in [
        ("administration", "client-registered", 1),
        ("administration", "registration-changed", 2),
        ("administration", "registration-removed", 1),
        ("revocation", "client-ended", 1),
    ] {
        last(&app, kind, code, "client", None).await;
        let found = entries(&app, &format!("&code={code}&client={id}")).await;
        if code.ends_with("-registered") || code.ends_with("-changed") {
            let members = found[0]["members"].as_array().unwrap();
            assert!(members.contains(&json!("redirect_uris")), "{found:?}");
        }
        let by_itself = found.iter().filter(|entry| entry["by"] == "client").count();
        assert_eq!(by_itself, times, "{code}");
    }
    assert!(!entries(&app, "&kind=refusal&code=metadata-refused").await.is_empty());
    for entry in entries(&app, "").await {
        for hidden in [&token, &secret, &text(&renewed, "client_secret")] {
            assert!(!entry.to_string().contains(hidden.as_str()), "{entry}");
        }
    }
}

#[tokio::test]
async fn what_the_operator_gave_a_client_stays_when_it_changes_its_registration() {
    let app = opened(RegistrationMode::Open).await;
    let made = register(&app, None, &native()).await.is(201).json();
    let (path, token) = own(&made);
    let id = text(&made, "client_id");
    let gift =
        json!({"first_party": true, "scopes": ["openid", "special"], "access_ttl_seconds": 60});
    app.admin("PATCH", &format!("/clients/{id}"), Some(gift)).await.is(200);
    let mut body = native();
    body["client_id"] = json!(id);
    body["scope"] = json!("openid special");
    send(&app, "PUT", &path, Some(&token), &body).await.is(200);
    let shown = app.admin("GET", &format!("/clients/{id}"), None).await.is(200).json();
    assert_eq!(shown["first_party"], true);
    assert_eq!(shown["scopes"], json!(["openid", "special"]));
    assert_eq!(shown["access_ttl_seconds"], 60);
}

#[tokio::test]
async fn whoever_removes_itself_ends_its_tokens() {
    let app = opened(RegistrationMode::Open).await;
    with_people(&app).await;
    let made = register(&app, None, &native()).await.is(201).json();
    let (path, token) = own(&made);
    let id = text(&made, "client_id");
    let code = Browser::default().code(&app, &[("client_id", &id)]).await;
    let tokens = redeem(&app, &code, &[("client_id", &id)]).await.is(200).json();
    send(&app, "DELETE", &path, Some(&token), &Value::Null).await.is(204);
    let listed = app.admin("GET", "/revocations", None).await.is(200).json();
    assert!(listed["items"].as_array().unwrap().iter().any(|it| it["value"] == id.as_str()));
    let answer = refresh(&app, &text(&tokens, "refresh_token")).await;
    assert_ne!(answer.status, 200);
}

#[tokio::test]
async fn open_registration_is_slowed_down_bounded_and_swept() {
    let app = App::with(|config| {
        config.registration.mode = RegistrationMode::Open;
        config.registration.per_address_per_hour = 3;
        config.registration.clients_max = 5;
    })
    .await;
    for _ in 0..3 {
        register(&app, None, &json!({"redirect_uris": [REDIRECT]})).await.is(201);
    }
    let answer = register(&app, None, &json!({"redirect_uris": [REDIRECT]})).await.is(429);
    assert_eq!(answer.header("retry-after"), "3600");
    // Who has the operator's leave is not slowed down.
    let (_, token) = leave(&app, json!({"uses": 10})).await;
    let kept = register(&app, Some(&token), &json!({"redirect_uris": [REDIRECT]})).await.is(201);
    app.clock.advance(3600);
    register(&app, None, &json!({"redirect_uris": [REDIRECT]})).await.is(201);
    let full = register(&app, None, &json!({"redirect_uris": [REDIRECT]})).await.is(503);
    assert_eq!(full.json()["code"], "registration-full");
    // Nobody allowed them anything: after a week there is room again; what came by leave stays.
    app.clock.advance(8 * 86_400);
    app.authority.housekeep().await;
    let id = text(&kept.json(), "client_id");
    app.admin("GET", &format!("/clients/{id}"), None).await.is(200);
    let listed = app.admin("GET", "/clients", None).await.is(200).json();
    let there = listed["items"].as_array().unwrap().iter().filter(|it| it["registered"] == true);
    assert_eq!(there.count(), 1);
    // Without an API in the policy a client learns who somebody is, and nothing else.
    let client = register(&app, None, &json!({"redirect_uris": [REDIRECT]})).await.is(201).json();
    assert!(!text(&client, "scope").contains("orders"));
}

#[tokio::test]
async fn no_secret_of_a_registration_is_logged_or_kept() {
    let app = opened(RegistrationMode::Open).await;
    let made = register(&app, None, &json!({"redirect_uris": [REDIRECT]})).await.is(201).json();
    let mut database = Vec::new();
    for entry in std::fs::read_dir(&app.config.data_dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            database.extend(std::fs::read(path).unwrap());
        }
    }
    for name in ["client_secret", "registration_access_token"] {
        let secret = text(&made, name);
        assert!(!database.windows(secret.len()).any(|part| part == secret.as_bytes()), "{name}");
    }
}

/// An authority with room for one run of Argon2id, and none to wait.
async fn narrow() -> App {
    App::with(|config| {
        config.registration.mode = RegistrationMode::Open;
        config.registration.resources = vec![API.to_owned()];
        config.registration.per_address_per_hour = 100;
        config.limits.argon2_runs = 1;
        config.limits.argon2_queue = 0;
        config.limits.wrong_secrets_per_minute = 1_000_000;
    })
    .await
}

fn confidential() -> Value {
    json!({ "redirect_uris": [REDIRECT], "scope": "orders:read" })
}

fn is_busy(answer: &Answer, code: &str) {
    let said = answer.json();
    assert_eq!((answer.status.as_u16(), text(&said, "code").as_str()), (503, code), "{said}");
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn new_secrets_beyond_the_queue_are_refused_with_later_whoever_makes_them() {
    let app = narrow().await;
    let registered = join_all((0..8).map(|_| {
        let app = &app;
        async move { register(app, None, &confidential()).await }
    }));
    let made = join_all((0..8).map(|_| app.admin("POST", "/clients", Some(json!({})))));
    let people = join_all((0..8).map(|nth| {
        let draft = json!({ "username": format!("user-{nth}"), "password": "a long password" });
        app.admin("POST", "/users", Some(draft))
    }));
    let (registered, made, people) = futures_util::future::join3(registered, made, people).await;
    // People's runs are counted apart from those of clients.
    for group in [registered.into_iter().chain(made).collect(), people] {
        let (good, refused): (Vec<Answer>, Vec<Answer>) =
            group.into_iter().partition(|answer: &Answer| answer.status == 201);
        assert!(!good.is_empty() && !refused.is_empty(), "{} {}", good.len(), refused.len());
        refused.iter().for_each(|answer| is_busy(answer, "hashing-busy"));
    }
}

#[tokio::test]
async fn a_secret_that_cannot_be_compared_now_is_not_called_wrong() {
    let app = narrow().await;
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(register(&app, None, &confidential()).await.is(201).json());
    }
    let form = "grant_type=client_credentials";
    let flood = async {
        for guess in 0.. {
            join_all(["a", "b", "c"].map(|id| {
                let app = &app;
                let secret = format!("guess {guess}");
                async move { app.post_as("/token", id, &secret, form).await }
            }))
            .await;
        }
    };
    let change = async {
        let mut answers = Vec::new();
        for client in &clients {
            let (path, token) = own(client);
            let mut body = confidential();
            body["client_id"] = client["client_id"].clone();
            body["client_secret"] = client["client_secret"].clone();
            answers.push(send(&app, "PUT", &path, Some(&token), &body).await);
        }
        answers
    };
    tokio::pin!(flood, change);
    let answers = tokio::select! { answers = change => answers, () = flood => unreachable!() };
    let (good, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    assert!(!refused.is_empty(), "{}", good.len());
    refused.iter().for_each(|answer| is_busy(answer, "authentication-busy"));
}
