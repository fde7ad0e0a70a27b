//! `POST /token`: who gets a token, what is in it, and how each refusal reads.

use std::sync::Arc;

use axum::body::Body;
use claviger_testkit::keys;
use claviger_token::{Algorithm, KeySet, Policy, SigningKey, verify};
use http::Request;
use serde_json::{Value, json};

use crate::app::{App, ISSUER, NOW, basic, claims, encoded, header};

const GRANT: &str = "grant_type=client_credentials";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

#[tokio::test]
async fn the_example_client_gets_a_token_that_verifies_by_the_published_keys() {
    let app = App::start().await;
    let example = app.bootstrap.example.as_ref().unwrap();
    let answer = app.example(GRANT).await.is(200);
    // RFC 6749 §5.1.
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("pragma"), "no-cache");
    assert_eq!(answer.header("content-type"), "application/json");
    let body = answer.json();
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 300);
    assert_eq!(body["scope"], "orders:read orders:write");
    let token = body["access_token"].as_str().unwrap();
    // RFC 9068 §2.
    assert_eq!(header(token)["typ"], "at+jwt");
    assert_eq!(header(token)["alg"], "ES256");
    let keys = KeySet::from_json(&app.get("/jwks").await.body).unwrap();
    let policy = Policy::access(ISSUER, example.resource.as_str());
    let verified = verify(token, &policy, &keys, NOW).unwrap();
    let claims = verified.claims();
    assert_eq!(claims.subject().as_deref(), Some(example.client_id.as_str()));
    assert_eq!(claims.client().as_deref(), Some(example.client_id.as_str()));
    assert_eq!(claims.issued_at(), Some(NOW));
    assert_eq!(claims.expires(), Some(NOW + 300));
    assert_eq!(claims.scopes(), ["orders:read", "orders:write"]);
    assert!(claims.id().unwrap().len() >= 22);
}

#[tokio::test]
async fn every_signing_algorithm_of_the_configuration_works() {
    use claviger_authority::SigningAlgorithm::{EdDsa, Es256, MlDsa65, Ps256, Rs256};
    for chosen in [Es256, EdDsa, Ps256, Rs256, MlDsa65] {
        let app = App::with(|config| config.signing.algorithm = chosen).await;
        let token = app.access_token().await;
        let name = Algorithm::from(chosen).name();
        assert_eq!(header(&token)["alg"], name);
        let jwks = app.get("/jwks").await.json();
        assert_eq!(jwks["keys"][0]["alg"], name);
        for private in claviger_token::PRIVATE_MEMBERS {
            assert!(jwks["keys"][0].get(private).is_none(), "{private}");
        }
        let keys = KeySet::from_json(&jwks.to_string()).unwrap();
        let resource = &app.bootstrap.example.as_ref().unwrap().resource;
        let policy = Policy {
            algorithms: vec![Algorithm::from(chosen)],
            ..Policy::access(ISSUER, resource.as_str())
        };
        verify(&token, &policy, &keys, NOW).unwrap();
    }
}

/// What a client gets for itself waits for no disk: not one byte is written.
#[tokio::test]
async fn a_token_for_the_client_itself_writes_nothing() {
    let app = App::start().await;
    // The first one also looks the client and its API up.
    app.access_token().await;
    let written = || {
        let log = app.config.data_dir.join("claviger.db-wal");
        let database = app.config.data_dir.join("claviger.db");
        [log, database].map(|path| {
            let found = std::fs::metadata(path).unwrap();
            (found.len(), found.modified().unwrap())
        })
    };
    let before = written();
    for _ in 0..100 {
        app.access_token().await;
    }
    assert_eq!(written(), before);
}

#[tokio::test]
async fn no_two_tokens_share_their_id() {
    let app = App::start().await;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..20 {
        let token = app.access_token().await;
        assert!(seen.insert(claims(&token)["jti"].as_str().unwrap().to_owned()));
    }
}

#[tokio::test]
async fn a_narrower_scope_is_granted_as_asked() {
    let app = App::start().await;
    let answer = app.example(&format!("{GRANT}&scope=orders%3Aread")).await.is(200).json();
    assert_eq!(answer["scope"], "orders:read");
    assert_eq!(claims(answer["access_token"].as_str().unwrap())["scope"], "orders:read");
}

#[tokio::test]
async fn the_secret_may_come_in_the_form() {
    let app = App::start().await;
    let created = client(&app, json!({ "auth_method": "client_secret_post" })).await;
    let form = format!(
        "{GRANT}&client_id={}&client_secret={}",
        encoded(created["client_id"].as_str().unwrap()),
        encoded(created["client_secret"].as_str().unwrap())
    );
    app.post("/token", &form).await.is(200);
}

