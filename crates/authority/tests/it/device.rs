//! The device grant: codes, pages, polls, and what nobody can do with them.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::app::{Answer, App, ISSUER, NOW, claims};
use crate::journal::last;
use crate::people::{API, Browser, PASSWORD, between, query, text, with_people};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

async fn stage() -> App {
    let app = App::start().await;
    with_people(&app).await;
    for id in ["tv", "other"] {
        let client = json!({
            "client_id": id, "name": "Tele <vision>", "auth_method": "none",
            "grants": [GRANT, "refresh_token"], "scopes": ["openid", "orders:read"], "resources": [API],
        });
        app.admin("POST", "/clients", Some(client)).await.is(201);
    }
    app
}

async fn begin(app: &App) -> Value {
    let form = query(&[("client_id", "tv"), ("scope", "openid orders:read")]);
    app.post("/device_authorization", &form).await.is(200).json()
}

async fn poll_as(app: &App, client: &str, device: &Value) -> Answer {
    let code = text(device, "device_code");
    let form = query(&[("grant_type", GRANT), ("client_id", client), ("device_code", &code)]);
    app.post("/token", &form).await
}

async fn poll(app: &App, device: &Value) -> Answer {
    poll_as(app, "tv", device).await
}

#[track_caller]
fn is_told(answer: Answer, error: &str) {
    // RFC 8628 §3.5: as RFC 6749 §5.2 has all errors but that of the client.
    assert_eq!(answer.is(400).json()["error"], error);
}

/// From the address with the code to the page that asks.
async fn consent_page(app: &App, browser: &mut Browser, device: &Value) -> Answer {
    let uri = text(device, "verification_uri_complete");
    let page = browser.get(app, uri.strip_prefix(ISSUER).unwrap()).await.is(200);
    let code = between(&page.body, "name=\"user_code\" type=\"text\" value=\"", "\"");
    let mut next = browser.fill(app, &page, &[("user_code", &code)]).await.is(200);
    if next.body.contains("name=\"password\"") {
        let logged_in = browser.log_in(app, &next, PASSWORD).await.is(303);
        let page = browser.get(app, logged_in.header("location")).await.is(200);
        next = browser.fill(app, &page, &[("user_code", &code)]).await.is(200);
    }
    next
}

async fn decide(app: &App, browser: &mut Browser, page: &Answer, decision: &str) -> Answer {
    let code = between(&page.body, "name=\"user_code\" value=\"", "\"");
    browser.fill(app, page, &[("user_code", &code), ("decision", decision)]).await
}

#[tokio::test]
async fn a_device_is_allowed_on_another_machine() {
    let app = stage().await;
    let metadata = app.get("/.well-known/oauth-authorization-server").await.is(200).json();
    assert_eq!(metadata["device_authorization_endpoint"], format!("{ISSUER}/device_authorization"));
    assert!(metadata["grant_types_supported"].as_array().unwrap().contains(&json!(GRANT)));
    let device = begin(&app).await;
    assert_eq!(device["verification_uri"], format!("{ISSUER}/device"));
    assert_eq!((&device["expires_in"], &device["interval"]), (&json!(600), &json!(5)));
    is_told(poll(&app, &device).await, "authorization_pending");
    let mut browser = Browser::default();
    let page = consent_page(&app, &mut browser, &device).await;
    assert!(page.body.contains(&text(&device, "user_code")));
    assert!(page.body.contains("Tele &#60;vision&#62;") && page.body.contains("orders:read"));
    assert!(page.header("content-security-policy").contains("form-action 'self' ;"));
    assert_eq!(page.header("cache-control"), "no-store");
    // Nothing was allowed by looking.
    app.clock.advance(5);
    is_told(poll(&app, &device).await, "authorization_pending");
    decide(&app, &mut browser, &page, "allow").await.is(200);
    let ada = text(&app.admin("GET", "/users/ada", None).await.is(200).json(), "id");
    let entry = last(&app, "grant", "device-allowed", "user", Some(&ada)).await;
    assert_eq!(entry["client"], "tv");
    // A button that was pressed twice.
    let again = decide(&app, &mut browser, &page, "allow").await.is(200);
    assert!(again.body.contains("The device may go on"), "{}", again.body);
    app.clock.advance(5);
    let with_another = query(&[
        ("grant_type", GRANT),
        ("client_id", "tv"),
        ("device_code", &text(&device, "device_code")),
        ("resource", "https://other.example"),
    ]);
    is_told(app.post("/token", &with_another).await, "invalid_target");
    let tokens = poll(&app, &device).await.is(200).json();
    let (access, id) = (claims(&text(&tokens, "access_token")), claims(&text(&tokens, "id_token")));
    assert_eq!((&access["aud"], &access["client_id"]), (&json!(API), &json!("tv")));
    assert_eq!((&access["sid"], &id["aud"]), (&id["sid"], &json!("tv")));
    let refresh = query(&[
        ("grant_type", "refresh_token"),
        ("client_id", "tv"),
        ("refresh_token", &text(&tokens, "refresh_token")),
    ]);
    app.post("/token", &refresh).await.is(200);
    let entry = last(&app, "grant", "device-redeemed", "client", Some(&ada)).await;
    assert_eq!(entry["client"], "tv");
    // It served once, and nobody can decide on it again.
    app.clock.advance(5);
    is_told(poll(&app, &device).await, "invalid_grant");
    decide(&app, &mut browser, &page, "deny").await.is(403);
    is_told(poll(&app, &device).await, "invalid_grant");
}

