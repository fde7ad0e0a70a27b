//! What applications are told about people: `/userinfo`, claims of the operator's own, and names of a sector's own.

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use claviger_token::{Algorithm, Expect, KeySet, Policy, verify};
use http::Request;
use serde_json::{Value, json};

use crate::app::{Answer, App, ISSUER, NOW, claims, header};
use crate::dpop::Prover;
use crate::people::{
    API, Browser, PASSWORD, REDIRECT, code_of, is_refused, query, redeem, redemption, refresh,
    request, stage, text, with_people,
};

async fn userinfo(app: &App, token: &str) -> Answer {
    let request = Request::get("/userinfo").header("authorization", format!("Bearer {token}"));
    app.send(request.body(Body::empty()).unwrap()).await
}

/// Ada with all that can be told about her, and an application that may ask for it.
async fn with_ada(change: Value) -> App {
    let app = stage().await;
    let users = app.admin("GET", "/users", None).await.is(200).json();
    let id = text(&users["items"][0], "id");
    app.admin("DELETE", &format!("/users/{id}"), None).await.is(204);
    let ada = json!({
        "username": "ada", "password": PASSWORD, "name": "Ada Lovelace", "email": "ada@example.org",
    });
    app.admin("POST", "/users", Some(ada)).await.is(201);
    let mut app_change = json!({
        "scopes": ["openid", "profile", "email", "phone", "address", "offline_access", "orders:read"],
    });
    app_change.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    app.admin("PATCH", "/clients/app", Some(app_change)).await.is(200);
    app
}

async fn tokens(app: &App, scope: &str) -> Value {
    let code = Browser::default().code(app, &[("scope", scope)]).await;
    redeem(app, &code, &[]).await.is(200).json()
}

#[tokio::test]
async fn a_scope_opens_its_claims_and_no_others() {
    let app = with_ada(json!({})).await;
    let given = tokens(&app, "openid orders:read").await;
    let sub = claims(&text(&given, "id_token"))["sub"].clone();
    let said = userinfo(&app, &text(&given, "access_token")).await.is(200);
    assert_eq!(said.header("cache-control"), "no-store");
    assert_eq!(said.header("access-control-allow-origin"), "*");
    assert_eq!(said.json(), json!({ "sub": sub }));
    let given = tokens(&app, "openid profile email phone").await;
    let said = userinfo(&app, &text(&given, "access_token")).await.is(200).json();
    assert_eq!(said["sub"], sub);
    assert_eq!(
        (&said["name"], &said["preferred_username"]),
        (&json!("Ada Lovelace"), &json!("ada"))
    );
    assert_eq!(
        (&said["email"], &said["email_verified"]),
        (&json!("ada@example.org"), &json!(false))
    );
    assert!(said.get("phone_number").is_none(), "{said}");
    // The ID token keeps to who it is about, and is tied to the access token beside it.
    let id = claims(&text(&given, "id_token"));
    assert!(id.get("email").is_none(), "{id}");
    let at_hash = Algorithm::Es256.left_half(text(&given, "access_token").as_bytes());
    assert_eq!(id["at_hash"], at_hash);
    let again = refresh(&app, &text(&given, "refresh_token")).await.is(200).json();
    let id = claims(&text(&again, "id_token"));
    let at_hash = Algorithm::Es256.left_half(text(&again, "access_token").as_bytes());
    assert_eq!((&id["at_hash"], &id["auth_time"]), (&json!(at_hash), &json!(NOW)));
}

/// RFC 6750 §2: the header, or a form, and one of them; never the URL.
#[tokio::test]
async fn a_token_is_presented_once_and_never_in_the_url() {
    let app = with_ada(json!({})).await;
    let token = text(&tokens(&app, "openid").await, "access_token");
    let form = query(&[("access_token", &token)]);
    app.post("/userinfo", &form).await.is(200);
    let both = Request::post("/userinfo")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::from(form.clone()))
        .unwrap();
    assert!(app.send(both).await.status.is_client_error());
    let bare = Request::post("/userinfo")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    app.send(bare).await.is(200);
    let in_url = app.get(&format!("/userinfo?{form}")).await;
    assert!(in_url.status.is_client_error());
    assert_eq!(in_url.json()["code"], "token-in-query");
    let none = app.get("/userinfo").await.is(401);
    assert_eq!(none.json()["code"], "credential-missing");
    let challenge = none.header("www-authenticate");
    assert!(challenge.starts_with("Bearer realm=\"claviger\", scope=\"openid\", DPoP algs="));
    // RFC 9110 §8.3.1: a media type has no case.
    let shouted = Request::post("/userinfo")
        .header("content-type", "Application/X-WWW-Form-Urlencoded; charset=UTF-8")
        .body(Body::from(form.clone()))
        .unwrap();
    app.send(shouted).await.is(200);
    let preflight = Request::options("/userinfo").body(Body::empty()).unwrap();
    let preflight = app.send(preflight).await.is(204);
    assert!(preflight.header("access-control-allow-headers").contains("Authorization"));
}

