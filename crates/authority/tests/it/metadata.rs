//! The published documents: every value is true, and readers are spared what they have.

use axum::body::Body;
use http::Request;

use crate::app::{App, ISSUER, send};

const OAUTH: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";

#[tokio::test]
async fn both_documents_name_endpoints_that_exist() {
    let app = App::start().await;
    for path in [OAUTH, OPENID] {
        let answer = app.get(path).await.is(200);
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(answer.header("cache-control").contains("max-age="));
        let document = answer.json();
        assert_eq!(document["issuer"], ISSUER);
        let mut endpoints = 0;
        for (name, value) in document.as_object().unwrap() {
            let Some(path) = value.as_str().and_then(|url| url.strip_prefix(ISSUER)) else {
                continue;
            };
            if name == "issuer" {
                continue;
            }
            let there = app.send(Request::options(path).body(Body::empty()).unwrap()).await;
            assert_eq!(there.status, 204, "{name} = {value}");
            endpoints += 1;
        }
        assert!(endpoints >= 5, "{document}");
        assert_eq!(document["revocations_endpoint"], format!("{ISSUER}/revocations"));
        let methods = document["token_endpoint_auth_methods_supported"].as_array().unwrap();
        for method in ["client_secret_basic", "client_secret_post", "private_key_jwt"] {
            assert!(methods.iter().any(|known| known == method), "{document}");
        }
        let grants = document["grant_types_supported"].as_array().unwrap();
        assert!(grants.iter().any(|grant| grant == "client_credentials"));
    }
}

#[tokio::test]
async fn the_documents_follow_the_configured_algorithm() {
    let app = App::with(|config| {
        config.signing.algorithm = claviger_authority::SigningAlgorithm::EdDsa;
    })
    .await;
    let document = app.get(OPENID).await.is(200).json();
    assert_eq!(app.get("/jwks").await.json()["keys"][0]["alg"], "EdDSA");
    let algorithms = document["id_token_signing_alg_values_supported"].as_array();
    assert!(algorithms.is_none_or(|all| all.iter().any(|one| one == "EdDSA")), "{document}");
}

#[tokio::test]
async fn an_issuer_with_a_path_is_found_in_every_form() {
    let app = App::with(|config| config.issuer = Some("https://id.example/acme".to_owned())).await;
    for path in [
        "/.well-known/oauth-authorization-server/acme",
        "/acme/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration/acme",
        "/acme/.well-known/openid-configuration",
    ] {
        let document = app.get(path).await.is(200).json();
        assert_eq!(document["issuer"], "https://id.example/acme");
        assert_eq!(document["token_endpoint"], "https://id.example/acme/token");
    }
    app.get("/acme/jwks").await.is(200);
    app.get("/acme").await.is(200);
    app.get("/jwks").await.is(404);
}

#[tokio::test]
async fn the_issuer_never_comes_from_the_request() {
    let app = App::start().await;
    let request = Request::get(OAUTH)
        .header("host", "evil.test")
        .header("x-forwarded-host", "evil.test")
        .header("forwarded", "host=evil.test;proto=https")
        .body(Body::empty())
        .unwrap();
    let answer = app.send(request).await.is(200);
    assert_eq!(answer.json()["issuer"], ISSUER);
    assert!(!answer.body.contains("evil"));
}

#[tokio::test]
async fn who_has_the_key_set_already_is_told_304() {
    let app = App::start().await;
    let first = app.get("/jwks").await.is(200);
    assert_eq!(first.header("cache-control"), "public, max-age=300");
    assert_eq!(first.header("content-type"), "application/jwk-set+json");
    let etag = first.header("etag").to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag}");
    for asked in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
        let request = Request::get("/jwks").header("if-none-match", &asked);
        let again = app.send(request.body(Body::empty()).unwrap()).await.is(304);
        assert_eq!(again.body, "");
        assert_eq!(again.header("etag"), etag);
    }
    let stale = Request::get("/jwks").header("if-none-match", "\"other\"");
    app.send(stale.body(Body::empty()).unwrap()).await.is(200);
    // The tag follows the keys.
    app.admin("POST", "/keys/rotate", None).await.is(200);
    let after = app.get("/jwks").await.is(200);
    assert_ne!(after.header("etag"), etag);
}

#[tokio::test]
async fn head_says_what_get_would() {
    let app = App::start().await;
    for path in ["/jwks", OAUTH, OPENID, "/faults", "/", "/health/live", "/revocations"] {
        let head = Request::head(path).body(Body::empty()).unwrap();
        let answer = send(&app.router, head).await.is(200);
        assert_eq!(answer.body, "", "{path}");
    }
    let get = app.get("/jwks").await;
    let head = app.send(Request::head("/jwks").body(Body::empty()).unwrap()).await;
    assert_eq!(head.header("content-length"), get.body.len().to_string());
}

#[tokio::test]
async fn a_browsers_preflight_passes() {
    let app = App::start().await;
    let request = Request::options("/jwks")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "x-thing")
        .body(Body::empty())
        .unwrap();
    let answer = app.send(request).await.is(204);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert!(answer.header("access-control-allow-methods").contains("GET"));
    // Fetch §4.9: the asterisk does not stand for `Authorization`.
    assert_eq!(answer.header("access-control-allow-headers"), "*, Authorization");
}
