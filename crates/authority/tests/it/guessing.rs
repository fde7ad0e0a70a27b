//! Guessing passwords: it is slowed down, tells nothing about accounts, and locks nobody out.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::Body;
use http::Request;
use serde_json::json;

use crate::app::{Answer, App};
use crate::factors::field;
use crate::people::{Browser, PASSWORD, query, request, with_people};

/// Behind a proxy that says where requests come from.
pub(crate) async fn behind_a_proxy() -> App {
    let app = App::with(|config| config.trusted_proxy = true).await;
    with_people(&app).await;
    app
}

/// A log-in attempt from an address, by a browser that is new each time.
pub(crate) async fn attempt(app: &App, address: IpAddr, username: &str, password: &str) -> Answer {
    let mut browser = Browser::default();
    let page = browser.get(app, &format!("/authorize?{}", request(&[]))).await.is(200);
    let form = query(&[
        ("proof", &field(&page, "proof")),
        ("request", &field(&page, "request")),
        ("username", username),
        ("password", password),
    ]);
    let (name, value) = &browser.cookies[0];
    let request = Request::post("/login")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", format!("{name}={value}"))
        .header("x-forwarded-for", address.to_string());
    app.send(request.body(Body::from(form)).unwrap()).await
}

pub(crate) fn address(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))
}

fn waits(answer: &Answer) -> bool {
    answer.body.contains("too many wrong attempts")
}

#[tokio::test]
async fn an_unknown_name_is_told_and_costs_what_a_known_one_does() {
    let app = behind_a_proxy().await;
    let off = json!({ "username": "bob", "password": PASSWORD });
    app.admin("POST", "/users", Some(off)).await.is(201);
    app.admin("PATCH", "/users/bob", Some(json!({ "disabled": true }))).await.is(200);
    let mut stories = Vec::new();
    // Known, disabled with the right password, unknown: each until it is stopped.
    for (nth, name) in ["ada", "bob", "eve"].into_iter().enumerate() {
        let from = address(u8::try_from(nth).unwrap());
        let mut story = Vec::new();
        for guess in 0..12 {
            let password = if name == "bob" && guess == 0 { PASSWORD } else { "wrong password" };
            let password =
                format!("{password}{}", if guess > 0 { guess.to_string() } else { String::new() });
            let before = app.figure("claviger_argon2_runs_total").await;
            let answer = attempt(&app, from, name, &password).await.is(403);
            let runs = app.figure("claviger_argon2_runs_total").await - before;
            // What differs by nature: the name, and what is random.
            let mut body = answer.body.replace(&format!("value=\"{name}\""), "value=\"NAME\"");
            for mark in ["name=\"proof\" value=\"", "name=\"ticket\" value=\"", "data-options=\""] {
                if let Some((head, rest)) = body.clone().split_once(mark) {
                    let rest = rest.split_once('"').unwrap().1;
                    body = format!("{head}{rest}");
                }
            }
            story.push((answer.status, runs as u32, body));
        }
        assert!(story.iter().any(|(_, runs, _)| *runs == 1) && story[11].1 == 0, "{name}");
        stories.push(story);
    }
    assert_eq!(stories[0], stories[1]);
    assert_eq!(stories[0], stories[2]);
}

#[tokio::test]
async fn nobody_can_lock_somebody_out_of_their_own_browser() {
    let app = behind_a_proxy().await;
    let mut owner = Browser::default();
    let page = owner.get(&app, &format!("/authorize?{}", request(&[]))).await.is(200);
    owner.log_in(&app, &page, PASSWORD).await.is(303);
    owner.cookies.retain(|(name, _)| !name.contains("session"));
    // From many addresses, until everybody has to wait.
    for last in 0..40 {
        for guess in 0..3 {
            attempt(&app, address(last), "ada", &format!("guess number {guess}")).await.is(403);
        }
    }
    let stranger = attempt(&app, address(200), "ada", PASSWORD).await.is(403);
    assert!(waits(&stranger), "{}", stranger.body);
    // Another account is not touched by that, and the owner's browser has a budget of its own.
    assert!(!waits(&attempt(&app, address(201), "eve", "wrong password").await));
    let page = owner.get(&app, &format!("/authorize?{}", request(&[]))).await.is(200);
    owner.log_in(&app, &page, "a slip of the finger").await.is(403);
    owner.log_in(&app, &page, PASSWORD).await.is(303);
    // In a new browser they wait a minute, not for ever.
    app.clock.advance(61);
    attempt(&app, address(202), "ada", PASSWORD).await.is(303);
}

/// The log-in page of the account, and the mark that the browser got with it.
async fn account_page(app: &App) -> (Answer, String) {
    let get = Request::get("/account").header("accept", "text/html");
    let page = app.send(get.body(Body::empty()).unwrap()).await.is(200);
    let mark = page.header("set-cookie").split(';').next().unwrap().to_owned();
    (page, mark)
}

#[tokio::test]
async fn nobody_makes_up_a_known_browser() {
    let app = behind_a_proxy().await;
    let mut owner = Browser::default();
    let page = owner.get(&app, &format!("/authorize?{}", request(&[]))).await.is(200);
    owner.log_in(&app, &page, PASSWORD).await.is(303);
    let (name, good) =
        owner.cookies.iter().find(|(name, _)| name.contains("known")).unwrap().clone();
    let other = if good.starts_with('A') { 'B' } else { 'A' };
    // Made up, too short, and the owner's with another number: each from an address of its own.
    let made_up = ["x".repeat(64), "A".repeat(43), format!("{other}{}", &good[1..])];
    for (nth, cookie) in made_up.into_iter().enumerate() {
        let from = address(u8::try_from(nth).unwrap());
        let (page, mark) = account_page(&app).await;
        for guess in 0..10 {
            let body = query(&[
                ("proof", &field(&page, "proof")),
                ("request", "/account"),
                ("username", "ada"),
                ("password", &format!("guess number {guess}")),
            ]);
            let request = Request::post("/login")
                .header("content-type", "application/x-www-form-urlencoded")
                .header("cookie", format!("{mark}; {name}={cookie}"))
                .header("x-forwarded-for", from.to_string());
            let answer = app.send(request.body(Body::from(body)).unwrap()).await.is(403);
            assert!(!waits(&answer), "{cookie}: {guess}");
        }
        // All of it was counted as a stranger's: others from there have to wait.
        assert!(waits(&attempt(&app, from, "ada", PASSWORD).await), "{cookie}");
    }
}
