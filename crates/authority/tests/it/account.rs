//! The account page: its owner sees what is theirs and changes it, and nobody else does.

use serde_json::json;

use crate::app::{Answer, App, claims};
use crate::factors::{at_account, field, form};
use crate::people::{
    Browser, PASSWORD, between, granted, is_refused, query, redeem, refresh, request, stage, text,
};

async fn change_password(
    app: &App,
    browser: &mut Browser,
    old: &str,
    new: &str,
    again: &str,
) -> Answer {
    let page = browser.get(app, "/account").await.is(200);
    let page = form(&page, "/account/password");
    browser.fill(app, &page, &[("old", old), ("new", new), ("again", again)]).await
}

#[tokio::test]
async fn somebody_sees_their_log_ins_and_ends_one_or_all_others() {
    let app = stage().await;
    let mut here = Browser::default();
    at_account(&app, &mut here).await;
    // An application got tokens in another browser.
    let tokens = granted(&app).await;
    let mut third = Browser::default();
    at_account(&app, &mut third).await;
    let page = here.get(&app, "/account").await.is(200);
    assert_eq!(page.body.matches("this one").count(), 1);
    // The one that is sure, and what ends all others, stand before a list that may be long.
    assert!(page.body.find("this one") < page.body.find("value=\"others\""), "{}", page.body);
    assert!(page.body.find("value=\"others\"") < page.body.find("value=\"end\""));
    assert_eq!(page.body.matches("action=\"/account/sessions\"").count(), 3, "{}", page.body);
    let sid = text(&claims(&text(&tokens, "access_token")), "sid");
    let end = form(&page, "/account/sessions");
    let answer = here.fill(&app, &end, &[("action", "end"), ("sid", &sid)]).await.is(303);
    let page = here.get(&app, answer.header("location")).await.is(200);
    assert!(page.body.contains("That log-in has ended."), "{}", page.body);
    is_refused(refresh(&app, &text(&tokens, "refresh_token")).await, "session-ended");
    let list = app.admin("GET", "/revocations", None).await.is(200).json();
    let revoked = list["items"].as_array().unwrap();
    assert!(revoked.iter().any(|one| one["kind"] == "session" && one["value"] == sid), "{list}");
    here.fill(&app, &end, &[("action", "others")]).await.is(303);
    assert!(third.get(&app, "/account").await.body.contains("name=\"password\""));
    assert!(here.get(&app, "/account").await.body.contains("this one"));
}

/// An application that may not refresh has access tokens all the same, by a code or on a device.
#[tokio::test]
async fn what_is_taken_back_ends_access_tokens_that_nothing_refreshes() {
    let app = stage().await;
    let change = json!({ "grants": ["authorization_code"] });
    app.admin("PATCH", "/clients/app", Some(change)).await.is(200);
    let tokens = granted(&app).await;
    assert!(tokens.get("refresh_token").is_none(), "{tokens}");
    let access = text(&tokens, "access_token");
    let living = async || {
        let form = query(&[("access_token", &access)]);
        app.post("/userinfo", &form).await.status == 200
    };
    assert!(living().await);
    let mut browser = Browser::default();
    let page = at_account(&app, &mut browser).await;
    let page = form(&page, "/account/applications");
    browser.fill(&app, &page, &[("client", "app")]).await.is(303);
    assert!(!living().await);
    let grant = claims(&access)["grant_id"].clone();
    let list = app.admin("GET", "/revocations", None).await.is(200).json();
    let revoked = list["items"].as_array().unwrap();
    assert!(revoked.iter().any(|one| one["kind"] == "grant" && one["value"] == grant), "{list}");
    // What is allowed anew afterwards is another grant.
    let again = text(&granted(&app).await, "access_token");
    let form = query(&[("access_token", &again)]);
    app.post("/userinfo", &form).await.is(200);
}

#[tokio::test]
async fn nobody_ends_another_person_s_log_in() {
    let app = stage().await;
    let bob = json!({ "username": "bob", "password": PASSWORD });
    app.admin("POST", "/users", Some(bob)).await.is(201);
    let mut ada = Browser::default();
    at_account(&app, &mut ada).await;
    let sessions = app.admin("GET", "/users/ada/sessions", None).await.is(200).json();
    let sid = text(&sessions["items"][0], "sid");
    let mut bob = Browser::default();
    let page = bob.get(&app, "/account").await.is(200);
    bob.fill(&app, &page, &[("username", "bob"), ("password", PASSWORD)]).await.is(303);
    let page = bob.get(&app, "/account").await.is(200);
    let proof = field(&form(&page, "/account/password"), "proof");
    let wanted = query(&[("proof", &proof), ("action", "end"), ("sid", &sid)]);
    bob.send(&app, "POST", "/account/sessions", Some(wanted.clone())).await.is(303);
    assert!(ada.get(&app, "/account").await.body.contains("this one"));
    // A form without the proof, or with that of another session, does nothing at all.
    for proof in ["", "x", proof.as_str()] {
        let forged = query(&[("proof", proof), ("action", "others")]);
        ada.send(&app, "POST", "/account/sessions", Some(forged)).await.is(400);
    }
    // Nobody is logged in: nothing happens but a log-in.
    let answer = Browser::default().send(&app, "POST", "/account/sessions", Some(wanted)).await;
    assert!(answer.is(200).body.contains("name=\"password\""));
}