#[tokio::test]
async fn who_may_not_know_is_told_why_with_the_catalogue_s_words() {
    let app = with_ada(json!({})).await;
    let refused = async |token: &str, status: u16| {
        let answer = userinfo(&app, token).await.is(status);
        let challenge = answer.header("www-authenticate").to_owned();
        let body = answer.json();
        assert!(text(&body, "diagnosis").starts_with("dg_"), "{body}");
        assert!(!answer.body.contains(token));
        (text(&body, "code"), challenge)
    };
    // Without `openid` it is not about the person's identity (OpenID Connect Core §5.3.1).
    let token = text(&tokens(&app, "orders:read").await, "access_token");
    let (code, challenge) = refused(&token, 403).await;
    assert_eq!(code, "scope-insufficient");
    assert!(challenge.contains("insufficient_scope"), "{challenge}");
    let given = tokens(&app, "openid").await;
    let id_token = text(&given, "id_token");
    let (code, challenge) = refused(&id_token, 401).await;
    assert!(challenge.contains("invalid_token"), "{code} {challenge}");
    // A client's own token is about nobody.
    let own = app.access_token().await;
    refused(&own, 403).await;
    let token = text(&given, "access_token");
    let sid = claims(&token)["sid"].clone();
    let ended = json!({ "kind": "session", "value": sid });
    app.admin("POST", "/revocations", Some(ended)).await.is(201);
    assert_eq!(refused(&token, 401).await.0, "session-ended");
    let token = text(&tokens(&app, "openid").await, "access_token");
    app.clock.advance(306);
    assert_eq!(refused(&token, 401).await.0, "expired");
}

/// Zitadel CVE-2023-22492, authentik CVE-2025-64521: whoever is gone is told to nobody, whatever token is left.
#[tokio::test]
async fn a_removed_account_and_a_disabled_client_end_it_at_once() {
    let app = with_ada(json!({})).await;
    let token = text(&tokens(&app, "openid").await, "access_token");
    app.admin("PATCH", "/clients/app", Some(json!({ "disabled": true }))).await.is(200);
    let answer = userinfo(&app, &token).await.is(401).json();
    assert_eq!(answer["code"], "client-revoked");
    app.admin("PATCH", "/clients/app", Some(json!({ "disabled": false }))).await.is(200);
    app.clock.advance(1);
    let token = text(&tokens(&app, "openid").await, "access_token");
    userinfo(&app, &token).await.is(200);
    let users = app.admin("GET", "/users", None).await.is(200).json();
    let id = text(&users["items"][0], "id");
    app.admin("DELETE", &format!("/users/{id}"), None).await.is(204);
    let answer = userinfo(&app, &token).await.is(401).json();
    assert_eq!(answer["code"], "subject-revoked");
}

#[tokio::test]
async fn an_answer_is_signed_on_request() {
    let app = with_ada(json!({ "userinfo_signed_response_alg": "ES256" })).await;
    let given = tokens(&app, "openid email").await;
    let answer = userinfo(&app, &text(&given, "access_token")).await.is(200);
    assert_eq!(answer.header("content-type"), "application/jwt");
    let said = claims(&answer.body);
    assert_eq!((&said["iss"], &said["aud"]), (&json!(ISSUER), &json!("app")));
    assert_eq!(said["email"], "ada@example.org");
    // It is no token of another kind.
    assert!(said.get("exp").is_none() && said.get("nonce").is_none());
    userinfo(&app, &answer.body).await.is(401);
}

