//! A stock nginx asks the gate about every request (`auth_request`) in front of a sample API.

use std::time::{Duration, Instant};

use claviger_testkit::{Answer, Ask, FakeIssuer, Sink, keys, mint};
use claviger_token::Algorithm;
use serde_json::{Value, json};

use crate::batch::{batch, groups, wait_for};
use crate::nginx::Nginx;
use crate::stage::{Authority, Gate, assert_unseen};

fn get(nginx: &Nginx, token: &str) -> Answer {
    Ask::get(&format!("{}/orders?state=open", nginx.url)).bearer(token).send()
}

fn shown<'a>(upstream: &'a Value, header: &str) -> Vec<&'a str> {
    let headers = upstream["headers"].as_array().unwrap();
    let of_name = headers.iter().filter(|pair| pair[0] == header);
    of_name.map(|pair| pair[1].as_str().unwrap()).collect()
}

fn assert_refused(answer: &Answer, status: u16, code: &str) {
    let text = answer.text();
    assert_eq!(answer.status, status, "{code}: {:?}\n{text}", answer.headers);
    assert_eq!(answer.header("claviger-code"), Some(code), "{:?}", answer.headers);
    assert!(answer.header("claviger-diagnosis").is_some_and(|id| !id.is_empty()), "{code}");
    if status == 401 {
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        assert!(challenge.starts_with("Bearer"), "{code}: {challenge:?}");
    }
}

#[test]
fn nginx_accepts_and_refuses_by_the_gates_forward_auth() {
    let authority = Authority::start();
    let sink = Sink::start();
    let gate = Gate::of(&authority, &sink.url());
    let values = [("GATE", gate.url.as_str()), ("UPSTREAM", &sink.url())];
    let Some(nginx) = Nginx::start("nginx.conf", &values) else { return };
    let reached = sink.requests();

    // Nothing came: no error code, only how to authenticate (RFC 6750 section 3.1).
    let missing = Ask::get(&nginx.url).send();
    assert_refused(&missing, 401, "credential-missing");
    assert!(!missing.header("www-authenticate").unwrap().contains("error="));

    // A good token: the API learns who calls, whatever the caller claims to be.
    let token = authority.token();
    let good = Ask::get(&format!("{}/orders?state=open", nginx.url))
        .bearer(&token)
        .header("Claviger-Subject", "somebody-else")
        .send();
    assert_eq!(good.status, 200, "{}", good.text());
    let upstream = good.json();
    assert_eq!(upstream["path"], "/orders");
    assert_eq!(upstream["query"], "state=open");
    assert_eq!(shown(&upstream, "claviger-subject"), [authority.client.id.as_str()]);
    assert_eq!(shown(&upstream, "claviger-client"), [authority.client.id.as_str()]);
    assert_eq!(shown(&upstream, "claviger-scope"), [authority.scope.as_str()]);

    // A forged one, by a stranger's key under the authority's name.
    let claims =
        mint::access_claims(&authority.issuer, &authority.resource, claviger_testkit::now());
    let stranger = keys::other_signing(Algorithm::Es256, "nobody-knows-this-key");
    let forged = mint::mint_with(&stranger, &json!({}), &claims);
    assert_refused(&get(&nginx, &forged), 401, "key-unknown");
    let tampered = mint::tampered(&token, 2);
    let answer = get(&nginx, &tampered);
    assert_eq!(answer.status, 401);

    // One of another issuer, good there.
    let elsewhere = FakeIssuer::start();
    let foreign = elsewhere.mint(&authority.resource, &json!({}));
    assert_refused(&get(&nginx, &foreign), 401, "issuer-mismatch");

    // Revoked: the gate learns it by itself.
    authority.revoke(&token);
    let deadline = Instant::now() + Duration::from_secs(1);
    let revoked = loop {
        let answer = get(&nginx, &token);
        if answer.status != 200 || Instant::now() > deadline {
            break answer;
        }
    };
    assert_refused(&revoked, 401, "token-revoked");

    assert!(sink.requests() > reached, "the good request reached the API");
    let log = gate.log() + &nginx.process.stderr() + &authority.log();
    for token in [&token, &forged, &tampered, &foreign] {
        assert_unseen(&log, token, "a log");
    }
}

