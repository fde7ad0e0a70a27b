//! Tokens that are bound to a key, and requests that are pushed, through clients nobody here wrote.

use claviger_testkit::{Sink, keys};
use claviger_token::Algorithm;
use serde_json::json;

use crate::clients::drive;
use crate::nginx::Nginx;
use crate::people::{PASSWORD, with_person};
use crate::stage::{Authority, Gate, assert_unseen, file};
use crate::tools::driver;

const ORDERS: &str = "https://orders.example";

#[test]
fn openid_client_and_oauth4webapi_bind_their_tokens_and_push_their_requests() {
    let Some(driver) = driver("bound_tokens.mjs") else { return };
    let authority = Authority::start();
    let folder = tempfile::tempdir().unwrap();
    let jwks = keys::jwks(&[keys::signing_as(Algorithm::Es256, "signer-1")]);
    let jwks = file(folder.path(), "signer.jwks", jwks.to_string());
    with_person(&authority);
    let api = ["resource", "create", ORDERS, "--scope", "orders:read"];
    authority.administer(&[&api[..], &["--introspector", "orders-api"]].concat());
    let common = ["--resource", ORDERS, "--scope", "orders:read"];
    let app =
        ["client", "create", "app", "--public", "--redirect-uri", "http://127.0.0.1/callback"];
    let more = ["--scope", "openid", "--par", "--dpop"];
    let app = authority.administer(&[&app[..], &common, &more].concat());
    assert_eq!(app["require_pushed_authorization_requests"], true, "{app}");
    assert_eq!(app["dpop_bound_access_tokens"], true, "{app}");
    let signer = ["client", "create", "signer", "--jwks", &jwks, "--dpop"];
    authority.administer(&[&signer[..], &common].concat());
    let introspector = authority.register("orders-api", ORDERS, "orders:read");
    let done = drive(
        driver,
        &json!({
            "issuer": authority.issuer, "app": {"id": "app"},
            "signer": {
                "id": "signer", "kid": "signer-1", "key": keys::private_pem(Algorithm::Es256),
            },
            "introspector": introspector.json(), "redirect": "http://127.0.0.1:4711/callback",
            "resource": ORDERS, "scope": "openid orders:read", "username": "ada",
            "password": PASSWORD,
        }),
    );
    assert_eq!(done["ok"], true);
    let log = authority.log();
    assert_unseen(&log, done["bound"].as_str().unwrap(), "the authority's log");
    assert!(!log.contains("clv_rt_") && !log.contains(PASSWORD), "{log}");
}

#[test]
fn openid_client_and_oauth4webapi_call_an_api_behind_the_gate_with_proofs() {
    let Some(driver) = driver("bound_api.mjs") else { return };
    let (authority, sink) = (Authority::start(), Sink::start());
    let gate = |further: &[&str]| {
        Gate::start(&sink.url(), &authority.issuer, &authority.resource, further)
    };
    let (plain, strict) = (gate(&[]), gate(&["--dpop-nonces"]));
    // Behind a stock nginx that asks about each request, with and without nonces.
    let trusting = gate(&["--trusted-proxy", "127.0.0.1"]);
    let both = gate(&["--trusted-proxy", "127.0.0.0/8", "--dpop-nonces"]);
    let mut apis = vec![
        json!({ "url": format!("{}/", plain.url), "nonces": false }),
        json!({ "url": format!("{}/", strict.url), "nonces": true }),
    ];
    let nginx = |gate: &Gate| {
        Nginx::start("nginx.conf", &[("GATE", gate.url.as_str()), ("UPSTREAM", &sink.url())])
    };
    let proxies = [(nginx(&trusting), false), (nginx(&both), true)];
    for (nginx, nonces) in &proxies {
        if let Some(nginx) = nginx {
            apis.push(json!({ "url": format!("{}/", nginx.url), "nonces": nonces }));
        }
    }
    let done = drive(
        driver,
        &json!({
            "issuer": authority.issuer, "client": authority.client.json(),
            "resource": authority.resource, "scope": authority.scope, "apis": apis,
        }),
    );
    assert_eq!(done["ok"], true);
    for gate in [&plain, &strict, &trusting, &both] {
        assert_unseen(&gate.log(), done["bound"].as_str().unwrap(), "a gate's log");
    }
}
