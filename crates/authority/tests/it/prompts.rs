//! What a client asks to be asked of the person (`prompt`, `max_age`): each of it is asked, and none of it for ever.

use crate::app::{Answer, App};
use crate::client_documents;
use crate::people::{Browser, PASSWORD, between, code_of, parameter, query, request, stage, text};

fn authorize(changes: &[(&str, &str)]) -> String {
    format!("/authorize?{}", request(changes))
}

async fn pushed(app: &App, changes: &[(&str, &str)]) -> String {
    let answer = app.post("/par", &request(changes)).await.is(201).json();
    let uri = text(&answer, "request_uri");
    format!("/authorize?{}", query(&[("client_id", "app"), ("request_uri", &uri)]))
}

/// Somebody who is logged in and has allowed the client everything, a while ago.
async fn known(app: &App) -> Browser {
    let mut browser = Browser::default();
    browser.code(app, &[]).await;
    app.clock.advance(10);
    browser
}

#[tokio::test]
async fn a_log_in_and_a_consent_are_both_asked_where_both_are_wanted() {
    let app = stage().await;
    for prompt in ["login consent", "consent login", "select_account consent"] {
        for pushes in [false, true] {
            let mut browser = known(&app).await;
            let changes = [("prompt", prompt)];
            let path = if pushes { pushed(&app, &changes).await } else { authorize(&changes) };
            let page = browser.get(&app, &path).await.is(200);
            assert!(page.body.contains("name=\"password\""), "{prompt}: {}", page.body);
            let answer = browser.log_in(&app, &page, PASSWORD).await.is(303);
            let page = browser.get(&app, answer.header("location")).await.is(200);
            assert!(page.body.contains("action=\"/consent\""), "{prompt}: {}", page.body);
            let answer = browser.fill(&app, &page, &[("decision", "allow")]).await.is(303);
            code_of(&browser.get(&app, answer.header("location")).await.is(303));
        }
    }
}

#[tokio::test]
async fn max_age_0_asks_for_a_log_in_each_time_and_for_one_only() {
    let app = stage().await;
    // Somebody new needs their time on each page.
    for pushes in [false, true] {
        let mut browser = Browser::default();
        for prompt in ["", "consent"] {
            let changes = [("max_age", "0"), ("prompt", prompt)];
            let path = if pushes { pushed(&app, &changes).await } else { authorize(&changes) };
            let page = browser.get(&app, &path).await.is(200);
            assert!(page.body.contains("name=\"password\""), "{}", page.body);
            app.clock.advance(7);
            let answer = browser.log_in(&app, &page, PASSWORD).await.is(303);
            app.clock.advance(7);
            let mut next = browser.get(&app, answer.header("location")).await;
            if next.status == 200 {
                assert!(next.body.contains("action=\"/consent\""), "{}", next.body);
                app.clock.advance(7);
                let answer = browser.fill(&app, &next, &[("decision", "allow")]).await.is(303);
                next = browser.get(&app, answer.header("location")).await;
            }
            code_of(&next.is(303));
        }
        // In the very second of a log-in, too.
        let page = browser.get(&app, &authorize(&[("prompt", "login")])).await.is(200);
        browser.log_in(&app, &page, PASSWORD).await.is(303);
        browser.get(&app, &authorize(&[("max_age", "0")])).await.is(200);
        let silent = authorize(&[("max_age", "0"), ("prompt", "none")]);
        let refused = browser.get(&app, &silent).await.is(303);
        assert_eq!(parameter(&refused, "error").as_deref(), Some("login_required"));
        code_of(&browser.get(&app, &authorize(&[("max_age", "1")])).await.is(303));
        app.clock.advance(2);
        browser.get(&app, &authorize(&[("max_age", "1")])).await.is(200);
    }
}

