//! Clients that publish their keys at an address: fetched, remembered, asked for again when they rotate, and reached on
//! the public Internet only.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_authority::RegistrationMode;
use claviger_testkit::pki::self_signed;
use claviger_testkit::scripted::{Reply, Scripted};
use claviger_testkit::{keys, mint_with};
use claviger_token::{Algorithm, SigningKey};
use serde_json::{Value, json};

use crate::app::{Answer, App, ISSUER, form_request};
use crate::journal::entry;
use crate::people::{API, Browser, REDIRECT, query, redeem, redemption, text, with_people};
use crate::registration::register;

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Where a client publishes its keys.
struct Shelf {
    server: Scripted,
    reply: Arc<Mutex<Reply>>,
}

impl Shelf {
    fn start() -> Self {
        let reply = Arc::new(Mutex::new(Reply::status(404)));
        let held = Arc::clone(&reply);
        Self { server: Scripted::start(move |_| held.lock().unwrap().clone()), reply }
    }

    fn uri(&self) -> String {
        format!("{}/jwks.json", self.server.url())
    }

    fn publishes(&self, keys: &Value) {
        self.answers(Reply::status(200).body("application/json", keys.to_string()));
    }

    fn answers(&self, reply: Reply) {
        *self.reply.lock().unwrap() = reply;
    }

    fn asked(&self) -> usize {
        self.server.heard().len()
    }
}

fn key(kid: &str) -> SigningKey {
    keys::signing_as(Algorithm::Es256, kid)
}

fn stranger(kid: &str) -> SigningKey {
    keys::other_signing(Algorithm::Es256, kid)
}

async fn stage(on_loopback: bool) -> App {
    App::with(|config| {
        config.registration.danger_client_addresses_on_loopback = on_loopback;
        config.registration.mode = RegistrationMode::Open;
        config.registration.resources = vec![API.to_owned()];
        config.trusted_proxy = true;
        config.tls.client_certificate_header = Some("x-client-cert".into());
    })
    .await
}

async fn worker(app: &App, shelf: &Shelf) {
    let draft = json!({
        "client_id": "worker", "auth_method": "private_key_jwt", "jwks_uri": shelf.uri(),
        "resources": [API], "scopes": ["orders:read"],
    });
    let made = app.admin("POST", "/clients", Some(draft)).await.is(201).json();
    assert_eq!((&made["jwks_uri"], &made["jwks"]), (&json!(shelf.uri()), &Value::Null));
}

async fn prove(app: &App, client: &str, key: &SigningKey) -> Answer {
    let now = app.clock.now();
    let claims = json!({
        "iss": client, "sub": client, "aud": ISSUER, "iat": now, "exp": now + 60,
        "jti": claviger_token::base64url::encode(aws_lc_rs::digest::digest(
            &aws_lc_rs::digest::SHA256,
            format!("{:?}", std::time::Instant::now()).as_bytes(),
        )),
    });
    let assertion = mint_with(key, &json!({ "typ": "client-authentication+jwt" }), &claims);
    let form = query(&[
        ("grant_type", "client_credentials"),
        ("client_assertion_type", ASSERTION),
        ("client_assertion", &assertion),
    ]);
    app.post("/token", &form).await
}

#[tokio::test]
async fn published_keys_prove_a_client_and_a_new_one_is_found_at_once() {
    let (app, shelf) = (stage(true).await, Shelf::start());
    shelf.publishes(&keys::jwks(&[key("one")]));
    worker(&app, &shelf).await;
    assert_eq!(shelf.asked(), 0, "nothing is fetched before it is needed");
    for _ in 0..5 {
        prove(&app, "worker", &key("one")).await.is(200);
    }
    assert_eq!(shelf.asked(), 1);
    // The client turns its keys: the new one is unknown here, so the set is asked for again.
    app.clock.advance(61);
    shelf.publishes(&keys::jwks(&[stranger("two")]));
    prove(&app, "worker", &stranger("two")).await.is(200);
    assert_eq!(shelf.asked(), 2);
    // The old one is over with that.
    let refused = prove(&app, "worker", &key("one")).await.is(401).json();
    assert_eq!(refused["code"], "client-refused");
    // A wrong key is reason to ask again once a minute, however many come with one.
    for _ in 0..20 {
        prove(&app, "worker", &key("one")).await.is(401);
    }
    assert_eq!(shelf.asked(), 2);
    app.clock.advance(61);
    for _ in 0..20 {
        prove(&app, "worker", &key("one")).await.is(401);
    }
    assert_eq!(shelf.asked(), 3);
    prove(&app, "worker", &stranger("two")).await.is(200);
    // The operator learns which key it was.
    let found = entry(&app, refused["diagnosis"].as_str().unwrap()).await;
    assert!(text(&found["evidence"], "inside").contains("one"), "{found}");
}

