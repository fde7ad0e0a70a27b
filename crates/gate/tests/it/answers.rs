//! Who passes, what the upstream sees, what the refused hear.

use claviger_testkit::{Ask, Behaviour, mint, now};
use claviger_token::base64url;
use serde_json::{Value, json};

use crate::{API, reached, scene, scene_with, start};

#[test]
fn a_good_request_arrives_with_its_identity() {
    let scene = scene();
    let answer = scene.get("/orders?page=2").bearer(&scene.token()).send();
    assert_eq!(answer.status, 200);
    let shown = answer.json();
    assert_eq!((&shown["path"], &shown["query"]), (&json!("/orders"), &json!("page=2")));
    assert_eq!(reached(&shown, "claviger-subject"), ["example-client"]);
    assert_eq!(reached(&shown, "claviger-client"), ["example-client"]);
    assert_eq!(reached(&shown, "claviger-scope"), ["read"]);
    let claims = base64url::decode(&reached(&shown, "claviger-claims")[0]).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&claims).unwrap()["aud"], API);
    assert_eq!(reached(&shown, "x-forwarded-for"), ["127.0.0.1"]);
    assert!(scene.gate.url.ends_with(&reached(&shown, "x-forwarded-host")[0]));
    assert_eq!(reached(&shown, "authorization").len(), 1);
}

#[test]
fn the_token_can_stay_at_the_gate() {
    let scene =
        scene_with(|config| claviger_gate::GateConfig { strip_authorization: true, ..config });
    let shown = scene.get("/").bearer(&scene.token()).send().json();
    assert!(reached(&shown, "authorization").is_empty());
}

#[test]
fn nobody_brings_an_identity_or_an_origin_along() {
    let scene = scene();
    let ask = scene
        .get("/")
        .bearer(&scene.token())
        .header("Claviger-Subject", "admin")
        .header("CLAVIGER_SUBJECT", "admin")
        .header("Claviger-Roles", "admin")
        .header("X-Forwarded-For", "10.0.0.1")
        .header("X-Forwarded-Host", "evil.example")
        .header("Forwarded", "for=10.0.0.1")
        .header("Connection", "claviger-subject, x-hop")
        .header("X-Hop", "1")
        .header("TE", "trailers")
        .header("Proxy-Authorization", "Basic eA==");
    let shown = ask.send().json();
    assert_eq!(reached(&shown, "claviger-subject"), ["example-client"]);
    assert_eq!(reached(&shown, "x-forwarded-for"), ["127.0.0.1"]);
    let none = [
        "claviger_subject",
        "claviger-roles",
        "forwarded",
        "x-hop",
        "te",
        "proxy-authorization",
        "connection",
    ];
    for name in none {
        assert!(reached(&shown, name).is_empty(), "{name}");
    }
    assert!(!reached(&shown, "x-forwarded-host").contains(&"evil.example".to_owned()));
}

/// RFC 9700 §4.3.2, RFC 6750 §2: a token counts in `Authorization` and nowhere else.
#[test]
fn a_token_elsewhere_than_in_its_header_is_none() {
    let scene = scene();
    let token = scene.token();
    let form = format!("access_token={token}");
    let elsewhere = [
        scene.get(&format!("/?{form}")),
        Ask::post_form(&format!("{}/", scene.gate.url), &[("access_token", &token)]),
        scene.get("/").header("Cookie", &form),
        scene.get("/").header("X-Access-Token", &token),
        scene.get("/").header("Proxy-Authorization", format!("Bearer {token}")),
    ];
    for (nth, ask) in elsewhere.into_iter().enumerate() {
        let answer = ask.send();
        assert_eq!(answer.status, 401, "{nth}");
        assert_eq!(answer.header("claviger-code"), Some("credential-missing"), "{nth}");
    }
    // Two of them in the one header are none, either.
    let twice = scene.get("/").bearer(&token).bearer(&token).send();
    assert_eq!((twice.status, twice.header("claviger-code")), (400, Some("header-duplicated")));
    assert_eq!(scene.sink.requests(), 0);
}