/// The table of refusals: what was sent, and what came back.
#[tokio::test]
async fn a_bad_request_is_told_its_one_cause() {
    let app = App::start().await;
    let example = app.bootstrap.example.as_ref().unwrap();
    let (id, secret) = (example.client_id.as_str(), example.client_secret.expose());
    let table = [
        // RFC 6749 §4.4.2, §5.2.
        ("", 400, "invalid_request"),
        ("grant_type=", 400, "invalid_request"),
        ("grant_type=password&username=a&password=b", 400, "unsupported_grant_type"),
        ("grant_type=CLIENT_CREDENTIALS", 400, "unsupported_grant_type"),
        // RFC 6749 §3.2: no parameter twice.
        ("grant_type=client_credentials&grant_type=client_credentials", 400, "invalid_request"),
        (
            "grant_type=client_credentials&scope=orders:read&scope=orders:write",
            400,
            "invalid_request",
        ),
        // RFC 6749 §3.3.
        ("grant_type=client_credentials&scope=orders:delete", 400, "invalid_scope"),
        ("grant_type=client_credentials&scope=a%22b", 400, "invalid_scope"),
        // RFC 8707 §2.
        ("grant_type=client_credentials&resource=https://elsewhere.test", 400, "invalid_target"),
        ("grant_type=client_credentials&resource=not-a-uri", 400, "invalid_target"),
        ("grant_type=client_credentials&resource=https://a.test/%23part", 400, "invalid_target"),
        // Two ways to authenticate at once (RFC 6749 §2.3).
        (
            "grant_type=client_credentials&client_id=example-client&client_secret=x",
            400,
            "invalid_request",
        ),
        ("grant_type=client_credentials&client_assertion=x", 400, "invalid_request"),
        // What is not valid percent-encoding or UTF-8.
        ("grant_type=client_credentials&scope=%FF%FE", 400, "invalid_request"),
    ];
    for (form, status, error) in table {
        let answer = app.post_as("/token", id, secret, form).await;
        assert_eq!(answer.status.as_u16(), status, "{form}: {}", answer.body);
        let body = answer.json();
        assert_eq!(body["error"], error, "{form}: {body}");
        // RFC 6749 §5.2: the characters of a description.
        let description = body["error_description"].as_str().unwrap();
        assert!(!description.is_empty());
        assert!(
            description.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)),
            "{description}"
        );
        assert!(!body["fix"].as_str().unwrap().is_empty(), "{form}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("www-authenticate"), "");
    }
}

#[tokio::test]
async fn unknown_parameters_are_ignored_and_empty_ones_count_as_absent() {
    let app = App::start().await;
    app.example(&format!("{GRANT}&flavour=vanilla&scope=&resource=")).await.is(200);
}

/// OAuth 2.1 §4.2: who proves nothing has no tokens of its own, and no operator can give it any by mistake.
#[tokio::test]
async fn a_public_client_gets_no_token_for_itself() {
    let app = App::start().await;
    crate::people::with_people(&app).await;
    let refused = app.post("/token", &format!("{GRANT}&client_id=app")).await.is(400).json();
    assert_eq!(refused["error"], "unauthorized_client", "{refused}");
    let example = app.bootstrap.example.as_ref().unwrap().client_id.clone();
    for (path, change) in [
        (
            "/clients/app".to_owned(),
            json!({ "grants": ["authorization_code", "client_credentials"] }),
        ),
        (format!("/clients/{example}"), json!({ "auth_method": "none" })),
    ] {
        let answer = app.admin("PATCH", &path, Some(change)).await.is(422).json();
        assert!(answer["detail"].as_str().unwrap().starts_with("grants"), "{answer}");
    }
    app.post("/token", &format!("{GRANT}&client_id={example}")).await.is(401);
}