/// One rule in each place, for a client and for an API; nothing of it for anybody else.
#[tokio::test]
async fn claims_of_one_s_own_stand_where_they_were_put() {
    let rules = json!([
        { "name": "login", "source": "username", "places": ["id_token", "userinfo"] },
        { "name": "acme/login", "source": "username", "places": ["access_token"] },
        { "name": "secret", "source": "username", "places": ["userinfo"], "scope": "profile" },
    ]);
    let app = with_ada(json!({ "claims": rules })).await;
    let api = json!({ "claims": [
        { "name": "user", "source": "username", "places": ["access_token"] },
    ]});
    let path = format!("/resources/{}", crate::app::encoded(API));
    app.admin("PATCH", &path, Some(api)).await.is(422);
    let api = json!({ "claims": [
        { "name": "account", "source": "username", "places": ["access_token"] },
    ]});
    app.admin("PATCH", &path, Some(api)).await.is(200);
    let given = tokens(&app, "openid orders:read").await;
    let (id, access) = (claims(&text(&given, "id_token")), claims(&text(&given, "access_token")));
    assert_eq!((&id["login"], &access["acme/login"]), (&json!("ada"), &json!("ada")));
    assert_eq!(access["account"], "ada");
    assert!(id.get("acme/login").is_none() && access.get("login").is_none());
    let said = userinfo(&app, &text(&given, "access_token")).await.is(200).json();
    assert_eq!(said["login"], "ada");
    assert!(said.get("secret").is_none());
    // The same after a refresh.
    let given = refresh(&app, &text(&given, "refresh_token")).await.is(200).json();
    assert_eq!(claims(&text(&given, "access_token"))["account"], "ada");
    // A name that means something is nobody's to give.
    for name in ["sub", "aud", "cnf", "email_verified"] {
        let rules = json!({ "claims": [
            { "name": name, "source": "username", "places": ["id_token"] },
        ]});
        app.admin("PATCH", "/clients/app", Some(rules)).await.is(422);
    }
    // A token that a client got for itself is about nobody.
    let own = claims(&app.access_token().await);
    assert!(own.get("account").is_none(), "{own}");
}

/// A person's groups and attributes, as the operator keeps them.
#[tokio::test]
async fn groups_and_attributes_become_claims() {
    let rules = json!([
        { "name": "groups", "source": "groups", "places": ["access_token", "userinfo"] },
        { "name": "https://acme.example/department", "source": { "attribute": "department" },
          "places": ["id_token"] },
        { "name": "shoe_size", "source": { "attribute": "shoe_size" }, "places": ["id_token"] },
    ]);
    let app = with_ada(json!({ "claims": rules })).await;
    let users = app.admin("GET", "/users", None).await.is(200).json();
    let path = format!("/users/{}", text(&users["items"][0], "id"));
    let known = json!({
        "groups": ["staff", "admins"], "attributes": { "department": "engines" },
        "given_name": "Ada", "phone": "+44 20 7946 0000",
    });
    app.admin("PATCH", &path, Some(known)).await.is(200);
    let given = tokens(&app, "openid profile phone").await;
    let (id, access) = (claims(&text(&given, "id_token")), claims(&text(&given, "access_token")));
    assert_eq!(id["https://acme.example/department"], "engines");
    assert!(id.get("shoe_size").is_none() && id.get("groups").is_none());
    assert_eq!(access["groups"], json!(["staff", "admins"]));
    let said = userinfo(&app, &text(&given, "access_token")).await.is(200).json();
    assert_eq!(
        (&said["groups"], &said["given_name"]),
        (&json!(["staff", "admins"]), &json!("Ada"))
    );
    assert_eq!(said["phone_number_verified"], false);
    // Whoever leaves a group has left it with the next token.
    app.admin("PATCH", &path, Some(json!({ "groups": [] }))).await.is(200);
    let given = refresh(&app, &text(&given, "refresh_token")).await.is(200).json();
    assert!(claims(&text(&given, "access_token")).get("groups").is_none());
    // And whoever is disabled is told to nobody.
    app.admin("PATCH", &path, Some(json!({ "disabled": true }))).await.is(200);
    let answer = userinfo(&app, &text(&given, "access_token")).await.is(401).json();
    assert_eq!(answer["code"], "subject-revoked");
    is_refused(refresh(&app, &text(&given, "refresh_token")).await, "subject-revoked");
}

