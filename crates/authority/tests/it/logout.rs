//! Log-out: asked for by an application, and told to the others.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::Form;
use axum::routing::post;
use http::StatusCode;
use serde_json::{Value, json};

use crate::app::{Answer, App, ISSUER, claims, header};
use crate::journal::{entries, last};
use crate::people::{Browser, REDIRECT, query, redeem, request, stage, text};
use crate::registration::register;

const OUT: &str = "https://app.example/out";

async fn with_out() -> App {
    let app = stage().await;
    let change = json!({ "post_logout_redirect_uris": [OUT], "first_party": true });
    app.admin("PATCH", "/clients/app", Some(change)).await.is(200);
    app
}

async fn logged_in(app: &App, browser: &mut Browser) -> Value {
    let code = browser.code(app, &[]).await;
    redeem(app, &code, &[]).await.is(200).json()
}

async fn is_logged_in(app: &App, browser: &mut Browser) -> bool {
    let silent = request(&[("prompt", "none")]);
    let answer = browser.get(app, &format!("/authorize?{silent}")).await.is(303);
    answer.header("location").contains("code=")
}

fn asking(pairs: &[(&str, &str)]) -> String {
    format!("/logout?{}", query(pairs))
}

#[tokio::test]
async fn the_hint_of_this_very_log_in_ends_it_and_sends_back() {
    let app = with_out().await;
    let mut browser = Browser::default();
    let tokens = logged_in(&app, &mut browser).await;
    let hint = text(&tokens, "id_token");
    // However old it is.
    app.clock.advance(7200);
    let asked = [("id_token_hint", &*hint), ("post_logout_redirect_uri", OUT), ("state", "a&b")];
    let answer = browser.get(&app, &asking(&asked)).await.is(303);
    assert_eq!(answer.header("location"), "https://app.example/out?state=a%26b");
    assert!(!is_logged_in(&app, &mut browser).await);
    // Once more: nobody is logged in, and the browser goes back all the same.
    let answer = browser.get(&app, &asking(&asked)).await.is(303);
    assert_eq!(answer.header("location"), "https://app.example/out?state=a%26b");
}

#[tokio::test]
async fn without_such_a_hint_the_person_is_asked() {
    let app = with_out().await;
    let (mut browser, mut other) = (Browser::default(), Browser::default());
    logged_in(&app, &mut browser).await;
    let foreign = text(&logged_in(&app, &mut other).await, "id_token");
    let (body, signature) = foreign.rsplit_once('.').unwrap();
    let (first, rest) = signature.split_at(1);
    let forged = format!("{body}.{}{rest}", if first == "A" { "B" } else { "A" });
    for asked in [
        vec![],
        vec![("client_id", "app"), ("post_logout_redirect_uri", OUT)],
        // The hint of another log-in, one that is damaged, and what is none.
        vec![("id_token_hint", &*foreign), ("post_logout_redirect_uri", OUT)],
        vec![("id_token_hint", &*forged), ("post_logout_redirect_uri", OUT)],
        vec![("id_token_hint", "x"), ("client_id", "app"), ("post_logout_redirect_uri", OUT)],
    ] {
        let page = browser.get(&app, &asking(&asked)).await.is(200);
        assert!(page.body.contains("Log out?"), "{}", page.body);
        assert!(is_logged_in(&app, &mut browser).await, "{asked:?}");
        let policy = page.header("content-security-policy");
        let goes_back = !asked.is_empty();
        assert_eq!(policy.contains("form-action 'self' https://app.example https:;"), goes_back);
    }
    // Nor by a form of another site, which comes without the session.
    let form = query(&[("id_token_hint", &foreign)]);
    let page = Browser::default().send(&app, "POST", "/logout", Some(form)).await.is(200);
    assert!(page.body.contains("Log out?"));
    // Who says yes goes back to where the application wanted.
    let asked = [("client_id", "app"), ("post_logout_redirect_uri", OUT), ("state", "s")];
    let page = browser.get(&app, &asking(&asked)).await.is(200);
    let answer = browser.fill(&app, &page, &[]).await.is(303);
    assert_eq!(answer.header("location"), "https://app.example/out?state=s");
    assert!(!is_logged_in(&app, &mut browser).await);
    assert!(is_logged_in(&app, &mut other).await);
}