/// RFC 9470: a device that asks for two factors is allowed by somebody who logged in with two.
#[tokio::test]
async fn a_device_that_asks_for_more_certainty_gets_it_or_nothing() {
    let app = stage().await;
    let begin = async || {
        let form = query(&[("client_id", "tv"), ("scope", "openid"), ("acr_values", "2")]);
        app.post("/device_authorization", &form).await.is(200).json()
    };
    let look_up = async |browser: &mut Browser, device: &Value| {
        let uri = text(device, "verification_uri_complete");
        let page = browser.get(&app, uri.strip_prefix(ISSUER).unwrap()).await.is(200);
        let code = text(device, "user_code");
        browser.fill(&app, &page, &[("user_code", &code)]).await
    };
    let mut browser = Browser::default();
    crate::factors::at_account(&app, &mut browser).await;
    // Without a second factor there is nothing to log in with.
    let page = look_up(&mut browser, &begin().await).await.is(403);
    assert!(page.body.contains("more certainty than this account can give"), "{}", page.body);
    // With one that was added since, the log-in from before is not enough.
    let (phone, _) = crate::factors::set_up(&app, &mut browser, NOW).await;
    let device = begin().await;
    let page = look_up(&mut browser, &device).await.is(200);
    assert!(page.body.contains("asks for more certainty: log in"), "{}", page.body);
    app.clock.advance(30);
    let second = browser.log_in(&app, &page, PASSWORD).await.is(200);
    let step = crate::factors::field(&second, "step");
    let fields = [("step", step.as_str()), ("code", &phone.code(NOW + 30))];
    let form = crate::factors::form(&second, "/login/code");
    let answer = browser.fill(&app, &form, &fields).await.is(303);
    assert!(answer.header("location").starts_with("/device?user_code="));
    let page = look_up(&mut browser, &device).await.is(200);
    decide(&app, &mut browser, &page, "allow").await.is(200);
    let tokens = poll(&app, &device).await.is(200).json();
    assert_eq!(claims(&text(&tokens, "id_token"))["acr"], "2");
}

#[tokio::test]
async fn a_device_that_is_not_allowed_or_too_late_gets_nothing() {
    let app = stage().await;
    let mut browser = Browser::default();
    let device = begin(&app).await;
    let page = consent_page(&app, &mut browser, &device).await;
    decide(&app, &mut browser, &page, "deny").await.is(200);
    is_told(poll(&app, &device).await, "access_denied");
    assert_eq!(last(&app, "grant", "device-denied", "user", None).await["client"], "tv");
    let device = begin(&app).await;
    let page = consent_page(&app, &mut browser, &device).await;
    app.clock.advance(600);
    decide(&app, &mut browser, &page, "allow").await.is(403);
    is_told(poll(&app, &device).await, "expired_token");
    is_told(poll(&app, &json!({"device_code": "made-up"})).await, "invalid_grant");
}