#[test]
fn nginx_refuses_what_has_expired_or_lacks_a_scope() {
    let issuer = FakeIssuer::start();
    let sink = Sink::start();
    let audience = "https://orders.example";
    let gate = Gate::start(&sink.url(), issuer.url(), audience, &["--scope", "orders:read"]);
    let values = [("GATE", gate.url.as_str()), ("UPSTREAM", &sink.url())];
    let Some(nginx) = Nginx::start("nginx.conf", &values) else { return };
    let now = claviger_testkit::now();

    let token = |changes: Value| {
        issuer.mint(audience, &mint::with(json!({ "scope": "orders:read" }), &changes))
    };
    assert_eq!(get(&nginx, &token(json!({}))).status, 200);
    let reached = sink.requests();
    assert_refused(
        &get(&nginx, &token(json!({ "iat": now - 700, "exp": now - 100 }))),
        401,
        "expired",
    );
    let other = token(json!({ "aud": "https://billing.example" }));
    assert_refused(&get(&nginx, &other), 401, "audience-mismatch");
    let scope = get(&nginx, &token(json!({ "scope": "orders:write" })));
    assert_refused(&scope, 403, "scope-insufficient");
    assert_eq!(sink.requests(), reached, "nothing that was refused reaches the API");

    // Its access log alone tells the causes of all three.
    let path = nginx.folder.path().join("access.log");
    let log = || std::fs::read_to_string(&path).unwrap_or_default();
    let log = wait_for(4, "/orders", log);
    let (explained, code) = batch(path.to_str().unwrap(), &[], b"");
    assert_eq!(code, Some(1), "{log}");
    assert_eq!((&explained["refused"], &explained["unexplained"]), (&json!(4), &json!(0)), "{log}");
    let expected = [
        "audience-mismatch - 1",
        "credential-missing - 1",
        "expired - 1",
        "scope-insufficient - 1",
    ];
    assert_eq!(groups(&explained), expected, "{log}");
}

#[test]
fn forward_auth_answers_204_401_or_403_and_nothing_else() {
    // nginx turns every other status into its own 500, and the cause is lost.
    let issuer = FakeIssuer::start();
    let sink = Sink::start();
    let audience = "https://orders.example";
    let gate = Gate::start(&sink.url(), issuer.url(), audience, &["--scope", "orders:read"]);
    let url = format!("{}/_claviger/auth", gate.url);
    let good = issuer.mint(audience, &json!({ "scope": "orders:read" }));
    let narrow = issuer.mint(audience, &json!({ "scope": "orders:write" }));
    let twice = Ask::get(&url).bearer(&good).header("Authorization", "Bearer again");
    for (ask, status, code) in [
        (Ask::get(&url).bearer(&good), 204, None),
        (Ask::get(&url), 401, Some("credential-missing")),
        (twice, 401, Some("header-duplicated")),
        (Ask::get(&url).bearer(&narrow), 403, Some("scope-insufficient")),
        (Ask::new("POST", &url).bearer(&good), 204, None),
        (Ask::new("HEAD", &url).bearer(&good), 204, None),
    ] {
        let answer = ask.send();
        assert_eq!(answer.status, status, "{code:?}: {:?}", answer.headers);
        assert_eq!(answer.header("claviger-code"), code, "{:?}", answer.headers);
    }
    // An issuer that cannot be asked is the operator's matter, and still no other status.
    let silent = Gate::start(&sink.url(), "http://127.0.0.1:1", audience, &[]);
    let answer = Ask::get(&format!("{}/_claviger/auth", silent.url)).bearer(&good).send();
    assert!(matches!(answer.status, 401 | 403), "{}: {:?}", answer.status, answer.headers);
    assert!(answer.header("claviger-code").is_some(), "{:?}", answer.headers);
    // The reverse proxy says 503: there the client reads the status.
    let unreachable = issuer_token("http://127.0.0.1:1", audience);
    let proxied = silent.get("/", &unreachable);
    assert_eq!(proxied.status, 503, "{}", proxied.text());
    assert_eq!(sink.requests(), 0);
}

fn issuer_token(issuer: &str, audience: &str) -> String {
    let claims = mint::access_claims(issuer, audience, claviger_testkit::now());
    mint::mint_with(&keys::signing(Algorithm::Es256), &json!({}), &claims)
}
