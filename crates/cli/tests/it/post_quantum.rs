//! ML-DSA-65 between us and a library on another implementation of it, both ways; and that nothing here signs or
//! accepts it where nobody asked for it.

use claviger_testkit::{Ask, Process, Sink};
use serde_json::{Value, json};

use crate::clients::drive;
use crate::stage::{Authority, Gate, PATIENCE, claviger, file};
use crate::tools::driver;

const VAULT: &str = "https://vault.example";
const CONFIG: &str = "[signing]\nalso = [\"ML-DSA-65\"]\n";

/// An access token of the example client for an API.
fn token_for(authority: &Authority, resource: &str) -> String {
    let fields = [("grant_type", "client_credentials"), ("resource", resource)];
    let answer = Ask::post_form(&authority.url("/token"), &fields)
        .basic(&authority.client.id, &authority.client.secret)
        .send();
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

fn algorithms(authority: &Authority, place: &str) -> Value {
    Ask::get(&authority.url("/.well-known/openid-configuration")).send().json()[place].clone()
}

/// An authority with an API whose tokens are signed with ML-DSA-65.
fn scene() -> Authority {
    let authority = Authority::configured(CONFIG);
    let vault = json!({ "uri": VAULT, "signing_alg": "ML-DSA-65", "scopes": ["vault:open"] });
    let admin = authority.admin_token();
    let made =
        Ask::json("POST", &authority.url("/admin/v1/resources"), &vault).bearer(&admin).send();
    assert_eq!(made.status, 201, "{}", made.text());
    let change = json!({ "resources": [authority.resource, VAULT] });
    let path = authority.url(&format!("/admin/v1/clients/{}", authority.client.id));
    let changed = Ask::json("PATCH", &path, &change).bearer(&admin).send();
    assert_eq!(changed.status, 200, "{}", changed.text());
    authority
}

#[test]
fn it_is_off_until_the_configuration_names_it() {
    let authority = Authority::start();
    let published = Ask::get(&authority.url("/jwks")).send().text();
    assert!(!published.contains("AKP"), "{published}");
    let metadata = Ask::get(&authority.url("/.well-known/openid-configuration")).send().text();
    assert!(!metadata.contains("ML-DSA"), "{metadata}");
    let vault = json!({ "uri": VAULT, "signing_alg": "ML-DSA-65", "scopes": ["vault:open"] });
    let refused = Ask::json("POST", &authority.url("/admin/v1/resources"), &vault)
        .bearer(&authority.admin_token())
        .send();
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(refused.json()["fix"].as_str().unwrap().contains("signing.also"));
}

#[test]
fn the_authority_signs_rotates_and_judges_it_and_a_gate_accepts_it_where_it_is_named() {
    let authority = scene();
    let listed = algorithms(&authority, "id_token_signing_alg_values_supported");
    assert_eq!(listed, json!(["ES256", "ML-DSA-65"]));
    let others = algorithms(&authority, "dpop_signing_alg_values_supported");
    assert!(!others.to_string().contains("ML-DSA"), "{others}");
    let token = token_for(&authority, VAULT);
    assert!(token.len() > 4412, "{token}");
    let old = authority.administer(&["key", "list"]).to_string();
    assert!(old.contains("ML-DSA-65") && !old.contains("priv"), "{old}");
    authority.administer(&["key", "rotate", "--algorithm", "ML-DSA-65"]);
    let keys = Ask::get(&authority.url("/jwks")).send().json();
    let quantum = keys["keys"].as_array().unwrap().iter().filter(|key| key["kty"] == "AKP");
    assert_eq!(quantum.count(), 2, "the next key is published before it signs");

    let upstream = Sink::start();
    let start = |further: &[&str]| Gate::start(&upstream.url(), &authority.issuer, VAULT, further);
    let named = start(&["--algorithm", "ES256", "--algorithm", "ML-DSA-65"]);
    assert_eq!(named.get("/open", &token).status, 200);
    let unnamed = start(&[]).get("/open", &token);
    assert_eq!(unnamed.status, 401);
    assert_eq!(unnamed.json()["code"], "algorithm-not-allowed");

    // The authority knows its own.
    authority.revoke(&token);
    let deadline = std::time::Instant::now() + PATIENCE;
    while named.get("/open", &token).status != 401 {
        assert!(std::time::Instant::now() < deadline, "the revoked token still passes");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn explain_names_it_and_says_that_it_has_to_be_named() {
    let authority = scene();
    let token = token_for(&authority, VAULT);
    let folder = tempfile::tempdir().unwrap();
    let set = Ask::get(&authority.url("/jwks")).send().text();
    let set = file(folder.path(), "jwks.json", set);
    let context =
        ["explain", "-", "--jwks", &set, "--issuer", &authority.issuer, "--audience", VAULT];
    let said = |further: &[&str]| {
        let arguments = [&context[..], further, &["--format", "json"]].concat();
        let outcome = Process::run(claviger(&arguments), token.as_bytes());
        let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
        (outcome.code, report)
    };
    let (code, report) = said(&[]);
    assert_eq!(code, Some(1), "{report}");
    assert_eq!(report["faults"][0]["code"], "algorithm-not-allowed");
    assert_eq!(report["faults"].as_array().unwrap().len(), 1, "{report}");
    assert_eq!(report["token"]["signature"], "verified", "{report}");
    let (code, report) = said(&["--algorithm", "ML-DSA-65"]);
    assert_eq!(code, Some(0), "{report}");
    assert_eq!(report["verdict"], "accepted");
}

#[test]
fn jwcrypto_verifies_what_the_authority_signs() {
    let Some(peer) = driver("post_quantum.py") else { return };
    let authority = scene();
    let seen = drive(
        peer,
        &json!({
            "jwks_uri": authority.url("/jwks"),
            "token": token_for(&authority, VAULT),
            "issuer": authority.issuer,
            "audience": VAULT,
        }),
    );
    assert_eq!(seen["claims"]["client_id"], json!(authority.client.id));
    assert_eq!(seen["claims"]["aud"], VAULT);
}

#[test]
fn a_gate_verifies_what_jwcrypto_signs() {
    let Some(mut peer) = driver("post_quantum.py") else { return };
    peer.arg(json!({ "audience": VAULT }).to_string());
    let peer = Process::spawn(peer);
    let said = peer.ready(PATIENCE);
    let (issuer, token) = (said["issuer"].as_str().unwrap(), said["token"].as_str().unwrap());
    let upstream = Sink::start();
    let gate = Gate::start(&upstream.url(), issuer, VAULT, &["--algorithm", "ML-DSA-65"]);
    let answer = gate.get("/open", token);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let tampered = claviger_testkit::mint::tampered(token, 2);
    let refused = gate.get("/open", &tampered);
    assert_eq!((refused.status, &refused.json()["code"]), (401, &json!("signature-mismatch")));
    assert_eq!(upstream.requests(), 1);
}
