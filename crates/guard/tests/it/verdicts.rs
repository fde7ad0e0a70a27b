//! What passes and what is refused, and how the answer reads.

use claviger_guard::{Asked, Bearer, BuildError, Guard};
use claviger_testkit::{FakeIssuer, keys, mint, now};
use claviger_token::{Algorithm, Code};
use http::{HeaderMap, Request, header};
use serde_json::json;
use tower::ServiceExt as _;

use crate::{API, bearer, builder, check, code, ready};

#[tokio::test]
async fn a_good_token_passes_and_is_remembered() {
    let issuer = FakeIssuer::start();
    let guard = ready(builder(&issuer)).await;
    let token = issuer.mint(API, &json!({}));
    let session = check(&guard, &token).await.unwrap();
    assert_eq!(session.subject(), "example-client");
    assert_eq!(session.scopes(), ["read"]);
    check(&guard, &token).await.unwrap();
    let counts = guard.counters();
    assert_eq!((counts.allowed, counts.remembered), (2, 1));
    assert_eq!(issuer.key_set_fetches(), 1);
}

/// A variable that was not set leaves an empty name, and nobody wants to find that out by 401s.
#[tokio::test]
async fn no_guard_is_built_without_a_name_of_its_own() {
    let named = |names: &[&str]| {
        let builder = Guard::builder().issuer("https://id.example");
        names.iter().fold(builder, |builder, name| builder.audience(*name)).build()
    };
    for names in [&[][..], &[""], &[" "], &[API, ""]] {
        assert!(matches!(named(names), Err(BuildError::NoAudience)), "{names:?}");
    }
    named(&[API]).unwrap();
}

#[tokio::test]
async fn each_defect_has_its_code() {
    let issuer = FakeIssuer::start();
    let guard = ready(builder(&issuer)).await;
    let old = now() - 1000;
    let expired = issuer.mint(API, &json!({ "iat": old, "exp": old + 300 }));
    assert_eq!(code(&guard, &expired).await, Some(Code::Expired));
    let foreign = issuer.mint(API, &json!({ "iss": "https://elsewhere.example" }));
    assert_eq!(code(&guard, &foreign).await, Some(Code::IssuerMismatch));
    let other = issuer.mint("https://billing.example", &json!({}));
    assert_eq!(code(&guard, &other).await, Some(Code::AudienceMismatch));
    let forged = mint::mint_with(
        &keys::other_signing(Algorithm::Es256, keys::signing(Algorithm::Es256).kid()),
        &json!({}),
        &mint::access_claims(issuer.url(), API, now()),
    );
    assert_eq!(code(&guard, &forged).await, Some(Code::SignatureMismatch));
    let missing = guard.check(&Asked::new(&HeaderMap::new()), &[]).await.unwrap_err();
    assert_eq!(missing.code(), Code::CredentialMissing);
    assert_eq!(guard.counters().refused[&Code::Expired], 1);
}

#[tokio::test]
async fn a_token_expires_while_it_is_remembered() {
    let issuer = FakeIssuer::start();
    let guard = ready(builder(&issuer).leeway(0)).await;
    let token = issuer.mint(API, &json!({ "exp": now() + 2 }));
    check(&guard, &token).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    assert_eq!(code(&guard, &token).await, Some(Code::Expired));
    assert_eq!(guard.status().remembered_tokens, 0);
}