#[tokio::test]
async fn who_fails_to_authenticate_is_told_how() {
    let app = App::start().await;
    let id = app.bootstrap.example.as_ref().unwrap().client_id.clone();
    // Wrong secret, by Basic: 401 with the scheme that was used (RFC 6749 §5.2).
    let wrong = app.post_as("/token", &id, "wrong", GRANT).await.is(401);
    assert_eq!(wrong.json()["error"], "invalid_client");
    assert!(wrong.header("www-authenticate").starts_with("Basic realm="));
    // An unknown client reads the same, so that nobody can list clients.
    let unknown = app.post_as("/token", "nobody", "wrong", GRANT).await.is(401);
    let without_id = |answer: &crate::app::Answer| {
        let mut body = answer.json();
        body.as_object_mut().unwrap().remove("diagnosis");
        body
    };
    assert_eq!(without_id(&wrong), without_id(&unknown));
    // Nothing at all.
    let none = app.post("/token", GRANT).await.is(401);
    assert_eq!(none.json()["error"], "invalid_client");
    // The secret in the form of a client registered for Basic.
    let secret = app.bootstrap.example.as_ref().unwrap().client_secret.expose().to_owned();
    let form = format!("{GRANT}&client_id={id}&client_secret={}", encoded(&secret));
    let other_way = app.post("/token", &form).await;
    assert!(matches!(other_way.status.as_u16(), 200 | 401), "{}", other_way.body);
    // Headers that are no Basic credentials.
    for value in ["Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer abc", "Basic /////w=="] {
        let request = Request::post("/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", value)
            .body(Body::from(GRANT))
            .unwrap();
        let answer = app.send(request).await;
        assert!(matches!(answer.status.as_u16(), 400 | 401), "{value}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_secret_with_odd_characters_survives_both_encodings() {
    let app = App::start().await;
    // RFC 6749 §2.3.1: id and secret are form-encoded before Basic puts them together; the generated
    // ones need no encoding, and must work for the many clients that leave it out.
    let example = app.bootstrap.example.as_ref().unwrap();
    let plain = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        format!("{}:{}", example.client_id, example.client_secret.expose()),
    );
    let request = Request::post("/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", format!("bAsIc {plain}"))
        .body(Body::from(GRANT))
        .unwrap();
    app.send(request).await.is(200);
}

#[tokio::test]
async fn a_hundred_requests_at_once_cost_one_run_of_argon2() {
    let app = Arc::new(App::start().await);
    let before = app.figure("claviger_argon2_runs_total").await;
    let all: Vec<_> = (0..100)
        .map(|_| {
            let app = Arc::clone(&app);
            tokio::spawn(async move { app.example(GRANT).await.status })
        })
        .collect();
    for one in all {
        assert_eq!(one.await.unwrap(), 200);
    }
    let after = app.figure("claviger_argon2_runs_total").await;
    assert_eq!(after - before, 1.0);
    assert_eq!(
        app.figure("claviger_tokens_issued_total{grant=\"client_credentials\"}").await,
        100.0
    );
}

#[tokio::test]
async fn guessing_is_answered_429_and_the_good_client_goes_on() {
    let app = App::with(|config| config.limits.wrong_secrets_per_minute = 2).await;
    let id = app.bootstrap.example.as_ref().unwrap().client_id.clone();
    app.example(GRANT).await.is(200);
    for guess in ["a", "b"] {
        app.post_as("/token", &id, guess, GRANT).await.is(401);
    }
    let limited = app.post_as("/token", &id, "c", GRANT).await.is(429);
    assert!(limited.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert_ne!(limited.json()["error"], "invalid_client");
    app.example(GRANT).await.is(200);
}

#[tokio::test]
async fn forms_only_and_in_the_body_only() {
    let app = App::start().await;
    let json = Request::post("/token")
        .header("content-type", "application/json")
        .body(Body::from(r#"{"grant_type":"client_credentials"}"#))
        .unwrap();
    let answer = app.send(json).await.is(415);
    assert!(answer.json()["fix"].as_str().unwrap().contains("application/x-www-form-urlencoded"));
    // A charset is harmless.
    let example = app.bootstrap.example.as_ref().unwrap();
    let with_charset = Request::post("/token")
        .header("content-type", "application/x-www-form-urlencoded; charset=UTF-8")
        .header("authorization", basic(&example.client_id, example.client_secret.expose()))
        .body(Body::from(GRANT))
        .unwrap();
    app.send(with_charset).await.is(200);
    // RFC 6749 §2.3.1: never in the request URI, where logs keep it.
    let form = "grant_type=client_credentials";
    let in_query = app.post("/token?client_id=a&client_secret=b", form).await.is(400);
    assert_eq!(in_query.json()["error"], "invalid_request");
    // A body beyond the limit.
    let large = format!("{form}&x={}", "a".repeat(200_000));
    app.post("/token", &large).await.is(413);
    // Nothing but POST.
    let get = app.get("/token").await.is(405);
    assert_eq!(get.header("allow"), "POST, OPTIONS");
}

#[tokio::test]
async fn a_disabled_client_gets_nothing_and_its_tokens_are_revoked() {
    let app = App::start().await;
    let id = app.bootstrap.example.as_ref().unwrap().client_id.clone();
    app.example(GRANT).await.is(200);
    app.admin("PATCH", &format!("/clients/{id}"), Some(json!({ "disabled": true }))).await.is(200);
    let refused = app.example(GRANT).await.is(401);
    assert_eq!(refused.json()["error"], "invalid_client");
    let revoked = app.admin("GET", "/revocations", None).await.is(200).json();
    assert_eq!(revoked["items"][0]["kind"], "client");
    // And back.
    app.clock.advance(2);
    app.admin("PATCH", &format!("/clients/{id}"), Some(json!({ "disabled": false }))).await.is(200);
    app.example(GRANT).await.is(200);
}

#[tokio::test]
async fn several_resources_must_be_named_and_may_be_asked_together() {
    let app = App::start().await;
    for uri in ["https://a.test/", "urn:example:b"] {
        let draft = json!({ "uri": uri, "name": uri, "scopes": ["read"] });
        app.admin("POST", "/resources", Some(draft)).await.is(201);
    }
    let created = client(
        &app,
        json!({ "scopes": ["read"], "resources": ["https://a.test/", "urn:example:b"] }),
    )
    .await;
    let (id, secret) =
        (created["client_id"].as_str().unwrap(), created["client_secret"].as_str().unwrap());
    // Twice the same is one; a bare host is the same with and without its slash (RFC 3986 §6.2.3).
    let form = format!("{GRANT}&resource=https://a.test&resource=https://a.test/");
    let one = app.post_as("/token", id, secret, &form).await.is(200).json();
    assert_eq!(claims(one["access_token"].as_str().unwrap())["aud"], "https://a.test/");
    let form = format!("{GRANT}&resource=urn:example:b");
    let one = app.post_as("/token", id, secret, &form).await.is(200).json();
    assert_eq!(claims(one["access_token"].as_str().unwrap())["aud"], "urn:example:b");
}

/// Issuing goes on from memory for a moment; what cannot be known is "later", never the client's fault.
#[tokio::test]
async fn a_store_that_is_gone_is_said_honestly() {
    let app = App::start().await;
    let example = app.bootstrap.example.clone().unwrap();
    let secret = example.client_secret.expose().to_owned();
    let token = app.access_token().await;
    let App { authority, router, .. } = app;
    authority.close().await;
    let post = |path: &str, id: &str, form: &str| {
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", basic(id, &secret))
            .body(Body::from(form.to_owned()))
            .unwrap();
        let router = router.clone();
        async move { crate::app::send(&router, request).await }
    };
    post("/token", &example.client_id, GRANT).await.is(200);
    for (path, id, form) in [
        ("/token", "not-in-memory", GRANT.to_owned()),
        ("/revoke", &example.client_id, format!("token={token}")),
    ] {
        let answer = post(path, id, &form).await.is(503);
        assert_eq!(answer.json()["error"], "temporarily_unavailable", "{path}");
        assert!(!answer.header("retry-after").is_empty());
        assert!(!answer.body.contains("claviger.db"), "inner matters stay inside: {}", answer.body);
    }
    let ready = Request::get("/health/ready").body(Body::empty()).unwrap();
    crate::app::send(&router, ready).await.is(503);
    let live = Request::get("/health/live").body(Body::empty()).unwrap();
    crate::app::send(&router, live).await.is(200);
}

// ── private_key_jwt (RFC 7523) ───────────────────────────────────────────────────────────────

struct Signer {
    id: String,
    key: SigningKey,
}

impl Signer {
    async fn register(app: &App) -> Self {
        let key = keys::signing_as(Algorithm::Es256, "k1");
        let created = client(
            app,
            json!({ "auth_method": "private_key_jwt", "jwks": { "keys": [key.jwk()] } }),
        )
        .await;
        assert_eq!(created["client_secret"], Value::Null);
        Self { id: created["client_id"].as_str().unwrap().to_owned(), key }
    }

    fn claims(&self, jti: &str) -> Value {
        json!({
            "iss": self.id, "sub": self.id, "aud": ISSUER, "jti": jti,
            "iat": NOW, "exp": NOW + 60,
        })
    }

    fn form(&self, claims: &Value) -> String {
        let assertion = self.key.seal("JWT", claims).unwrap();
        format!(
            "{GRANT}&client_assertion_type={}&client_assertion={assertion}",
            encoded(ASSERTION_TYPE)
        )
    }
}

/// A client for the example resource.
async fn client(app: &App, more: Value) -> Value {
    let resource = app.bootstrap.example.as_ref().unwrap().resource.clone();
    let mut draft = json!({
        "name": "test client", "scopes": ["orders:read"], "resources": [resource],
    });
    for (name, value) in more.as_object().unwrap() {
        draft[name] = value.clone();
    }
    app.admin("POST", "/clients", Some(draft)).await.is(201).json()
}

#[tokio::test]
async fn a_signed_assertion_authenticates_once() {
    let app = App::start().await;
    let signer = Signer::register(&app).await;
    let form = signer.form(&signer.claims("one"));
    app.post("/token", &form).await.is(200);
    // RFC 7523 §3, item 7: the same assertion again.
    let replayed = app.post("/token", &form).await.is(401).json();
    assert_eq!(replayed["error"], "invalid_client", "{replayed}");
    // The token endpoint as audience is the older form, and still common.
    let mut claims = signer.claims("two");
    claims["aud"] = json!(format!("{ISSUER}/token"));
    app.post("/token", &signer.form(&claims)).await.is(200);
    // RFC 9126 §2: at the endpoint for pushed requests its own address must do as well, and there alone.
    let mut claims = signer.claims("pushed");
    claims["aud"] = json!(format!("{ISSUER}/par"));
    let form = signer.form(&claims);
    let elsewhere = app.post("/token", &form).await.is(401).json();
    assert!(elsewhere["fix"].as_str().unwrap().contains("set `aud` to `"), "{elsewhere}");
    assert_eq!(app.post("/par", &form).await.is(400).json()["code"], "redirect-none");
    // The client id may stand beside it, and must agree.
    let form = format!("{}&client_id={}", signer.form(&signer.claims("three")), signer.id);
    app.post("/token", &form).await.is(200);
    let form = format!("{}&client_id=other", signer.form(&signer.claims("four")));
    let refused = app.post("/token", &form).await;
    assert!(matches!(refused.status.as_u16(), 400 | 401), "{}", refused.body);
}

#[tokio::test]
async fn of_many_uses_at_once_of_an_assertion_one_succeeds() {
    let app = Arc::new(App::start().await);
    let signer = Signer::register(&app).await;
    let form = Arc::new(signer.form(&signer.claims("raced")));
    let all: Vec<_> = (0..20)
        .map(|_| {
            let (app, form) = (Arc::clone(&app), Arc::clone(&form));
            tokio::spawn(async move { app.post("/token", &form).await.status.as_u16() })
        })
        .collect();
    let mut statuses = Vec::new();
    for one in all {
        statuses.push(one.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 19, "{statuses:?}");
}

#[tokio::test]
async fn a_bad_assertion_is_told_what_is_wrong_with_it() {
    let app = App::start().await;
    let signer = Signer::register(&app).await;
    let changes: [(&str, Value); 9] = [
        ("aud", json!("https://elsewhere.test")),
        ("aud", Value::Null),
        ("iss", json!("someone")),
        ("sub", json!("someone")),
        ("exp", json!(NOW - 120)),
        ("exp", Value::Null),
        ("exp", json!(NOW + 86_400)),
        ("iat", json!(NOW + 3600)),
        ("jti", Value::Null),
    ];
    let mut descriptions = Vec::new();
    for (index, (name, value)) in changes.iter().enumerate() {
        let mut claims = signer.claims(&format!("bad {index}"));
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(*name);
        } else {
            claims[*name] = value.clone();
        }
        let answer = app.post("/token", &signer.form(&claims)).await.is(401);
        let body = answer.json();
        assert_eq!(body["error"], "invalid_client", "{name}: {body}");
        descriptions.push(body["error_description"].as_str().unwrap().to_owned());
    }
    // Another's key, and no signature at all.
    let stranger = keys::other_signing(Algorithm::Es256, "k1");
    let forged = Signer { id: signer.id.clone(), key: stranger };
    app.post("/token", &forged.form(&signer.claims("forged"))).await.is(401);
    let unsigned = {
        let good = signer.form(&signer.claims("unsigned"));
        good[..=good.rfind('.').unwrap()].to_owned()
    };
    app.post("/token", &unsigned).await.is(401);
    // Garbage, and the wrong type.
    let typed = format!("{GRANT}&client_assertion_type={}", encoded(ASSERTION_TYPE));
    for assertion in ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
        let answer = app.post("/token", &format!("{typed}&client_assertion={assertion}")).await;
        assert!(matches!(answer.status.as_u16(), 400 | 401), "{assertion}: {}", answer.body);
    }
    let other_type = format!(
        "{GRANT}&client_assertion_type=urn:x&client_assertion={}",
        signer.key.seal("JWT", &signer.claims("typed")).unwrap()
    );
    app.post("/token", &other_type).await.is(400);
    // Distinct causes read differently.
    descriptions.sort();
    descriptions.dedup();
    assert!(descriptions.len() >= 5, "{descriptions:?}");
}
