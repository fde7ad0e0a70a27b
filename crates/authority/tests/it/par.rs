//! Pushed authorization requests (RFC 9126): judged when they are pushed, opened by one browser, answered once.

use serde_json::{Value, json};

use crate::app::{App, ISSUER};
use crate::dpop::Prover;
use crate::people::{
    API, Browser, PASSWORD, REDIRECT, is_refused, parameter, query, redemption, request, stage,
    text,
};

async fn push(app: &App, changes: &[(&str, &str)]) -> String {
    let answer = app.post("/par", &request(changes)).await.is(201);
    assert_eq!(answer.header("cache-control"), "no-store");
    let answer = answer.json();
    assert_eq!(answer["expires_in"], 90);
    let uri = text(&answer, "request_uri");
    assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:") && uri.len() == 77, "{uri}");
    uri
}

fn named(uri: &str) -> String {
    format!("/authorize?{}", query(&[("client_id", "app"), ("request_uri", uri)]))
}

#[track_caller]
fn is_over(answer: &crate::app::Answer) {
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert!(answer.body.contains("is over, was answered"), "{}", answer.body);
    assert!(answer.header("location").is_empty());
}

#[tokio::test]
async fn a_pushed_request_survives_reloads_and_gives_one_code() {
    let app = stage().await;
    let uri = push(&app, &[("prompt", "login consent")]).await;
    let mut browser = Browser::default();
    let page = browser.get(&app, &named(&uri)).await.is(200);
    // The page carries the name and nothing of the request.
    assert!(page.body.contains("request_uri") && !page.body.contains("code_challenge"));
    let page = {
        browser.get(&app, &named(&uri)).await.is(200);
        page
    };
    app.clock.advance(300);
    let answer = browser.log_in(&app, &page, PASSWORD).await.is(303);
    // What stands beside the name counts for nothing.
    let sneaked = format!("{}&scope=openid&state=other", answer.header("location"));
    let page = browser.get(&app, &sneaked).await.is(200);
    assert!(page.body.contains("orders:read"), "{}", page.body);
    let page = {
        browser.get(&app, answer.header("location")).await.is(200);
        page
    };
    let answer = browser.fill(&app, &page, &[("decision", "allow")]).await.is(303);
    let onward = answer.header("location").to_owned();
    let answer = browser.get(&app, &onward).await.is(303);
    assert_eq!(parameter(&answer, "state").as_deref(), Some("a&b"));
    assert_eq!(parameter(&answer, "iss").as_deref(), Some(ISSUER));
    let code = parameter(&answer, "code").unwrap();
    is_over(&browser.get(&app, &onward).await);
    is_over(&browser.get(&app, &named(&uri)).await);
    app.post("/token", &redemption(&code, &[])).await.is(200);
}

#[tokio::test]
async fn of_many_tabs_one_gets_the_code() {
    let app = stage().await;
    let mut browser = Browser::default();
    browser.code(&app, &[]).await;
    let uri = push(&app, &[]).await;
    let cookies = browser.cookies.clone();
    let tabs = (0..8).map(|_| {
        let (app, uri) = (&app, &uri);
        let mut tab = Browser { cookies: cookies.clone() };
        async move { tab.get(app, &named(uri)).await }
    });
    let answers = futures_util::future::join_all(tabs).await;
    let codes = answers.iter().filter(|answer| answer.status == 303).count();
    assert_eq!(codes, 1);
    answers.iter().filter(|answer| answer.status != 303).for_each(is_over);
}

#[tokio::test]
async fn a_name_is_for_its_client_its_browser_and_its_time() {
    let app = stage().await;
    let other = json!({
        "client_id": "other", "auth_method": "none", "redirect_uris": ["https://other.example/cb"],
        "scopes": ["openid"],
    });
    app.admin("POST", "/clients", Some(other)).await.is(201);
    let uri = push(&app, &[]).await;
    let mut browser = Browser::default();
    for bad in [
        query(&[("client_id", "other"), ("request_uri", &uri)]),
        query(&[("client_id", "app"), ("request_uri", &format!("{uri}x"))]),
        query(&[("client_id", "app"), ("request_uri", "urn:ietf:params:oauth:request_uri:")]),
    ] {
        is_over(&browser.get(&app, &format!("/authorize?{bad}")).await);
    }
    let unnamed = format!("/authorize?{}", query(&[("request_uri", &uri)]));
    assert!(browser.get(&app, &unnamed).await.is(400).body.contains("client_id"));
    // An address is not fetched (CVE-2020-10770).
    let fetched = request(&[("request_uri", "http://127.0.0.1:1/request")]);
    let answer = browser.get(&app, &format!("/authorize?{fetched}")).await.is(303);
    assert_eq!(parameter(&answer, "error").as_deref(), Some("request_uri_not_supported"));
    // The browser that logs in keeps it.
    let page = browser.get(&app, &named(&uri)).await.is(200);
    browser.log_in(&app, &page, PASSWORD).await.is(303);
    is_over(&Browser::default().get(&app, &named(&uri)).await);
    browser.get(&app, &named(&uri)).await.is(200);
    app.clock.advance(900);
    is_over(&browser.get(&app, &named(&uri)).await);
    // Nobody came in time.
    let uri = push(&app, &[]).await;
    app.clock.advance(90);
    is_over(&browser.get(&app, &named(&uri)).await);
    // A name that was pushed before a restart is good after it.
    let uri = push(&app, &[]).await;
    let app = app.restart().await;
    browser.get(&app, &named(&uri)).await.is(200);
    app.authority.housekeep().await;
    browser.get(&app, &named(&uri)).await.is(200);
}