#[tokio::test]
async fn a_missing_scope_is_a_403_that_names_it() {
    let issuer = FakeIssuer::start();
    let guard = ready(builder(&issuer)).await;
    let token = issuer.mint(API, &json!({}));
    for _ in 0..2 {
        let refusal = guard.check(&Asked::new(&bearer(&token)), &["write"]).await.unwrap_err();
        let (head, _) = refusal.answer();
        assert_eq!(head.status, 403);
        let challenge = head.headers[header::WWW_AUTHENTICATE].to_str().unwrap();
        assert!(challenge.contains(r#"error="insufficient_scope""#), "{challenge}");
        assert!(challenge.contains(r#"scope="write""#), "{challenge}");
    }
}

/// What passed for one scope is remembered, and passes for no other (CVE-2021-32701).
#[tokio::test]
async fn a_remembered_token_is_worth_its_own_scopes_only() {
    let issuer = FakeIssuer::start();
    let guard = ready(builder(&issuer)).await;
    let headers = bearer(&issuer.mint(API, &json!({})));
    for _ in 0..2 {
        guard.check(&Asked::new(&headers), &["read"]).await.unwrap();
        let refused = guard.check(&Asked::new(&headers), &["read", "write"]).await.unwrap_err();
        assert_eq!(refused.code(), Code::ScopeInsufficient);
    }
    assert!(guard.counters().remembered > 0);
}

#[tokio::test]
async fn garbage_is_refused_and_nothing_panics() {
    let issuer = FakeIssuer::start();
    let guard = ready(builder(&issuer)).await;
    let good = issuer.mint(API, &json!({}));
    for cut in 0..good.len() {
        let token = &good[..cut];
        assert!(code(&guard, token).await.is_some(), "{cut}");
    }
    for text in ["a.b.c", "..", "eyJ.eyJ.", "null", "%00", "\u{7f}", "e30.e30.AA", "e30.W10.AA"] {
        let mut headers = HeaderMap::new();
        let Ok(value) = http::HeaderValue::from_bytes(format!("Bearer {text}").as_bytes()) else {
            continue;
        };
        headers.insert(header::AUTHORIZATION, value);
        assert!(guard.check(&Asked::new(&headers), &[]).await.is_err(), "{text}");
    }
    let huge = "a".repeat(100_000);
    assert!(code(&guard, &huge).await.is_some());
}

#[tokio::test]
async fn the_layer_answers_as_a_browser_can_read_it() {
    let issuer = FakeIssuer::start();
    let guard = ready(builder(&issuer).faults("https://id.example/faults/")).await;
    let routes = axum::Router::new()
        .route(
            "/",
            axum::routing::get(async |Bearer(session): Bearer| session.subject().to_owned()),
        )
        .layer(guard.layer());
    let ask =
        async |request: Request<axum::body::Body>| routes.clone().oneshot(request).await.unwrap();
    let refused =
        Request::get("/").header("origin", "https://app.example").body(Default::default()).unwrap();
    let refused = ask(refused).await;
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.headers()["access-control-allow-origin"], "https://app.example");
    assert_eq!(refused.headers()["claviger-code"], "credential-missing");
    assert_eq!(refused.headers()["cache-control"], "no-store");
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    let id = refused.headers()["claviger-diagnosis"].to_str().unwrap();
    assert!(id.len() == 19 && id.starts_with("dg_"), "{id}");
    let good = Request::get("/")
        .header("authorization", format!("Bearer {}", issuer.mint(API, &json!({}))));
    assert_eq!(ask(good.body(Default::default()).unwrap()).await.status(), 200);
    let preflight = Request::options("/")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "GET");
    let preflight = ask(preflight.body(Default::default()).unwrap()).await;
    assert_eq!(preflight.status(), 405, "it passes the guard; the route has no OPTIONS");
}

#[tokio::test]
async fn the_layer_judges_proofs_where_it_knows_its_address() {
    let issuer = FakeIssuer::start();
    let key = keys::signing(Algorithm::EdDsa);
    let jkt = key.public().unwrap().thumbprint().to_owned();
    let token = issuer.mint(API, &json!({ "cnf": { "jkt": jkt } }));
    let ask = async |guard: &Guard, nonce: Option<&str>| {
        let subject = async |Bearer(session): Bearer| {
            assert!(session.bond().is_some());
            session.subject().to_owned()
        };
        let inner = axum::Router::new().route("/orders", axum::routing::get(subject));
        let routes = axum::Router::new().nest("/v1", inner.layer(guard.layer()));
        let url = "https://orders.example/api/v1/orders";
        let proof = mint::proof(&key, "GET", url, &token, &json!({ "nonce": nonce }));
        let request = Request::get("/v1/orders?x=1")
            .header("authorization", format!("DPoP {token}"))
            .header("dpop", proof);
        routes.oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap()
    };
    let known = || builder(&issuer).public_url("https://orders.example/api/");
    let guard = ready(known()).await;
    let good = ask(&guard, None).await;
    assert_eq!((good.status().as_u16(), good.headers().get("dpop-nonce")), (200, None));
    let strict = ready(known().proof_nonces(true)).await;
    let asked = ask(&strict, None).await;
    assert_eq!(asked.status(), 401);
    let nonce = asked.headers()["dpop-nonce"].to_str().unwrap().to_owned();
    let good = ask(&strict, Some(&nonce)).await;
    assert_eq!(good.status(), 200);
    assert!(good.headers().contains_key("dpop-nonce"), "the next one, before this one is over");
    // A service that does not know under which address it is called takes bearer tokens only.
    let unaware = ready(builder(&issuer)).await;
    let refused = ask(&unaware, None).await;
    assert_eq!(refused.headers()["claviger-code"], "scheme-wrong");
    let refusal = check(&unaware, &token).await.unwrap_err();
    assert_eq!(refusal.code(), Code::SenderProofMissing);
    assert!(refusal.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer "));
    // One that judges proofs and is not told the address of a request says so.
    let untold = ready(builder(&issuer).proofs()).await;
    let refused = ask(&untold, None).await;
    assert_eq!(refused.headers()["claviger-code"], "sender-proof-invalid");
    for wrong in ["orders.example", "ftp://orders.example", "https://orders.example?x=1"] {
        assert!(builder(&issuer).public_url(wrong).build().is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn a_guard_without_issuer_or_audience_is_not_built() {
    assert!(Guard::builder().audience(API).build().is_err());
    assert!(Guard::builder().issuer("https://id.example").build().is_err());
    assert!(Guard::builder().issuer("http://id.example").audience(API).build().is_err());
}
