//! The verdict for another proxy.

use serde_json::json;

use crate::{scene, scene_with};

#[test]
fn a_good_token_is_204_with_the_identity() {
    let scene = scene();
    let answer = scene.get("/_claviger/auth").bearer(&scene.token()).send();
    assert_eq!((answer.status, answer.header("claviger-subject")), (204, Some("example-client")));
    assert!(answer.header("claviger-claims").is_some());
    assert_eq!(scene.sink.requests(), 0);
}

#[test]
fn nothing_but_204_401_and_403_is_ever_answered() {
    let scene = scene();
    let token = scene.token();
    let status = |ask: claviger_testkit::Ask| ask.send().status;
    assert_eq!(status(scene.get("/_claviger/auth")), 401);
    assert_eq!(status(scene.get("/_claviger/auth").header("Authorization", "Basic eA==")), 401);
    let twice = scene.get("/_claviger/auth").bearer(&token).bearer(&token).send();
    assert_eq!(twice.status, 401, "400 elsewhere");
    assert_eq!(status(scene.get("/_claviger/auth?scope=read").bearer(&token)), 204);
    let lacking = scene.get("/_claviger/auth?scope=read+write").bearer(&token).send();
    assert_eq!(
        (lacking.status, lacking.header("claviger-code")),
        (403, Some("scope-insufficient"))
    );
    assert!(lacking.header("www-authenticate").unwrap().contains("write"));
    let other = scene.issuer.mint("https://b.example", &json!({}));
    let refused = scene.get("/_claviger/auth").bearer(&other).send();
    assert_eq!((refused.status, refused.header("claviger-code")), (401, Some("audience-mismatch")));
    assert!(refused.header("claviger-diagnosis").unwrap().starts_with("dg_"));
    assert!(refused.body.is_empty());
}

#[test]
fn a_preflight_passes_only_as_the_proxy_announces_it() {
    let preflight = |scene: &crate::Scene| {
        let ask = scene.get("/_claviger/auth").header("Origin", "https://app.example");
        ask.header("Access-Control-Request-Method", "POST")
    };
    let open =
        scene_with(|config| claviger_gate::GateConfig { forward_auth_preflight: true, ..config });
    assert_eq!(preflight(&open).send().status, 401);
    let announced = preflight(&open).header("X-Original-Method", "OPTIONS").send();
    assert_eq!((announced.status, announced.header("claviger-subject")), (204, None));
    assert_eq!(preflight(&open).header("X-Original-Method", "GET").send().status, 401);
    let two =
        preflight(&open).header("X-Original-Method", "OPTIONS").header("X-Forwarded-Method", "GET");
    assert_eq!(two.send().status, 401);
    // Unless it was said that the proxy sets the header, a client's own is not believed.
    let closed = scene();
    assert_eq!(preflight(&closed).header("X-Original-Method", "OPTIONS").send().status, 401);
}