#[tokio::test]
async fn the_whole_request_is_judged_at_the_push() {
    let app = stage().await;
    for (changes, error, code) in [
        (
            vec![("redirect_uri", "https://app.example/cb?x")],
            "invalid_request",
            "redirect-unregistered",
        ),
        (vec![("scope", "openid nope")], "invalid_scope", "scope-refused"),
        (vec![("code_challenge", "")], "invalid_request", "pkce-missing"),
        (vec![("code_challenge_method", "plain")], "invalid_request", "pkce-method"),
        (vec![("response_type", "token")], "unsupported_response_type", "response-type"),
        (vec![("resource", "https://elsewhere.example")], "invalid_target", "resource-refused"),
        (vec![("request_uri", "urn:x")], "invalid_request", "request-object"),
        (vec![("request", "e30.e30.")], "request_not_supported", "request-object"),
        (vec![("client_id", "nobody")], "invalid_client", "client-unproven"),
        (vec![("client_id", "example-client")], "invalid_client", "client-unproven"),
    ] {
        let answer = app.post("/par", &request(&changes)).await;
        let status = if error == "invalid_client" { 401 } else { 400 };
        let answer = answer.is(status).json();
        assert_eq!((text(&answer, "error"), text(&answer, "code")), (error.into(), code.into()));
        assert!(text(&answer, "diagnosis").starts_with("dg_"));
    }
    app.post("/par", &format!("{}&state=twice", request(&[]))).await.is(400);
    app.get("/par").await.is(405);
    let in_url = app.post(&format!("/par?{}", request(&[])), "").await.is(400).json();
    assert_eq!(text(&in_url, "code"), "parameter-in-url");
}

#[tokio::test]
async fn a_client_that_proves_itself_pushes_with_its_proof_which_is_not_kept() {
    let app = stage().await;
    let client = json!({
        "client_id": "web", "redirect_uris": ["https://web.example/cb"], "first_party": true,
        "scopes": ["openid", "orders:read"], "resources": [API],
        "require_pushed_authorization_requests": true,
    });
    let made = app.admin("POST", "/clients", Some(client)).await.is(201).json();
    let secret = text(&made, "client_secret");
    let asked = [("client_id", "web"), ("redirect_uri", "https://web.example/cb")];
    // A plain request is refused, and told to the client.
    let mut browser = Browser::default();
    let answer = browser.get(&app, &format!("/authorize?{}", request(&asked))).await.is(303);
    assert_eq!(parameter(&answer, "error").as_deref(), Some("invalid_request"));
    assert!(parameter(&answer, "error_description").unwrap().contains("push"));
    let form = request(&asked);
    app.post("/par", &form).await.is(401);
    app.post_as("/par", "web", "wrong", &form).await.is(401);
    let posted = format!("{form}&client_secret={secret}");
    let pushed = app.post("/par", &posted).await.is(201).json();
    let uri = text(&pushed, "request_uri");
    let onward = format!("/authorize?{}", query(&[("client_id", "web"), ("request_uri", &uri)]));
    let page = browser.get(&app, &onward).await.is(200);
    let answer = browser.log_in(&app, &page, PASSWORD).await.is(303);
    let answer = browser.get(&app, answer.header("location")).await.is(303);
    assert!(parameter(&answer, "code").is_some(), "{:?}", answer.headers);
    let database = std::fs::read(app.config.data_dir.join("claviger.db")).unwrap_or_default();
    let journal = std::fs::read(app.config.data_dir.join("claviger.db-wal")).unwrap_or_default();
    for bytes in [database, journal] {
        let held = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!held, "the secret was kept");
    }
}

#[tokio::test]
async fn a_proof_at_the_push_binds_the_code() {
    let app = stage().await;
    let (mut prover, mut thief) = (Prover::new(), Prover::stranger());
    let pushed: Value = prover.post(&app, "/par", &request(&[])).await.is(201).json();
    let uri = text(&pushed, "request_uri");
    let mut browser = Browser::default();
    let page = browser.get(&app, &named(&uri)).await.is(200);
    let answer = browser.log_in(&app, &page, PASSWORD).await.is(303);
    let page = browser.get(&app, answer.header("location")).await.is(200);
    let answer = browser.fill(&app, &page, &[("decision", "allow")]).await.is(303);
    let answer = browser.get(&app, answer.header("location")).await.is(303);
    let code = parameter(&answer, "code").unwrap();
    is_refused(thief.post(&app, "/token", &redemption(&code, &[])).await, "code-key");
    prover.post(&app, "/token", &redemption(&code, &[])).await.is(200);
    // RFC 9449 §10.1: a parameter that names another key contradicts the proof.
    let asked = request(&[("dpop_jkt", &thief.thumbprint())]);
    let refused = prover.post(&app, "/par", &asked).await.is(400).json();
    assert_eq!(text(&refused, "code"), "dpop-jkt");
}

/// All people of a public client share its places, and anybody can say its name.
#[tokio::test]
async fn one_address_does_not_take_all_places() {
    let app = stage().await;
    let asked = request(&[]);
    for _ in 0..300 {
        app.post("/par", &asked).await.is(201);
    }
    let refused = app.post("/par", &asked).await.is(429);
    assert_eq!(refused.header("retry-after"), "60");
    assert_eq!(text(&refused.json(), "code"), "pushed-requests-limited");
    // Who proves itself comes from one address for all of its people.
    let web = json!({ "client_id": "web", "redirect_uris": [REDIRECT], "scopes": ["openid"] });
    let secret =
        text(&app.admin("POST", "/clients", Some(web)).await.is(201).json(), "client_secret");
    let asked = request(&[("client_id", "web"), ("scope", "openid")]);
    app.post_as("/par", "web", &secret, &asked).await.is(201);
    app.clock.advance(60);
    app.post("/par", &request(&[])).await.is(201);
}
