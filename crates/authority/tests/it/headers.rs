//! What every answer carries, and what paths and methods that do not exist are told.

use axum::body::Body;
use claviger_authority::RegistrationMode;
use http::Request;

use crate::app::{Answer, App};

#[tokio::test]
async fn every_answer_is_protected() {
    let app = App::start().await;
    for path in [
        "/",
        "/faults",
        "/faults/expired",
        "/faults/nothing",
        "/authorize",
        "/login",
        "/consent",
        "/account",
        "/device",
        "/logout",
        "/jwks",
        "/token",
        "/introspect",
        "/userinfo",
        "/.well-known/openid-configuration",
        "/health/live",
        "/metrics",
        "/nowhere",
        "/authorize",
        "/login",
        "/logout",
        "/account",
        "/device",
        "/userinfo",
        "/status-lists/1",
        "/admin/v1/clients",
        "/admin/v1/openapi.json",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("strict-transport-security"), "", "plain http: {path}");
        assert_eq!(answer.header("server"), "", "{path}");
    }
}

#[tokio::test]
async fn under_https_browsers_are_told_to_stay_there() {
    let app = App::with(|config| config.issuer = Some("https://id.example".to_owned())).await;
    let answer = app.get("/jwks").await.is(200);
    assert!(answer.header("strict-transport-security").starts_with("max-age=63072000"));
}

#[tokio::test]
async fn what_is_not_there_says_where_to_look() {
    let app = App::start().await;
    for path in ["/oauth/token", "/nowhere", "/token/", "/admin/v2/clients", "/assets/x.css"] {
        let answer = app.get(path).await.is(404);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
        let problem = answer.json();
        assert_eq!(problem["status"], 404, "{path}");
        assert!(problem["code"].is_string() && problem["diagnosis"].is_string(), "{path}");
        assert!(!problem["fix"].as_str().unwrap().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let app = App::start().await;
    for (method, path, allow) in [
        ("POST", "/jwks", "GET, HEAD, OPTIONS"),
        ("PUT", "/token", "POST, OPTIONS"),
        ("DELETE", "/revocations", "GET, HEAD, OPTIONS"),
        ("POST", "/faults/expired", "GET, HEAD, OPTIONS"),
        ("PUT", "/admin/v1/clients", "GET, HEAD, POST, OPTIONS"),
        ("TRACE", "/", "GET, HEAD, OPTIONS"),
        ("BREW", "/", "GET, HEAD, OPTIONS"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = app.send(request).await.is(405);
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
        let options = Request::options(path).body(Body::empty()).unwrap();
        assert_eq!(app.send(options).await.is(204).header("allow"), allow);
    }
}

#[tokio::test]
async fn secrets_are_not_read_across_origins() {
    let app = App::start().await;
    for path in ["/introspect", "/admin/v1/clients", "/login", "/authorize"] {
        let request = Request::options(path)
            .header("origin", "https://app.example")
            .header("access-control-request-method", "POST")
            .body(Body::empty())
            .unwrap();
        assert_eq!(app.send(request).await.header("access-control-allow-origin"), "", "{path}");
    }
    // What needs no preflight: a link that is followed, a form that is posted.
    for path in [
        "/authorize?client_id=x",
        "/login",
        "/consent",
        "/account",
        "/account/password",
        "/device",
        "/device/decision",
        "/logout",
        "/introspect",
        "/admin/v1/clients",
    ] {
        for method in ["GET", "POST"] {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header("origin", "https://app.example")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::from("token=x"))
                .unwrap();
            let answer = app.send(request).await;
            assert_eq!(answer.header("access-control-allow-origin"), "", "{method} {path}");
            assert_eq!(answer.header("access-control-allow-credentials"), "", "{method} {path}");
        }
    }
}

/// OAuth 2.1 §3.2.3: whatever has a token in it, a page of somebody's, or why they were refused.
#[tokio::test]
async fn what_is_for_one_reader_is_kept_by_nobody() {
    let app = App::with(|config| config.registration.mode = RegistrationMode::Open).await;
    crate::people::with_people(&app).await;
    let kept_by_nobody = |answer: &Answer, what: &str| {
        assert_eq!(answer.header("cache-control"), "no-store", "{what}: {}", answer.body);
    };
    let token = app.access_token().await;
    kept_by_nobody(&app.example("grant_type=client_credentials").await.is(200), "a token");
    kept_by_nobody(&app.example(&format!("token={token}")).await.is(400), "a bad request");
    for path in ["/token", "/introspect", "/revoke", "/par", "/device_authorization", "/register"] {
        let answer = app.post(path, "client_id=nobody&grant_type=refresh_token").await;
        assert!(answer.status.is_client_error(), "{path}");
        kept_by_nobody(&answer, path);
        kept_by_nobody(&app.get(path).await.is(405), path);
    }
    let asked = format!("/authorize?{}", crate::people::request(&[]));
    for path in [
        asked.as_str(),
        "/authorize",
        "/account",
        "/device",
        "/logout",
        "/userinfo",
        "/admin/v1/users",
    ] {
        kept_by_nobody(&app.get(path).await, path);
    }
    let mut browser = crate::people::Browser::default();
    let code = browser.code(&app, &[]).await;
    kept_by_nobody(&crate::people::redeem(&app, &code, &[]).await.is(200), "a person's tokens");
    kept_by_nobody(&browser.get(&app, "/account").await.is(200), "an account");
    kept_by_nobody(&browser.get(&app, &asked).await.is(303), "a code");
}

/// An application in a browser redeems, refreshes and gives back by script. No cookie counts there: what a script
/// of another origin can read is the answer to what it has presented itself.
#[tokio::test]
async fn applications_in_a_browser_can_ask_for_tokens() {
    let app = App::start().await;
    for path in ["/token", "/revoke", "/par", "/userinfo"] {
        let request = Request::options(path)
            .header("origin", "https://app.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "dpop")
            .body(Body::empty())
            .unwrap();
        let answer = app.send(request).await.is(204);
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        assert_eq!(answer.header("access-control-allow-credentials"), "", "{path}");
        // The cause of a refusal is readable, too.
        let answer = app.post(path, "client_id=nobody&grant_type=refresh_token").await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.body);
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        assert!(answer.header("access-control-expose-headers").contains("DPoP-Nonce"), "{path}");
    }
}