/// The log-in that a browser brings along is none that was asked for, however short ago it was.
#[tokio::test]
async fn a_pushed_request_asks_for_a_log_in_of_its_own() {
    let app = stage().await;
    for change in [("prompt", "login"), ("max_age", "0")] {
        let mut browser = Browser::default();
        browser.code(&app, &[]).await;
        let path = pushed(&app, &[change]).await;
        for _ in 0..2 {
            let page = browser.get(&app, &path).await.is(200);
            assert!(page.body.contains("name=\"password\""), "{change:?}");
        }
        let page = browser.get(&app, &path).await.is(200);
        let answer = browser.log_in(&app, &page, PASSWORD).await.is(303);
        code_of(&browser.get(&app, answer.header("location")).await.is(303));
    }
}

/// A public client on the person's own machine that is a document is asked about each time, and pushed requests keep
/// their `prompt`: together they must not go round in circles.
#[tokio::test]
async fn a_document_s_pushed_request_is_answered_after_one_log_in_and_one_consent() {
    let (app, site) = client_documents::on_loopback().await;
    let id = site.id();
    for changes in [[("prompt", "login"), ("max_age", "")], [("prompt", ""), ("max_age", "0")]] {
        let mut browser = Browser::default();
        let asked = [
            &[("client_id", id.as_str()), ("redirect_uri", "http://127.0.0.1:4711/cb")],
            &changes[..],
            &[("scope", "openid")],
        ]
        .concat();
        let answer = app.post("/par", &request(&asked)).await.is(201).json();
        let uri = text(&answer, "request_uri");
        let path = format!("/authorize?{}", query(&[("client_id", &id), ("request_uri", &uri)]));
        let page = browser.get(&app, &path).await.is(200);
        app.clock.advance(7);
        let answer = browser.log_in(&app, &page, PASSWORD).await.is(303);
        let page = browser.get(&app, answer.header("location")).await.is(200);
        app.clock.advance(7);
        let answer = browser.fill(&app, &page, &[("decision", "allow")]).await.is(303);
        assert!(parameter(&answer, "code").is_some(), "{:?}", answer.headers);
    }
}

#[tokio::test]
async fn a_hint_fills_the_name_in() {
    let app = stage().await;
    let hint = authorize(&[("login_hint", "ada \"<")]);
    let page = Browser::default().get(&app, &hint).await.is(200);
    assert!(page.body.contains("value=\"ada &#34;&#60;\""), "{}", page.body);
}

#[tokio::test]
async fn a_consent_is_given_by_whom_the_page_names() {
    let app = stage().await;
    let bob = serde_json::json!({"username": "bob", "password": PASSWORD});
    app.admin("POST", "/users", Some(bob)).await.is(201);
    let mut browser = Browser::default();
    let page = browser.get(&app, &authorize(&[])).await.is(200);
    let answer = browser.log_in(&app, &page, PASSWORD).await.is(303);
    let of_ada = browser.get(&app, answer.header("location")).await.is(200);
    assert!(of_ada.body.contains("action=\"/consent\""), "{}", of_ada.body);
    // In another tab, somebody else logs in.
    let page = browser.get(&app, &authorize(&[("prompt", "login")])).await.is(200);
    browser.fill(&app, &page, &[("username", "bob"), ("password", PASSWORD)]).await.is(303);
    browser.fill(&app, &of_ada, &[("decision", "allow")]).await.is(400);
    let asked = browser.get(&app, &authorize(&[])).await.is(200);
    assert!(asked.body.contains("action=\"/consent\""), "{}", asked.body);
}

/// Of another site's form no browser sends the session's cookie along (`SameSite=Lax`).
#[tokio::test]
async fn a_request_that_is_posted_finds_who_is_logged_in() {
    let app = stage().await;
    let mut browser = known(&app).await;
    for changes in [&[][..], &[("prompt", "none")]] {
        let posted = Some(request(changes));
        let answer = Browser::default().send(&app, "POST", "/authorize", posted).await.is(303);
        code_of(&browser.get(&app, answer.header("location")).await.is(303));
    }
    // What cannot be read is told at once, and nothing of a body gets into a header.
    for broken in
        ["client_id=app&client_id=app", "state=%0", "state=a\r\nset-cookie: x=y&client_id=app"]
    {
        let broken = Some(broken.to_owned());
        let answer = Browser::default().send(&app, "POST", "/authorize", broken).await;
        assert_eq!(answer.header("set-cookie"), "", "{:?}", answer.headers);
        if answer.status == 303 {
            let location = answer.header("location").to_owned();
            assert!(location.starts_with("/authorize?state=a%0D%0Aset-cookie"), "{location}");
            // The client's one address is sure, so it is told there.
            let told = browser.get(&app, &location).await.is(303);
            assert_eq!(parameter(&told, "error").as_deref(), Some("invalid_request"));
        } else {
            answer.is(400);
        }
    }
}