#[tokio::test]
async fn what_cannot_be_had_is_said_and_is_not_asked_for_again_at_once() {
    let (app, shelf) = (stage(true).await, Shelf::start());
    worker(&app, &shelf).await;
    let good = keys::jwks(&[key("one")]);
    let large = json!({ "keys": good["keys"], "x": "a".repeat(66_000) }).to_string();
    for (reply, status, code) in [
        (Reply::status(404), 503, "client-keys-unreachable"),
        (
            Reply::status(302).with("location", "http://127.0.0.1:1/"),
            503,
            "client-keys-unreachable",
        ),
        (Reply::status(200).body("text/html", "<html>"), 503, "client-keys-unreachable"),
        (Reply::status(200).body("application/json", large), 503, "client-keys-unreachable"),
        (Reply::status(200).body("application/json", "{\"keys\":[]}"), 401, "client-keys-refused"),
    ] {
        shelf.answers(reply.clone());
        let before = shelf.asked();
        for _ in 0..3 {
            let refused = prove(&app, "worker", &key("one")).await.is(status).json();
            assert_eq!(refused["code"], code, "{reply:?}");
            assert!(text(&refused, "error_description").contains("jwks_uri"), "{refused}");
            assert!(!text(&refused, "fix").is_empty());
        }
        assert_eq!(shelf.asked(), before + 1, "{reply:?}");
        // What is wrong with the request itself is said without asking anybody.
        let form = query(&[
            ("grant_type", "client_credentials"),
            ("client_assertion_type", ASSERTION),
            ("client_assertion", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ3b3JrZXIifQ."),
        ]);
        app.post("/token", &form).await.is(401);
        app.clock.advance(400);
    }
    // The pauses grow with each failure, up to some minutes: 10, 20, 40 seconds and on.
    shelf.answers(Reply::status(500));
    prove(&app, "worker", &key("one")).await.is(503);
    let before = shelf.asked();
    for _ in 0..60 {
        app.clock.advance(10);
        prove(&app, "worker", &key("one")).await.is(503);
    }
    assert_eq!(shelf.asked() - before, 1, "ten minutes, after half a dozen failures");
    app.clock.advance(321);
    shelf.publishes(&good);
    prove(&app, "worker", &key("one")).await.is(200);
    // A set that was good goes on counting while its server is down, for as long as it said.
    shelf.answers(Reply::status(500));
    app.clock.advance(120);
    prove(&app, "worker", &stranger("two")).await.is(401);
    prove(&app, "worker", &key("one")).await.is(200);
    app.clock.advance(3600);
    prove(&app, "worker", &key("one")).await.is(503);
}

#[tokio::test]
async fn no_address_of_a_client_leads_inside() {
    let (app, shelf) = (stage(false).await, Shelf::start());
    shelf.publishes(&keys::jwks(&[key("one")]));
    worker(&app, &shelf).await;
    let refused = prove(&app, "worker", &key("one")).await.is(503).json();
    assert_eq!(refused["code"], "client-keys-unreachable");
    assert_eq!(shelf.asked(), 0);
    // Nobody registers such an address, either.
    for (name, uri) in [
        ("jwks_uri", shelf.uri()),
        ("backchannel_logout_uri", shelf.uri()),
        ("jwks_uri", "https://user@app.example/jwks".to_owned()),
        ("backchannel_logout_uri", "https://app.example/bc#x".to_owned()),
    ] {
        let mut body = confidential();
        body["jwks_uri"] = json!("https://app.example/jwks");
        body[name] = json!(uri);
        let refused = register(&app, None, &body).await.is(400).json();
        assert_eq!(refused["error"], "invalid_client_metadata");
        assert!(text(&refused, "error_description").contains(name), "{refused}");
    }
    // Written as a name or an address, what is inside is not asked.
    for host in ["localhost", "127.0.0.1", "10.0.0.1", "[::1]", "169.254.169.254"] {
        let mut body = confidential();
        body["jwks_uri"] = json!(format!("https://{host}/jwks"));
        let made = register(&app, None, &body).await.is(201).json();
        let refused = prove(&app, &text(&made, "client_id"), &key("one")).await.is(503).json();
        assert!(text(&refused, "error_description").contains("public"), "{refused}");
    }
}

fn confidential() -> Value {
    json!({
        "client_name": "Shop", "redirect_uris": [REDIRECT], "grant_types": ["authorization_code"],
        "token_endpoint_auth_method": "private_key_jwt", "scope": "openid orders:read",
    })
}

/// A person's code is redeemed by a client that registered itself with its address of keys.
#[tokio::test]
async fn a_registered_client_proves_itself_by_the_keys_that_it_publishes() {
    let (app, shelf) = (stage(true).await, Shelf::start());
    with_people(&app).await;
    shelf.publishes(&keys::jwks(&[key("one")]));
    let mut body = confidential();
    body["jwks_uri"] = json!(shelf.uri());
    let made = register(&app, None, &body).await.is(201).json();
    assert_eq!(made["jwks_uri"], shelf.uri());
    assert!(made.get("client_secret").is_none(), "{made}");
    let id = text(&made, "client_id");
    let code = Browser::default().code(&app, &[("client_id", &id)]).await;
    for (key, status) in [(stranger("one"), 401), (key("one"), 200)] {
        let now = app.clock.now();
        let jti = format!("redeem-{status}");
        let claims =
            json!({"iss": id, "sub": id, "aud": ISSUER, "iat": now, "exp": now + 60, "jti": jti});
        let assertion = mint_with(&key, &json!({ "typ": "JWT" }), &claims);
        let proof = [
            ("client_id", id.as_str()),
            ("client_assertion_type", ASSERTION),
            ("client_assertion", &assertion),
        ];
        redeem(&app, &code, &proof).await.is(status);
    }
}

/// RFC 8705 §2: by what a certificate of a known authority says, or by one of its own.
#[tokio::test]
async fn clients_register_themselves_with_a_certificate() {
    let (app, shelf) = (stage(true).await, Shelf::start());
    let (own, other) = (self_signed("shop"), self_signed("shop"));
    let mut set = keys::jwks(&[key("one")]);
    set["keys"][0]["x5c"] = json!([STANDARD.encode(&own.der)]);
    let token = async |client: &str, certificate: &[u8]| {
        let form = redemption("made-up", &[("client_id", client)]);
        let request = form_request("/token").header("x-client-cert", STANDARD.encode(certificate));
        text(&app.send(request.body(Body::from(form)).unwrap()).await.json(), "error")
    };
    shelf.publishes(&set);
    for (name, value) in [("jwks", set.clone()), ("jwks_uri", json!(shelf.uri()))] {
        let mut body = confidential();
        body["token_endpoint_auth_method"] = json!("self_signed_tls_client_auth");
        body["tls_client_certificate_bound_access_tokens"] = json!(true);
        body[name] = value;
        let made = register(&app, None, &body).await.is(201).json();
        assert_eq!(made["tls_client_certificate_bound_access_tokens"], true);
        let id = text(&made, "client_id");
        // Who it is was believed; the code was not.
        assert_eq!(token(&id, &own.der).await, "invalid_grant", "{name}");
        assert_eq!(token(&id, &other.der).await, "invalid_client", "{name}");
    }
    let mut body = confidential();
    body["token_endpoint_auth_method"] = json!("tls_client_auth");
    body["tls_client_auth_san_dns"] = json!("shop.example");
    let made = register(&app, None, &body).await.is(201).json();
    assert_eq!(made["tls_client_auth_san_dns"], "shop.example");
    // Nobody vouches for a certificate that anybody can make.
    assert_eq!(token(&text(&made, "client_id"), &own.der).await, "invalid_client");
    for (name, value) in [
        ("tls_client_auth_subject_dn", json!("CN=shop")),
        ("tls_client_auth_san_dns", json!("*.example")),
        ("tls_client_auth_san_dns", Value::Null),
    ] {
        let mut bad = body.clone();
        bad[name] = value;
        let refused = register(&app, None, &bad).await.is(400).json();
        assert_eq!(refused["error"], "invalid_client_metadata", "{name}: {refused}");
    }
    // Where no certificate reaches the authority the method is not served.
    let plain = App::with(|config| config.registration.mode = RegistrationMode::Open).await;
    let refused = register(&plain, None, &body).await.is(400).json();
    assert!(text(&refused, "error_description").contains("token_endpoint_auth_method"));
}
