//! OAuth clients nobody here wrote obtain, introspect and revoke tokens; validators nobody here
//! wrote verify them.

use std::process::Command;

use claviger_testkit::{Answer, Ask, Process, Reply, Scripted, keys, mint_with, now};
use claviger_token::{Algorithm, SigningKey};
use serde_json::{Value, json};

use crate::stage::{Authority, Party, assert_unseen, file};
use crate::tools::driver;

const ORDERS: &str = "https://orders.example";

/// An authority with an API `orders`, an application that may use it, and the API's own client that
/// may introspect its tokens.
struct Scene {
    authority: Authority,
    application: Party,
    introspector: Party,
}

impl Scene {
    fn new() -> Self {
        let authority = Authority::start();
        authority.administer(&[
            "resource",
            "create",
            ORDERS,
            "--scope",
            "orders:read",
            "--scope",
            "orders:write",
            "--introspector",
            "orders-api",
        ]);
        let application = authority.register("shop", ORDERS, "orders:read");
        let introspector = authority.register("orders-api", ORDERS, "orders:read");
        Self { authority, application, introspector }
    }

    fn metadata(&self) -> Value {
        Ask::get(&self.authority.url("/.well-known/oauth-authorization-server")).send().json()
    }
}

/// Runs a driver to its end and returns the JSON line that it prints when all of it held.
pub(crate) fn drive(mut driver: Command, given: &Value) -> Value {
    driver.arg(given.to_string());
    let outcome = Process::run(driver, b"");
    let said = format!("{}\n{}", outcome.stdout, outcome.stderr);
    assert_eq!(outcome.code, Some(0), "{said}");
    let last = outcome.stdout.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {said}"))
}

#[test]
fn openid_client_obtains_introspects_and_revokes() {
    let Some(driver) = driver("openid_client.mjs") else {
        return;
    };
    let scene = Scene::new();
    let done = drive(
        driver,
        &json!({
            "issuer": scene.authority.issuer,
            "client": scene.application.json(),
            "introspector": scene.introspector.json(),
            "resource": ORDERS,
            "scope": "orders:read",
        }),
    );
    assert_eq!(done["ok"], true);
}

#[test]
fn authlib_proves_itself_in_three_ways_and_two_validators_verify_what_it_gets() {
    let (Some(client), Some(_)) = (driver("authlib_client.py"), driver("validate.py")) else {
        return;
    };
    let scene = Scene::new();
    let folder = tempfile::tempdir().unwrap();
    let jwks = keys::jwks(&[keys::signing_as(Algorithm::Es256, "signer-1")]);
    let jwks = file(folder.path(), "signer.jwks", jwks.to_string());
    scene.authority.administer(&[
        "client",
        "create",
        "signer",
        "--resource",
        ORDERS,
        "--scope",
        "orders:read",
        "--jwks",
        &jwks,
    ]);
    let metadata = scene.metadata();
    let signer =
        |pem: &str| json!({ "id": "signer", "key": pem, "kid": "signer-1", "algorithm": "ES256" });
    let tokens = drive(
        client,
        &json!({
            "issuer": scene.authority.issuer,
            "token_endpoint": metadata["token_endpoint"],
            "introspection_endpoint": metadata["introspection_endpoint"],
            "revocation_endpoint": metadata["revocation_endpoint"],
            "client": scene.application.json(),
            "introspector": scene.introspector.json(),
            "signer": signer(keys::private_pem(Algorithm::Es256)),
            "stranger_key": keys::other_private_pem(Algorithm::Es256),
            "resource": ORDERS,
            "scope": "orders:read",
        }),
    );
    for way in ["client_secret_basic", "client_secret_post", "private_key_jwt"] {
        let token = tokens[way].as_str().unwrap();
        let validator = driver("validate.py").expect("it was there a moment ago");
        let seen = drive(
            validator,
            &json!({
                "jwks_uri": metadata["jwks_uri"],
                "token": token,
                "issuer": scene.authority.issuer,
                "audience": ORDERS,
                "algorithm": "ES256",
            }),
        );
        let client = if way == "private_key_jwt" { "signer" } else { "shop" };
        assert_eq!(seen["claims"]["client_id"], client, "{way}");
        assert_eq!(seen["claims"]["scope"], "orders:read", "{way}");
        assert_unseen(&scene.authority.log(), token, "the authority's log");
    }
}

fn prove(authority: &Authority, key: &SigningKey, jti: &str) -> Answer {
    let claims = json!({
        "iss": "worker", "sub": "worker", "aud": authority.issuer, "jti": jti,
        "iat": now(), "exp": now() + 60,
    });
    let assertion = mint_with(key, &json!({ "typ": "client-authentication+jwt" }), &claims);
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion.as_str()),
    ];
    Ask::post_form(&authority.url("/token"), &fields).send()
}

/// `--jwks-uri`: the keys come from where the client publishes them, and from nowhere inside, unless that is allowed
/// for a test.
#[test]
fn a_client_s_keys_are_fetched_from_its_address_and_from_nowhere_inside() {
    let key = keys::signing_as(Algorithm::Es256, "one");
    let set = keys::jwks(std::slice::from_ref(&key)).to_string();
    let shelf = Scripted::start(move |_| Reply::status(200).body("application/json", set.clone()));
    let uri = format!("{}/jwks.json", shelf.url());
    for on_loopback in [true, false] {
        let lines =
            format!("[registration]\ndanger_client_addresses_on_loopback = {on_loopback}\n");
        let authority = Authority::configured(&lines);
        let resource = authority.resource.clone();
        let common = ["--resource", &resource, "--scope", "orders:read"];
        let made = authority.administer(
            &[&["client", "create", "worker", "--jwks-uri", &uri][..], &common].concat(),
        );
        assert_eq!(
            (&made["auth_method"], &made["jwks_uri"]),
            (&json!("private_key_jwt"), &json!(uri))
        );
        let answer = prove(&authority, &key, "one");
        if on_loopback {
            assert_eq!(answer.status, 200, "{}", answer.text());
            let stranger = keys::other_signing(Algorithm::Es256, "one");
            assert_eq!(prove(&authority, &stranger, "two").status, 401);
        } else {
            assert_eq!(answer.status, 503, "{}", answer.text());
            assert_eq!(answer.json()["code"], "client-keys-unreachable");
        }
    }
    assert_eq!(shelf.heard().len(), 1);
}
