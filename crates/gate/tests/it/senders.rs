//! Tokens that are bound to a key or a certificate, and what proves it (RFC 9449, RFC 8705).

use claviger_gate::GateConfig;
use claviger_testkit::mint::proof;
use claviger_testkit::{Answer, Ask, keys, now, pki};
use claviger_token::{Algorithm, SigningKey, certificate};
use serde_json::{Value, json};

use crate::{API, Scene, reached, scene, scene_with};

fn key() -> SigningKey {
    keys::signing(Algorithm::EdDsa)
}

fn bound(scene: &Scene, changes: &Value) -> String {
    let jkt = key().public().unwrap().thumbprint().to_owned();
    let claims = claviger_testkit::mint::with(json!({ "cnf": { "jkt": jkt } }), changes);
    scene.issuer.mint(API, &claims)
}

fn with_proof(ask: Ask, token: &str, proof: &str) -> Answer {
    ask.header("Authorization", format!("DPoP {token}")).header("DPoP", proof).send()
}

#[track_caller]
fn refused<'a>(answer: &'a Answer, code: &str) -> &'a str {
    assert_eq!((answer.status, answer.header("claviger-code")), (401, Some(code)));
    answer.header("www-authenticate").unwrap()
}

#[test]
fn a_bound_token_passes_with_the_proof_of_its_key_and_each_proof_once() {
    let scene = scene();
    let token = bound(&scene, &json!({}));
    let url = format!("{}/orders", scene.gate.url);
    let get = |proof: &str| with_proof(scene.get("/orders?state=open"), &token, proof);
    let first = proof(&key(), "GET", &url, &token, &json!({}));
    let good = get(&first);
    assert_eq!(good.status, 200, "{}", good.text());
    assert_eq!(reached(&good.json(), "dpop"), [first.as_str()]);
    assert_eq!(reached(&good.json(), "claviger-subject"), ["example-client"]);
    // The token is remembered now; the proof is asked for all the same, and a new one each time.
    let challenge = get(&first);
    let challenge = refused(&challenge, "sender-proof-invalid");
    assert!(challenge.starts_with(r#"DPoP error="invalid_token""#), "{challenge}");
    assert!(challenge.contains("algs=\"") && challenge.contains("ES256"), "{challenge}");
    let none = scene.get("/orders").header("Authorization", format!("DPoP {token}")).send();
    refused(&none, "sender-proof-missing");
    assert_eq!(get(&proof(&key(), "GET", &url, &token, &json!({}))).status, 200);
    let with_query = format!("{url}?state=open");
    assert_eq!(get(&proof(&key(), "GET", &with_query, &token, &json!({}))).status, 200);
    assert_eq!(scene.sink.requests(), 3);
}

#[test]
fn a_proof_for_anything_else_does_not_pass() {
    let scene = scene();
    let token = bound(&scene, &json!({}));
    let (other, url) = (bound(&scene, &json!({ "jti": "other" })), format!("{}/a", scene.gate.url));
    let stranger = keys::signing(Algorithm::Es256);
    let old = now() - 400;
    for (what, proof) in [
        ("another method", proof(&key(), "POST", &url, &token, &json!({}))),
        ("another path", proof(&key(), "GET", &format!("{url}/b"), &token, &json!({}))),
        ("another host", proof(&key(), "GET", "http://api.example/a", &token, &json!({}))),
        ("another token", proof(&key(), "GET", &url, &other, &json!({}))),
        ("no token", proof(&key(), "GET", &url, &token, &json!({ "ath": null }))),
        ("another key: the token is stolen", proof(&stranger, "GET", &url, &token, &json!({}))),
        ("old", proof(&key(), "GET", &url, &token, &json!({ "iat": old }))),
        ("no id", proof(&key(), "GET", &url, &token, &json!({ "jti": null }))),
        ("no proof", "x".to_owned()),
    ] {
        let answer = with_proof(scene.get("/a"), &token, &proof);
        assert_eq!(answer.header("claviger-code"), Some("sender-proof-invalid"), "{what}");
        assert_eq!(answer.status, 401, "{what}");
    }
    let good = || proof(&key(), "GET", &url, &token, &json!({}));
    let twice = scene.get("/a").header("DPoP", good());
    refused(&with_proof(twice, &token, &good()), "sender-proof-invalid");
    assert_eq!(scene.sink.requests(), 0);
}

#[test]
fn scheme_and_bond_belong_together() {
    let scene = scene();
    let token = bound(&scene, &json!({}));
    let url = format!("{}/a", scene.gate.url);
    let good = proof(&key(), "GET", &url, &token, &json!({}));
    // What is bound is no bearer token, whatever comes with it.
    let bearer = scene.get("/a").bearer(&token).header("DPoP", &good).send();
    let challenge = refused(&bearer, "sender-proof-missing");
    assert!(challenge.starts_with("DPoP "), "{challenge}");
    let unbound = scene.token();
    let own = proof(&key(), "GET", &url, &unbound, &json!({}));
    let challenge = with_proof(scene.get("/a"), &unbound, &own);
    assert!(refused(&challenge, "scheme-wrong").starts_with("Bearer"));
    let unknown = scene.issuer.mint(API, &json!({ "cnf": { "jwk": {} } }));
    refused(&scene.get("/a").bearer(&unknown).send(), "sender-proof-missing");
    // What is wrong with the token itself comes first, and nobody without the key learns what it lacks.
    let old = now() - 1000;
    let expired = bound(&scene, &json!({ "iat": old, "exp": old + 300 }));
    let challenge = with_proof(scene.get("/a"), &expired, &good);
    assert!(refused(&challenge, "expired").starts_with("DPoP "));
    let lacking = scene_with(|config| GateConfig { scopes: vec!["write".into()], ..config });
    let token = bound(&lacking, &json!({}));
    let url = format!("{}/a", lacking.gate.url);
    let stolen = proof(&keys::signing(Algorithm::Es256), "GET", &url, &token, &json!({}));
    refused(&with_proof(lacking.get("/a"), &token, &stolen), "sender-proof-invalid");
    let own = proof(&key(), "GET", &url, &token, &json!({}));
    let answer = with_proof(lacking.get("/a"), &token, &own);
    assert_eq!((answer.status, answer.header("claviger-code")), (403, Some("scope-insufficient")));
    assert!(answer.header("www-authenticate").unwrap().contains(r#"scope="write""#));
}

#[test]
fn who_brings_no_token_is_told_of_both_schemes() {
    let answer = scene().get("/a").send();
    let challenge = refused(&answer, "credential-missing").to_owned();
    assert!(challenge.starts_with("Bearer ") && challenge.contains(", DPoP algs="), "{challenge}");
}

#[test]
fn nonces_are_asked_for_and_renewed_where_they_are_on() {
    let scene = scene_with(|config| GateConfig { dpop_nonces: true, ..config });
    let token = bound(&scene, &json!({}));
    let url = format!("{}/a", scene.gate.url);
    let ask = |nonce: Value| {
        with_proof(scene.get("/a"), &token, &proof(&key(), "GET", &url, &token, &nonce))
    };
    for wrong in [json!({}), json!({ "nonce": "made-up" })] {
        let challenge = ask(wrong);
        let challenge = refused(&challenge, "sender-proof-invalid");
        assert!(challenge.starts_with(r#"DPoP error="use_dpop_nonce""#), "{challenge}");
    }
    let first = ask(json!({}));
    let nonce = first.header("dpop-nonce").unwrap();
    let exposed = first.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("DPoP-Nonce"), "{exposed}");
    let good = ask(json!({ "nonce": nonce }));
    assert_eq!(good.status, 200, "{}", good.text());
    assert!(good.header("dpop-nonce").is_some());
    // Bearer tokens hear nothing of it.
    let plain = scene.get("/a").bearer(&scene.token()).send();
    assert_eq!((plain.status, plain.header("dpop-nonce")), (200, None));
}

#[test]
fn the_address_is_the_clients_as_the_operator_or_a_trusted_proxy_says() {
    let url = "https://api.example/v1/orders";
    let ask = |scene: &Scene, token: &str| {
        let proof = proof(&key(), "GET", url, token, &json!({}));
        let through = scene
            .get("/orders")
            .header("X-Forwarded-Proto", "https")
            .header("X-Forwarded-Host", "api.example");
        with_proof(through, token, &proof).status
    };
    let told = Some("https://api.example/v1/".to_owned());
    let configured = scene_with(|config| GateConfig { public_url: told, ..config });
    assert_eq!(ask(&configured, &bound(&configured, &json!({}))), 200);
    let plain = scene();
    assert_eq!(ask(&plain, &bound(&plain, &json!({}))), 401, "anybody can write these headers");
    let trusting = scene_with(trusting);
    let token = bound(&trusting, &json!({}));
    assert_eq!(ask(&trusting, &token), 401, "the path is another");
    let proof = proof(&key(), "GET", "https://api.example/orders", &token, &json!({}));
    let through = trusting
        .get("/orders")
        .header("X-Forwarded-Proto", "https")
        .header("X-Forwarded-For", "203.0.113.9")
        .header("X-Forwarded-Host", "api.example");
    let good = with_proof(through, &token, &proof);
    assert_eq!(good.status, 200, "{}", good.text());
    // The API is told what the trusted proxy said.
    let shown = good.json();
    assert_eq!(reached(&shown, "x-forwarded-for"), ["203.0.113.9"]);
    assert_eq!(reached(&shown, "x-forwarded-proto"), ["https"]);
    assert_eq!(reached(&shown, "x-forwarded-host"), ["api.example"]);
}

fn trusting(config: GateConfig) -> GateConfig {
    GateConfig {
        trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()],
        client_certificate_header: Some("client-cert".parse().unwrap()),
        ..config
    }
}

#[test]
fn forward_auth_judges_the_proof_of_the_original_request() {
    let judged = |scene: &Scene, token: &str, method: &str, uri: &str| {
        let proof = proof(&key(), "POST", "https://api.example/orders", token, &json!({}));
        let question = scene
            .get("/_claviger/auth")
            .header("X-Forwarded-Proto", "https")
            .header("X-Forwarded-Host", "api.example")
            .header("X-Original-Method", method)
            .header("X-Original-URI", uri);
        with_proof(question, token, &proof).status
    };
    let scene = scene_with(trusting);
    let token = bound(&scene, &json!({}));
    assert_eq!(judged(&scene, &token, "POST", "/orders?x=1"), 204);
    assert_eq!(judged(&scene, &token, "GET", "/orders"), 401);
    assert_eq!(judged(&scene, &token, "POST", "/invoices"), 401);
    let closed = crate::scene();
    let token = bound(&closed, &json!({}));
    assert_eq!(judged(&closed, &token, "POST", "/orders"), 401, "nobody vouches for the headers");
}

#[test]
fn a_token_bound_to_a_certificate_passes_with_that_certificate_alone() {
    let (own, other) = (pki::self_signed("client"), pki::self_signed("other"));
    let escaped = |issued: &pki::Issued| -> String {
        issued.certificate.bytes().map(|byte| format!("%{byte:02X}")).collect()
    };
    let to_own = json!({ "cnf": { "x5t#S256": certificate::thumbprint(&own.der) } });
    let scene = scene_with(trusting);
    let token = scene.issuer.mint(API, &to_own);
    let ask = |scene: &Scene, token: &str, certificate: Option<&pki::Issued>| {
        let ask = scene.get("/a").bearer(token);
        match certificate {
            Some(issued) => ask.header("Client-Cert", escaped(issued)).send(),
            None => ask.send(),
        }
    };
    let good = ask(&scene, &token, Some(&own));
    assert_eq!(good.status, 200, "{}", good.text());
    let stolen = ask(&scene, &token, Some(&other));
    assert!(refused(&stolen, "sender-proof-invalid").starts_with("Bearer "));
    refused(&ask(&scene, &token, None), "sender-proof-missing");
    assert_eq!(ask(&scene, &scene.token(), Some(&other)).status, 200, "binds nothing by itself");
    // From whom nobody trusts the header is a client's invention: it proves nothing and goes no further.
    let closed = scene_with(|config| GateConfig {
        trusted_proxies: vec!["192.0.2.1".parse().unwrap()],
        ..trusting(config)
    });
    let token = closed.issuer.mint(API, &to_own);
    refused(&ask(&closed, &token, Some(&own)), "sender-proof-missing");
    let plain = ask(&closed, &closed.token(), Some(&own));
    assert_eq!(plain.status, 200);
    assert!(reached(&plain.json(), "client-cert").is_empty());
}

#[test]
fn a_gate_for_bound_tokens_takes_no_others() {
    let scene = scene_with(|config| GateConfig { bound_tokens_only: true, ..config });
    for unbound in [scene.token(), scene.issuer.mint(API, &json!({ "cnf": Value::Null }))] {
        let answer = scene.get("/a").bearer(&unbound).send();
        assert!(refused(&answer, "claim-mismatch").starts_with("DPoP "));
    }
    let (token, url) = (bound(&scene, &json!({})), format!("{}/a", scene.gate.url));
    let own = proof(&key(), "GET", &url, &token, &json!({}));
    assert_eq!(with_proof(scene.get("/a"), &token, &own).status, 200);
    let metadata = scene.get("/.well-known/oauth-protected-resource").send().json();
    assert_eq!(metadata["dpop_bound_access_tokens_required"], true);
}

#[test]
fn the_metadata_say_what_can_be_proven() {
    let read = |scene: &Scene| scene.get("/.well-known/oauth-protected-resource").send().json();
    let plain = read(&scene());
    let algorithms = plain["dpop_signing_alg_values_supported"].as_array().unwrap();
    assert!(algorithms.contains(&json!("ES256")) && !algorithms.contains(&json!("HS256")));
    assert_eq!(plain["tls_client_certificate_bound_access_tokens"], false);
    assert_eq!(plain["dpop_bound_access_tokens_required"], false);
    assert_eq!(read(&scene_with(trusting))["tls_client_certificate_bound_access_tokens"], true);
}