/// mod_auth_openidc CVE-2019-20479, CVE-2019-14857, CVE-2022-23527: an open redirect by log-out.
#[tokio::test]
async fn a_log_out_sends_nobody_to_an_address_that_is_not_registered() {
    let app = with_out().await;
    let mut browser = Browser::default();
    let hint = text(&logged_in(&app, &mut browser).await, "id_token");
    for bad in [
        "https://app.example/out/",
        "https://app.example/out?x",
        "https://app.example/outside",
        "https://app.example.evil.example/out",
        "https://app.example@evil.example/out",
        "https://evil.example\\@app.example/out",
        "\\\\evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "\t//evil.example",
        "https:evil.example",
        "https://app.example/out\t",
        "https://app.example/out\r\nLocation: https://evil.example",
        "javascript:alert(1)",
        REDIRECT,
    ] {
        for client in [("id_token_hint", &*hint), ("client_id", "app"), ("client_id", "nobody")] {
            let asked = asking(&[client, ("post_logout_redirect_uri", bad)]);
            let answer = browser.get(&app, &asked).await.is(400);
            assert_eq!(answer.header("location"), "", "{bad:?}");
            assert!(!answer.body.contains("<script") && !answer.body.contains("href=\"javascript"));
        }
        let nobody = browser.get(&app, &asking(&[("post_logout_redirect_uri", bad)])).await;
        assert_eq!(nobody.is(400).header("location"), "");
    }
    assert!(is_logged_in(&app, &mut browser).await, "a request that is refused ends nothing");
    // The hint and the name have to agree, and parameters stand once.
    let asked = asking(&[("id_token_hint", &hint), ("client_id", "nobody")]);
    browser.get(&app, &asked).await.is(400);
    browser.get(&app, &asking(&[("state", "a"), ("state", "b")])).await.is(400);
}

/// Where clients are told of log-outs: it keeps what came and answers as it is told to.
#[derive(Clone, Default)]
struct Receiver {
    came: Arc<Mutex<Vec<String>>>,
    refuse: Arc<Mutex<u32>>,
}