/// Two sectors know the person by two names, one sector by one; the name survives a restart, tells userinfo whom
/// it is about, and whatever ends for the person ends under it.
#[tokio::test]
async fn a_sector_knows_people_by_names_of_its_own() {
    let app = with_ada(json!({ "subject_type": "pairwise" })).await;
    let public = {
        let users = app.admin("GET", "/users", None).await.is(200).json();
        text(&users["items"][0], "id")
    };
    for (id, sector) in [("sister", "app.example"), ("stranger", "other.example")] {
        let client = json!({
            "client_id": id, "auth_method": "none", "redirect_uris": [REDIRECT],
            "scopes": ["openid"], "subject_type": "pairwise", "sector": sector,
        });
        app.admin("POST", "/clients", Some(client)).await.is(201);
    }
    let sub_for = async |app: &App, id: &str| {
        let change = [("client_id", id), ("scope", "openid")];
        let code = Browser::default().code(app, &change).await;
        let given = redeem(app, &code, &[("client_id", id)]).await.is(200).json();
        let sub = text(&claims(&text(&given, "id_token")), "sub");
        let access = text(&given, "access_token");
        assert_eq!(text(&claims(&access), "sub"), sub);
        assert_eq!(userinfo(app, &access).await.is(200).json()["sub"], sub);
        (sub, given)
    };
    let (own, given) = sub_for(&app, "app").await;
    let (sister, _) = sub_for(&app, "sister").await;
    let (stranger, _) = sub_for(&app, "stranger").await;
    assert_eq!(own, sister);
    assert_ne!(own, stranger);
    assert_ne!(own, public);
    let app = app.restart().await;
    assert_eq!(sub_for(&app, "app").await.0, own);
    // By its public name: every token under every name ends.
    let access = text(&given, "access_token");
    let body = json!({ "kind": "subject", "value": public });
    app.admin("POST", "/revocations", Some(body)).await.is(201);
    assert_eq!(userinfo(&app, &access).await.is(401).json()["code"], "subject-revoked");
    is_refused(refresh(&app, &text(&given, "refresh_token")).await, "subject-revoked");
    app.clock.advance(1);
    // And by the name that a client knows.
    let (_, given) = sub_for(&app, "stranger").await;
    let body = json!({ "kind": "subject", "value": own });
    app.admin("POST", "/revocations", Some(body)).await.is(201);
    let access = text(&given, "access_token");
    assert_eq!(userinfo(&app, &access).await.is(401).json()["code"], "subject-revoked");
}

/// OpenID Connect Core §11: what was granted for when the person is away goes on when they log out; the
/// administrator's end of the session ends it all the same.
#[tokio::test]
async fn offline_access_outlives_the_log_in() {
    let app = with_ada(json!({})).await;
    let mut browser = Browser::default();
    let scope = ("scope", "openid offline_access orders:read");
    let code = browser.code(&app, &[scope]).await;
    let offline = redeem(&app, &code, &[]).await.is(200).json();
    let id = claims(&text(&offline, "id_token"));
    assert!(claims(&text(&offline, "access_token")).get("sid").is_none());
    let again = browser.get(&app, &format!("/authorize?{}", request(&[]))).await.is(303);
    let online = redeem(&app, &code_of(&again), &[]).await.is(200).json();
    let page = browser.get(&app, "/logout").await.is(200);
    browser.fill(&app, &page, &[]).await.is(200);
    is_refused(refresh(&app, &text(&online, "refresh_token")).await, "session-ended");
    userinfo(&app, &text(&online, "access_token")).await.is(401);
    userinfo(&app, &text(&offline, "access_token")).await.is(200);
    let offline = refresh(&app, &text(&offline, "refresh_token")).await.is(200).json();
    userinfo(&app, &text(&offline, "access_token")).await.is(200);
    let body = json!({ "kind": "session", "value": id["sid"] });
    app.admin("POST", "/revocations", Some(body)).await.is(201);
    is_refused(refresh(&app, &text(&offline, "refresh_token")).await, "session-ended");
    userinfo(&app, &text(&offline, "access_token")).await.is(401);
}

#[tokio::test]
async fn the_metadata_are_true() {
    let app = App::start().await;
    let document = app.get("/.well-known/openid-configuration").await.is(200).json();
    assert_eq!(document["userinfo_endpoint"], format!("{ISSUER}/userinfo"));
    assert_eq!(document["end_session_endpoint"], format!("{ISSUER}/logout"));
    assert_eq!(document["subject_types_supported"], json!(["public", "pairwise"]));
    assert_eq!(document["userinfo_signing_alg_values_supported"], json!(["ES256"]));
    assert_eq!(document["backchannel_logout_supported"], true);
    // RFC 9470 §7: those who read the other document ask for more by it, too.
    let oauth = app.get("/.well-known/oauth-authorization-server").await.is(200).json();
    assert_eq!(oauth["acr_values_supported"], json!(["1", "2", "phr"]));
    assert_eq!(document["acr_values_supported"], oauth["acr_values_supported"]);
    let scopes = json!(["openid", "profile", "email", "phone", "address", "offline_access"]);
    assert_eq!(document["scopes_supported"], scopes);
}