#[test]
fn a_refused_request_never_reaches_the_upstream() {
    let scene = scene();
    let old = now() - 1000;
    let expired = scene.issuer.mint(API, &json!({ "iat": old, "exp": old + 300 }));
    let cases = [
        (scene.get("/"), "credential-missing"),
        (scene.get("/").bearer(&expired), "expired"),
        (
            scene.get("/").bearer(&scene.issuer.mint("https://b.example", &json!({}))),
            "audience-mismatch",
        ),
        (scene.get("/").bearer(&mint::tampered(&scene.token(), 1)), ""),
        (scene.get("/").bearer(&mint::tampered(&scene.token(), 2)), "signature-mismatch"),
        (scene.get("/").header("Authorization", [b'B', 0xff, b' ', 0x80].as_slice()), ""),
    ];
    for (ask, code) in cases {
        let answer = ask.header("Origin", "https://app.example").send();
        assert_eq!(answer.status, 401, "{code}: {}", answer.text());
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"), "{code}");
        assert!(
            answer
                .header("www-authenticate")
                .unwrap()
                .contains("/.well-known/oauth-protected-resource")
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example"));
        assert!(answer.header("claviger-diagnosis").unwrap().starts_with("dg_"));
        let problem = answer.json();
        assert_eq!(problem["code"], answer.header("claviger-code").unwrap());
        assert!(code.is_empty() || problem["code"] == code, "{problem}");
    }
    assert_eq!(scene.sink.requests(), 0);
}

#[test]
fn a_preflight_passes_and_carries_nobody() {
    let scene = scene();
    let url = format!("{}/orders", scene.gate.url);
    let ask = Ask::new("OPTIONS", &url).header("Claviger-Subject", "admin");
    assert_eq!(ask.send().status, 401, "an OPTIONS alone is no preflight");
    let ask =
        ask.header("Origin", "https://app.example").header("Access-Control-Request-Method", "POST");
    let answer = ask.send();
    assert_eq!(answer.status, 200);
    assert!(reached(&answer.json(), "claviger-subject").is_empty());
}

#[test]
fn an_upstream_that_fails_is_told_apart_from_a_refusal() {
    let scene = scene_with(|config| claviger_gate::GateConfig {
        response_timeout: std::time::Duration::from_millis(300),
        ..config
    });
    let ask = |path: &str| scene.get(path).bearer(&scene.token()).send();
    let broken = ask("/break");
    assert_eq!(
        (broken.status, broken.header("content-type")),
        (502, Some("application/problem+json"))
    );
    assert_eq!(ask("/slow/2000").status, 504);
    assert_eq!(ask("/status/503").status, 503);
    let down = start(crate::config(&scene.issuer, "http://127.0.0.1:9"));
    let answer = Ask::get(&down.url).bearer(&scene.token()).send();
    assert_eq!(answer.status, 502);
    assert!(answer.json()["diagnosis"].as_str().unwrap().starts_with("dg_"));
}

#[test]
fn the_gate_tells_of_itself() {
    let scene = scene();
    assert_eq!(scene.get("/_claviger/health").send().json()["status"], "ready");
    let resource = scene.get("/.well-known/oauth-protected-resource").send().json();
    assert_eq!(resource["resource"], API);
    assert_eq!(resource["authorization_servers"][0], scene.issuer.url());
    assert_eq!(scene.get("/").send().status, 401);
    assert_eq!(scene.get("/").bearer(&scene.token()).send().status, 200);
    let metrics = scene.get("/_claviger/metrics").send().text();
    assert!(metrics.contains("claviger_requests_allowed_total 1\n"), "{metrics}");
    let refused = r#"claviger_requests_refused_total{code="credential-missing",class="header"} 1"#;
    assert!(metrics.contains(refused), "{metrics}");
    assert_eq!(scene.get("/_claviger/other").send().status, 404);
    assert_eq!(scene.sink.requests(), 1);
}

#[test]
fn without_keys_the_answer_is_503() {
    let (issuer, sink) = (claviger_testkit::FakeIssuer::start(), claviger_testkit::Sink::start());
    issuer.behave(Behaviour::Outage);
    let gate = start(crate::config(&issuer, &sink.url()));
    let token = issuer.mint(API, &json!({}));
    let answer = Ask::get(&gate.url).bearer(&token).send();
    assert_eq!((answer.status, answer.header("claviger-code")), (503, Some("key-set-unreachable")));
    let health = Ask::get(&format!("{}/_claviger/health", gate.url)).send();
    assert_eq!(health.status, 503);
    let asked = format!("{}/_claviger/auth", gate.url);
    let asked = Ask::get(&asked).bearer(&token).send();
    assert_eq!((asked.status, asked.header("claviger-code")), (403, Some("key-set-unreachable")));
}