impl Receiver {
    async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let receiver = self.clone();
        let taking = move |Form(form): Form<Vec<(String, String)>>| async move {
            let (name, token) = form.into_iter().next().unwrap();
            assert_eq!(name, "logout_token");
            receiver.came.lock().unwrap().push(token);
            let mut refuse = receiver.refuse.lock().unwrap();
            if *refuse > 0 {
                *refuse -= 1;
                return StatusCode::INTERNAL_SERVER_ERROR;
            }
            StatusCode::OK
        };
        let router = axum::Router::new().route("/bc", post(taking));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        format!("http://{address}/bc")
    }

    fn came(&self) -> Vec<String> {
        self.came.lock().unwrap().clone()
    }

    /// Waits until so many have come.
    async fn wait_for(&self, count: usize) -> Vec<String> {
        for _ in 0..600 {
            if self.came().len() >= count {
                return self.came();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("only {} of {count} came", self.came().len());
    }
}

#[tokio::test]
async fn applications_of_a_log_in_are_told_of_its_end() {
    let app = with_out().await;
    let receiver = Receiver::default();
    let uri = receiver.start().await;
    let change =
        json!({ "backchannel_logout_uri": uri, "backchannel_logout_session_required": true });
    app.admin("PATCH", "/clients/app", Some(change)).await.is(200);
    let pairwise = json!({
        "client_id": "sister", "auth_method": "none", "redirect_uris": [REDIRECT], "scopes": ["openid"],
        "subject_type": "pairwise", "first_party": true, "backchannel_logout_uri": uri,
    });
    app.admin("POST", "/clients", Some(pairwise)).await.is(201);
    let deaf = json!({
        "client_id": "deaf", "auth_method": "none", "redirect_uris": [REDIRECT], "scopes": ["openid"],
        "first_party": true,
    });
    app.admin("POST", "/clients", Some(deaf)).await.is(201);
    let mut browser = Browser::default();
    let mut subs = Vec::new();
    let mut sid = String::new();
    for client in ["app", "sister", "deaf"] {
        let change = [("client_id", client), ("scope", "openid")];
        let asked = format!("/authorize?{}", request(&change));
        let page = browser.get(&app, &asked).await;
        let answer = if page.status == 200 {
            let next = browser.log_in(&app, &page, crate::people::PASSWORD).await.is(303);
            browser.get(&app, next.header("location")).await
        } else {
            page
        };
        let code = crate::people::code_of(&answer.is(303));
        let given = redeem(&app, &code, &[("client_id", client)]).await.is(200).json();
        let id = claims(&text(&given, "id_token"));
        subs.push(text(&id, "sub"));
        sid = text(&id, "sid");
    }
    let page = browser.get(&app, "/logout").await.is(200);
    browser.fill(&app, &page, &[]).await.is(200);
    let mut told = receiver.wait_for(2).await;
    told.sort_by_key(|token| text(&claims(token), "aud"));
    let mut ids = Vec::new();
    for (token, (client, sub)) in told.iter().zip([("app", &subs[0]), ("sister", &subs[1])]) {
        assert_eq!(header(token)["typ"], "logout+jwt");
        let said = claims(token);
        assert_eq!((&said["iss"], &said["aud"]), (&json!(ISSUER), &json!(client)));
        assert_eq!((&said["sub"], &said["sid"]), (&json!(sub), &json!(sid)));
        let event = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
        assert_eq!(said["events"], event);
        assert!(said.get("nonce").is_none());
        assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 120);
        ids.push(text(&said, "jti"));
        // A logout token opens nothing.
        let answer = app.post("/userinfo", &query(&[("access_token", token)])).await;
        assert_eq!(answer.status, 401);
    }
    assert_ne!(ids[0], ids[1]);
    assert_eq!(receiver.came().len(), 2, "who does not want to know is not told");
    for client in ["app", "sister"] {
        // An entry is written once the answer has come.
        let entry = until_written(&app, "client-told", client).await;
        assert_eq!((&entry["session"], &entry["attempts"]), (&json!(sid), &json!(1)));
    }
}