/// RFC 9449 §7.1: a token that is bound to a key is used with a proof of that key, made for this very request.
#[tokio::test]
async fn a_bound_token_tells_only_with_a_proof_of_its_key() {
    let app = with_ada(json!({})).await;
    let (mut key, mut thief) = (Prover::new(), Prover::stranger());
    let code = Browser::default().code(&app, &[("scope", "openid")]).await;
    let given = key.post(&app, "/token", &redemption(&code, &[])).await.is(200).json();
    let nonce = key.nonce.clone();
    assert_eq!(given["token_type"], "DPoP");
    let token = text(&given, "access_token");
    let answer = userinfo(&app, &token).await.is(401);
    let challenge = answer.header("www-authenticate");
    assert!(challenge.starts_with("DPoP ") && challenge.contains("invalid_token"), "{challenge}");
    assert_eq!(answer.json()["code"], "sender-proof-missing");
    let use_it = async |proof: &str| {
        let request = Request::get("/userinfo")
            .header("authorization", format!("DPoP {token}"))
            .header("dpop", proof);
        app.send(request.body(Body::empty()).unwrap()).await
    };
    let of = |prover: &mut Prover, path: &str, token: &str, nonce: &Option<String>| {
        let hash = digest(&SHA256, token.as_bytes());
        let ath = claviger_token::base64url::encode(hash.as_ref());
        prover.proof(path, NOW, &json!({ "htm": "GET", "ath": ath, "nonce": nonce }))
    };
    let good = of(&mut key, "/userinfo", &token, &nonce);
    let told = use_it(&good).await.is(200);
    assert!(!told.header("dpop-nonce").is_empty());
    for (bad, error) in [
        (good, "invalid_dpop_proof"),
        (of(&mut key, "/userinfo", &token, &None), "use_dpop_nonce"),
        (of(&mut key, "/token", &token, &nonce), "invalid_dpop_proof"),
        (of(&mut key, "/userinfo", "another", &nonce), "invalid_dpop_proof"),
    ] {
        let answer = use_it(&bad).await.is(401);
        let challenge = answer.header("www-authenticate");
        assert!(challenge.contains(&format!("DPoP error=\"{error}\"")), "{challenge}");
        // What is taken is said whole.
        assert!(challenge.contains("algs=\"ES256 ES384 ES512 EdDSA RS256"), "{challenge}");
    }
    let bare = Request::get("/userinfo").header("authorization", format!("DPoP {token}"));
    let bare = app.send(bare.body(Body::empty()).unwrap()).await.is(401).json();
    assert_eq!(bare["code"], "sender-proof-missing");
    let stolen = use_it(&of(&mut thief, "/userinfo", &token, &nonce)).await.is(401);
    assert!(stolen.header("www-authenticate").starts_with("DPoP "), "{:?}", stolen.headers);
    assert_eq!(stolen.json()["code"], "sender-proof-invalid");
}

/// One application with ML-DSA-65 (RFC 9964) throughout: its ID tokens, what `/userinfo` signs, and the hint that
/// comes back. Others keep the default.
#[tokio::test]
async fn an_application_can_have_ml_dsa_for_all_that_is_signed_for_it() {
    let also = claviger_authority::SigningAlgorithm::MlDsa65;
    let app = App::with(|config| config.signing.also = vec![also]).await;
    with_people(&app).await;
    let change = json!({
        "id_token_signed_response_alg": "ML-DSA-65", "userinfo_signed_response_alg": "ML-DSA-65",
    });
    app.admin("PATCH", "/clients/app", Some(change)).await.is(200);
    let mut ada = Browser::default();
    let code = ada.code(&app, &[]).await;
    let given = redeem(&app, &code, &[]).await.is(200).json();
    let (access, id_token) = (text(&given, "access_token"), text(&given, "id_token"));
    assert_eq!(
        (&header(&access)["alg"], &header(&id_token)["alg"]),
        (&json!("ES256"), &json!("ML-DSA-65"))
    );
    let at_hash = Algorithm::MlDsa65.left_half(access.as_bytes());
    assert_eq!(claims(&id_token)["at_hash"], at_hash);
    let told = userinfo(&app, &access).await.is(200);
    assert_eq!(header(&told.body)["alg"], "ML-DSA-65");

    let set = KeySet::from_json(&app.get("/jwks").await.json().to_string()).unwrap();
    for (token, expect) in [(&id_token, Expect::Id), (&told.body, Expect::Any)] {
        let policy = Policy {
            issuers: vec![ISSUER.to_owned()],
            audiences: vec!["app".to_owned()],
            algorithms: vec![Algorithm::MlDsa65],
            expect,
            ..Policy::default()
        };
        verify(token, &policy, &set, NOW).unwrap();
    }
    // The hint is an ID token of ours, large as it is.
    let silently = request(&[("prompt", "none"), ("id_token_hint", &id_token)]);
    let answer = ada.get(&app, &format!("/authorize?{silently}")).await.is(303);
    code_of(&answer);
}