/// The form of a page that posts itself.
async fn posted_on(app: &App, browser: &mut Browser, page: &Answer) -> Answer {
    assert_eq!(between(&page.body, "action=\"", "\""), "/authorize?again");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("form-action 'self' https://app.example https:;"), "{policy}");
    let fields = page.body.split("<input type=\"hidden\" ").skip(1);
    let fields: Vec<(String, String)> = fields
        .map(|field| (between(field, "name=\"", "\""), between(field, "value=\"", "\"")))
        .collect();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    browser.send(app, "POST", "/authorize?again", Some(query(&fields))).await
}

#[tokio::test]
async fn a_request_too_long_for_an_address_gets_through() {
    let app = stage().await;
    let state = "a&b ".repeat(1_500);
    let asked = request(&[("state", &state)]);
    let post = async |browser: &mut Browser| {
        let page = browser.send(&app, "POST", "/authorize", Some(asked.clone())).await.is(200);
        // Where a browser keeps no cookies, it goes round once and no more.
        posted_on(&app, browser, &page).await
    };
    let mut browser = Browser::default();
    let page = post(&mut browser).await.is(200);
    let page = browser.log_in(&app, &page, PASSWORD).await.is(200);
    let page = posted_on(&app, &mut browser, &page).await.is(200);
    let page = browser.fill(&app, &page, &[("decision", "allow")]).await.is(200);
    let answer = posted_on(&app, &mut browser, &page).await.is(303);
    assert!(parameter(&answer, "code").is_some());
    assert_eq!(parameter(&answer, "state").as_deref(), Some(&*state));
    // Logged in, and from another site: once round, and nothing is asked.
    let page = Browser::default().send(&app, "POST", "/authorize", Some(asked.clone())).await;
    let answer = posted_on(&app, &mut browser, &page.is(200)).await.is(303);
    assert!(parameter(&answer, "code").is_some());
}

/// Browsers hold to a page's policy wherever its form leads in the end, behind the client's address as well.
#[tokio::test]
async fn a_client_sends_people_on_from_its_address() {
    let app = stage().await;
    let native = serde_json::json!({
        "client_id": "native", "auth_method": "none", "scopes": ["openid"],
        "redirect_uris": ["http://127.0.0.1/cb", "com.example.app:/cb"],
    });
    app.admin("POST", "/clients", Some(native)).await.is(201);
    for (client, address, allowed) in [
        ("app", "https://app.example/cb", "'self' https://app.example https:"),
        (
            "native",
            "http://127.0.0.1:4711/cb",
            "'self' http://127.0.0.1:4711 https: http://127.0.0.1:* http://localhost:*",
        ),
        ("native", "com.example.app:/cb", "'self' com.example.app: https:"),
    ] {
        let changes = [("client_id", client), ("redirect_uri", address), ("scope", "openid")];
        let mut browser = Browser::default();
        let page = browser.get(&app, &authorize(&changes)).await.is(200);
        let consent = browser.log_in(&app, &page, PASSWORD).await.is(303);
        let consent = browser.get(&app, consent.header("location")).await.is(200);
        for page in [page, consent] {
            let policy = page.header("content-security-policy");
            assert!(policy.contains(&format!("form-action {allowed};")), "{policy}");
        }
    }
    let page = Browser::default().get(&app, "/account").await.is(200);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("form-action 'self' ;"), "{policy}");
}