async fn until_written(app: &App, code: &str, client: &str) -> Value {
    let ada = text(&app.admin("GET", "/users/ada", None).await.is(200).json(), "id");
    for _ in 0..600 {
        if !entries(app, &format!("&code={code}&client={client}")).await.is_empty() {
            return last(app, "log-out", code, "authority", Some(&ada)).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no {code} of {client}");
}

/// Lets the time pass after which a client is not tried again.
async fn until_given_up(app: &App, client: &str) -> Value {
    let asked = format!("&code=client-not-told&client={client}");
    for _ in 0..1000 {
        if !entries(app, &asked).await.is_empty() {
            break;
        }
        // The queue is looked at as soon as the clock is moved. By small steps: in the end no more than weeks have
        // passed, on a slow machine as well, and nothing else has expired.
        app.clock.advance(3600);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    until_written(app, "client-not-told", client).await
}

/// After about a day it is given up; the journal says of whom and why, for somebody has to look at that application.
#[tokio::test]
async fn a_client_that_cannot_be_told_is_given_up_and_stands_in_the_journal() {
    let app = with_out().await;
    let receiver = Receiver::default();
    *receiver.refuse.lock().unwrap() = u32::MAX;
    let uri = receiver.start().await;
    let change = json!({ "backchannel_logout_uri": uri });
    app.admin("PATCH", "/clients/app", Some(change)).await.is(200);
    let mut browser = Browser::default();
    logged_in(&app, &mut browser).await;
    let page = browser.get(&app, "/logout").await.is(200);
    browser.fill(&app, &page, &[]).await.is(200);
    let entry = until_given_up(&app, "app").await;
    assert_eq!((&entry["attempts"], &entry["reason"]), (&json!(10), &json!("status 500")));
    assert_eq!(receiver.came().len(), 10);
}

/// A client that registered itself is told at the address that it named, as long as that lies outside.
#[tokio::test]
async fn a_registered_client_is_told_outside_and_never_inside() {
    let receiver = Receiver::default();
    let uri = receiver.start().await;
    for on_loopback in [true, false] {
        let app = App::with(|config| {
            config.registration.mode = claviger_authority::RegistrationMode::Open;
            config.registration.danger_client_addresses_on_loopback = on_loopback;
        })
        .await;
        crate::people::with_people(&app).await;
        let named = if on_loopback { uri.clone() } else { uri.replace("http:", "https:") };
        let body = json!({
            "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none", "scope": "openid",
            "post_logout_redirect_uris": [OUT], "backchannel_logout_uri": named,
            "backchannel_logout_session_required": true,
        });
        let made = register(&app, None, &body).await.is(201).json();
        let id = text(&made, "client_id");
        let changes = [("client_id", id.as_str()), ("scope", "openid")];
        let mut browser = Browser::default();
        let code = browser.code(&app, &changes).await;
        let tokens = redeem(&app, &code, &changes[..1]).await.is(200).json();
        let hint = text(&tokens, "id_token");
        let asked = [("id_token_hint", &*hint), ("post_logout_redirect_uri", OUT)];
        let answer = browser.get(&app, &asking(&asked)).await.is(303);
        assert_eq!(answer.header("location"), OUT);
        if on_loopback {
            receiver.wait_for(1).await;
            until_written(&app, "client-told", &id).await;
            continue;
        }
        let entry = until_given_up(&app, &id).await;
        assert!(text(&entry, "reason").contains("public"), "{entry}");
        assert_eq!(receiver.came().len(), 1, "nothing was sent inside");
    }
}

/// A receiver that is down is told later, by the next process, too; whoever removes an account tells of all its
/// log-ins.
#[tokio::test]
async fn a_notice_outlives_its_receiver_s_trouble_and_the_process() {
    let app = with_out().await;
    let receiver = Receiver::default();
    *receiver.refuse.lock().unwrap() = 1;
    let uri = receiver.start().await;
    let change = json!({ "backchannel_logout_uri": uri });
    app.admin("PATCH", "/clients/app", Some(change)).await.is(200);
    for _ in 0..2 {
        logged_in(&app, &mut Browser::default()).await;
    }
    let users = app.admin("GET", "/users", None).await.is(200).json();
    let id = text(&users["items"][0], "id");
    app.admin("DELETE", &format!("/users/{id}"), None).await.is(204);
    // One of the two was not taken; the clock stands still, so it is not due again yet.
    receiver.wait_for(2).await;
    let app = app.restart().await;
    assert_eq!(receiver.came().len(), 2);
    app.clock.advance(2);
    let told = receiver.wait_for(3).await;
    let sessions: std::collections::BTreeSet<String> =
        told.iter().map(|token| text(&claims(token), "sid")).collect();
    assert_eq!(sessions.len(), 2);
    // Taken is taken.
    app.clock.advance(100_000);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(receiver.came().len(), 3);
}

#[tokio::test]
async fn no_notice_goes_to_an_address_that_is_not_safe() {
    let app = with_out().await;
    for bad in ["http://intranet.example/bc", "https://u@app.example/bc", "ftp://app.example", "x"]
    {
        let change = json!({ "backchannel_logout_uri": bad });
        let answer: Answer = app.admin("PATCH", "/clients/app", Some(change)).await.is(422);
        assert!(text(&answer.json(), "detail").starts_with("backchannel_logout_uri"));
    }
}
