//! The admin API for people: what is known of them, their password, their second factors, their log-ins.

use serde_json::{Value, json};

use crate::app::{NOW, claims};
use crate::factors::{at_account, set_up};
use crate::people::{Browser, PASSWORD, granted, is_refused, refresh, stage, text};

#[tokio::test]
async fn what_is_named_changes_and_the_rest_stays() {
    let app = stage().await;
    let change = json!({
        "given_name": "Ada", "family_name": "Lovelace", "email_verified": true, "groups": ["staff", "it"],
        "attributes": {"department": "engines", "desk": {"floor": 3}}, "locale": "en-GB",
        "picture": "https://pictures.example/ada.png", "address": {"country": "UK"},
    });
    app.clock.advance(5);
    let user = app.admin("PATCH", "/users/ada", Some(change.clone())).await.is(200).json();
    for (name, value) in change.as_object().unwrap() {
        assert_eq!(&user[name], value, "{name}");
    }
    assert_eq!((&user["email"], &user["updated_at"]), (&json!("ada@example.org"), &json!(NOW + 5)));
    assert!(user.get("password_hash").is_none(), "{user}");
    // By the id as well; null takes away; a new address is unproven.
    let path = format!("/users/{}", text(&user, "id"));
    let change = json!({ "locale": null, "email": "ada@new.example", "username": " Ada.L " });
    let user = app.admin("PATCH", &path, Some(change)).await.is(200).json();
    assert_eq!(user["locale"], Value::Null);
    assert_eq!((&user["email_verified"], &user["username"]), (&json!(false), &json!("ada.l")));
    assert_eq!(app.admin("GET", "/users/ada.l", None).await.is(200).json(), user);
    app.admin("GET", "/users/ada", None).await.is(404);
    // The new name logs in.
    let mut browser = Browser::default();
    let page = browser.get(&app, "/account").await.is(200);
    browser.fill(&app, &page, &[("username", "ada.l"), ("password", PASSWORD)]).await.is(303);
}

#[tokio::test]
async fn what_cannot_stand_is_refused_by_its_name() {
    let app = stage().await;
    let bob = json!({ "username": "bob", "password": PASSWORD });
    app.admin("POST", "/users", Some(bob)).await.is(201);
    for (change, status, said) in [
        (json!({ "username": "bob" }), 409, "bob"),
        (json!({ "username": null }), 422, "username"),
        (json!({ "username": 7 }), 422, "username"),
        (json!({ "email": "nowhere" }), 422, "email"),
        (json!({ "picture": "javascript:alert(1)" }), 422, "picture"),
        (json!({ "groups": "staff" }), 422, "groups: the value is of another kind"),
        (json!({ "name": "Ada", "email_verified": "maybe" }), 422, "email_verified: "),
        (json!({ "attributes": { "a": "x".repeat(9000) } }), 422, "attributes"),
        (json!({ "address": { "planet": "Mars" } }), 422, "address: "),
        (json!({ "id": "x" }), 400, "`id`"),
        (json!({ "password_hash": "x" }), 400, "`password_hash`"),
        (json!({ "password": "x" }), 400, "`password`"),
        (json!({ "created_at": 1 }), 400, "`created_at`"),
        (json!([]), 400, ""),
    ] {
        let answer = app.admin("PATCH", "/users/ada", Some(change.clone())).await.is(status).json();
        assert!(text(&answer, "detail").contains(said), "{change}: {answer}");
    }
    for (body, status) in [
        (json!({ "password": "short" }), 422),
        (json!({ "password": 7 }), 400),
        (json!({}), 400),
        (json!({ "password": PASSWORD, "x": 1 }), 400),
    ] {
        app.admin("PUT", "/users/ada/password", Some(body)).await.is(status);
    }
    app.admin("PATCH", "/users/nobody", Some(json!({}))).await.is(404);
}

#[tokio::test]
async fn who_is_disabled_loses_everything_and_comes_back_without_it() {
    let app = stage().await;
    let tokens = granted(&app).await;
    let mut browser = Browser::default();
    at_account(&app, &mut browser).await;
    app.admin("PATCH", "/users/ada", Some(json!({ "disabled": true }))).await.is(200);
    let refused = refresh(&app, &text(&tokens, "refresh_token")).await.is(400).json();
    assert!(["session-ended", "subject-revoked"].contains(&text(&refused, "code").as_str()));
    let sub = claims(&text(&tokens, "access_token"))["sub"].clone();
    let list = app.admin("GET", "/revocations", None).await.is(200).json();
    let revoked = list["items"].as_array().unwrap();
    assert!(revoked.iter().any(|one| one["kind"] == "subject" && one["value"] == sub), "{list}");
    let page = browser.get(&app, "/account").await.is(200);
    browser.log_in(&app, &page, PASSWORD).await.is(403);
    app.clock.advance(60);
    app.admin("PATCH", "/users/ada", Some(json!({ "disabled": false }))).await.is(200);
    let sessions = app.admin("GET", "/users/ada/sessions", None).await.is(200).json();
    assert_eq!(sessions["items"], json!([]));
    browser.log_in(&app, &page, PASSWORD).await.is(303);
    granted(&app).await;
}

#[tokio::test]
async fn the_administrator_lists_and_ends_log_ins_and_sets_a_password() {
    let app = stage().await;
    let tokens = granted(&app).await;
    let mut browser = Browser::default();
    set_up(&app, &mut browser, NOW).await;
    let sessions = app.admin("GET", "/users/ada/sessions", None).await.is(200).json();
    assert_eq!(sessions["items"].as_array().unwrap().len(), 2, "{sessions}");
    assert_eq!(sessions["items"][0]["amr"], json!(["pwd"]));
    assert_eq!(sessions["items"][0]["browser"], "an unknown browser");
    let sid = text(&claims(&text(&tokens, "access_token")), "sid");
    app.admin("DELETE", &format!("/sessions/{sid}"), None).await.is(204);
    app.admin("DELETE", &format!("/sessions/{sid}"), None).await.is(404);
    is_refused(refresh(&app, &text(&tokens, "refresh_token")).await, "session-ended");
    app.admin("DELETE", "/users/ada/sessions", None).await.is(204);
    assert!(browser.get(&app, "/account").await.body.contains("name=\"password\""));
    // A password of the administrator's leaves the second factor in place.
    let body = json!({ "password": "another good password" });
    app.admin("PUT", "/users/ada/password", Some(body)).await.is(204);
    let page = browser.get(&app, "/account").await.is(200);
    browser.log_in(&app, &page, PASSWORD).await.is(403);
    let page = browser.log_in(&app, &page, "another good password").await.is(200);
    assert!(page.body.contains("One more step"), "{}", page.body);
}