#[tokio::test]
async fn who_asks_too_often_is_slowed_down_and_another_client_changes_nothing() {
    let app = stage().await;
    let device = begin(&app).await;
    is_told(poll(&app, &device).await, "authorization_pending");
    app.clock.advance(4);
    is_told(poll(&app, &device).await, "slow_down");
    // A thief's polls neither slow the device down nor learn anything.
    for _ in 0..5 {
        is_told(poll_as(&app, "other", &device).await, "invalid_grant");
    }
    app.clock.advance(10);
    is_told(poll(&app, &device).await, "authorization_pending");
}

#[tokio::test]
async fn of_many_polls_at_once_one_gets_tokens() {
    let app = stage().await;
    let device = begin(&app).await;
    let mut browser = Browser::default();
    let page = consent_page(&app, &mut browser, &device).await;
    decide(&app, &mut browser, &page, "allow").await.is(200);
    let answers = join_all((0..16).map(|_| poll(&app, &device))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
}

#[tokio::test]
async fn nobody_finds_a_code_by_trying_and_no_other_site_decides() {
    let app = stage().await;
    let device = begin(&app).await;
    let code = text(&device, "user_code");
    // Who is not logged in learns nothing: a good code and a bad one lead to the same log-in.
    let mut stranger = Browser::default();
    let page = stranger.get(&app, "/device").await.is(200);
    for typed in [code.as_str(), "BCDF-GHJK"] {
        let answer = stranger.fill(&app, &page, &[("user_code", typed)]).await.is(200);
        assert!(answer.body.contains("name=\"password\""));
    }
    // A form of another browser, and one of another purpose.
    let mut browser = Browser::default();
    browser.fill(&app, &page, &[("user_code", &code)]).await.is(400);
    let page = consent_page(&app, &mut browser, &device).await;
    let forged = query(&[("user_code", &code), ("decision", "allow"), ("proof", "x")]);
    browser.send(&app, "POST", "/device/decision", Some(forged)).await.is(400);
    let other = begin(&app).await;
    let swapped = [("user_code", text(&other, "user_code")), ("decision", "allow".to_owned())];
    let swapped: Vec<(&str, &str)> =
        swapped.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.fill(&app, &page, &swapped).await.is(400);
    is_told(poll(&app, &other).await, "authorization_pending");
    // After ten tries in ten minutes even the right one is not looked at.
    let page = browser.get(&app, "/device").await.is(200);
    for _ in 0..9 {
        let answer = browser.fill(&app, &page, &[("user_code", "BCDF-GHJK")]).await.is(403);
        assert!(answer.body.contains("not right"));
    }
    let answer = browser.fill(&app, &page, &[("user_code", &code)]).await.is(403);
    assert!(answer.body.contains("Too many codes"));
    app.clock.advance(601);
    let fresh = begin(&app).await;
    consent_page(&app, &mut browser, &fresh).await;
}

#[tokio::test]
async fn a_log_out_before_the_device_asks_leaves_it_nothing() {
    let app = stage().await;
    let device = begin(&app).await;
    let mut browser = Browser::default();
    let page = consent_page(&app, &mut browser, &device).await;
    decide(&app, &mut browser, &page, "allow").await.is(200);
    let page = browser.get(&app, "/logout").await.is(200);
    browser.fill(&app, &page, &[]).await.is(200);
    is_told(poll(&app, &device).await, "invalid_grant");
}

#[tokio::test]
async fn only_clients_with_the_grant_begin_and_for_what_they_may_have() {
    let app = stage().await;
    let begin =
        async |changes: &[(&str, &str)]| app.post("/device_authorization", &query(changes)).await;
    assert_eq!(begin(&[("client_id", "app")]).await.is(400).json()["error"], "unauthorized_client");
    begin(&[("client_id", "nobody")]).await.is(401);
    begin(&[]).await.is(401);
    let answer = begin(&[("client_id", "tv"), ("scope", "openid admin")]).await.is(400).json();
    assert_eq!(answer["error"], "invalid_scope");
    let answer =
        begin(&[("client_id", "tv"), ("resource", "https://x.example")]).await.is(400).json();
    assert_eq!(answer["error"], "invalid_target");
    // XSS by the code in the address.
    let page = app.get("/device?user_code=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").await.is(200);
    assert!(!page.body.contains("<script"));
    // One address begins only so often.
    for _ in 0..60 {
        begin(&[("client_id", "tv")]).await;
    }
    begin(&[("client_id", "tv")]).await.is(429);
}