#[tokio::test]
async fn one_browser_is_one_person() {
    let app = stage().await;
    let bob = json!({ "username": "bob", "password": PASSWORD });
    app.admin("POST", "/users", Some(bob)).await.is(201);
    let mut browser = Browser::default();
    at_account(&app, &mut browser).await;
    let wanted = request(&[("prompt", "login")]);
    let page = browser.get(&app, &format!("/authorize?{wanted}")).await.is(200);
    let before = browser.cookies.clone();
    browser.fill(&app, &page, &[("username", "bob"), ("password", PASSWORD)]).await.is(303);
    let session = |cookies: &[(String, String)]| {
        cookies.iter().find(|(name, _)| name.contains("session")).unwrap().1.clone()
    };
    assert_ne!(session(&before), session(&browser.cookies));
    let sessions = app.admin("GET", "/users/ada/sessions", None).await.is(200).json();
    assert_eq!(sessions["items"], json!([]));
}

#[tokio::test]
async fn what_was_allowed_is_taken_back_with_what_came_of_it() {
    let app = stage().await;
    let mut browser = Browser::default();
    let code = browser.code(&app, &[]).await;
    let tokens = redeem(&app, &code, &[]).await.is(200).json();
    // A code that waits still.
    let waiting = browser.code_silently(&app).await;
    let page = browser.get(&app, "/account").await.is(200);
    assert!(page.body.contains("Orders &#60;app&#62;"), "{}", page.body);
    assert!(page.body.contains("openid orders:read"));
    let take_back = form(&page, "/account/applications");
    assert_eq!(between(&take_back.body, "name=\"client\" value=\"", "\""), "app");
    let answer = browser.fill(&app, &take_back, &[("client", "app")]).await.is(303);
    let page = browser.get(&app, answer.header("location")).await.is(200);
    assert!(page.body.contains("You have allowed no application anything."), "{}", page.body);
    is_refused(refresh(&app, &text(&tokens, "refresh_token")).await, "token-revoked");
    is_refused(redeem(&app, &waiting, &[]).await, "code-refused");
    // The next request asks again.
    let page = browser.get(&app, &format!("/authorize?{}", request(&[]))).await.is(200);
    assert!(page.body.contains("name=\"decision\""), "{}", page.body);
}

#[tokio::test]
async fn the_password_is_changed_by_who_knows_it_and_ends_other_log_ins() {
    let app = stage().await;
    let mut here = Browser::default();
    at_account(&app, &mut here).await;
    let mut other = Browser::default();
    at_account(&app, &mut other).await;
    let new = "another good password";
    for (old, new, again, said) in [
        ("wrong password", new, new, "Your password now is another one."),
        (PASSWORD, "short", "short", "5 characters"),
        (PASSWORD, new, "another good passwort", "not the same"),
        (PASSWORD, new, "", "not the same"),
    ] {
        let answer = change_password(&app, &mut here, old, new, again).await.is(403);
        assert!(answer.body.contains(said), "{said}: {}", answer.body);
        assert!(!answer.body.contains(old) && !answer.body.contains("another good"));
    }
    let answer = change_password(&app, &mut here, PASSWORD, new, new).await.is(303);
    let page = here.get(&app, answer.header("location")).await.is(200);
    assert!(page.body.contains("Your password is changed."), "{}", page.body);
    let page = other.get(&app, "/account").await.is(200);
    let refused = other.log_in(&app, &page, PASSWORD).await.is(403);
    other.log_in(&app, &refused, new).await.is(303);
}

#[tokio::test]
async fn a_stolen_session_cannot_guess_the_password() {
    let app = stage().await;
    let mut thief = Browser::default();
    at_account(&app, &mut thief).await;
    // A copied session comes without the browser's own memory.
    thief.cookies.retain(|(name, _)| !name.contains("known"));
    let mut stopped = None;
    for guess in 0..20 {
        let old = format!("guess number {guess}");
        let new = "another good password";
        let answer = change_password(&app, &mut thief, &old, new, new).await.is(403);
        if answer.body.contains("too many wrong attempts") {
            stopped = Some(guess);
            break;
        }
    }
    assert_eq!(stopped, Some(10));
}

#[tokio::test]
async fn words_in_the_address_are_not_shown() {
    let app = stage().await;
    let mut browser = Browser::default();
    at_account(&app, &mut browser).await;
    for query in ["done=<b>hello", "done=nothing", "x=%3Cscript%3E", "done="] {
        let path = format!("/account?{}", query.replace('<', "%3C").replace('>', "%3E"));
        let page = browser.get(&app, &path).await.is(200);
        assert!(!page.body.contains("class=\"done\"") && !page.body.contains("hello"));
    }
}
