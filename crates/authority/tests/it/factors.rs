//! Second factors: an authenticator app is set up and asked for, recovery codes stand in for it, and no session
//! exists before the second step.

use aws_lc_rs::hmac;
use claviger_protocol::totp_code;
use serde_json::{Value, json};

use crate::app::{Answer, App, NOW, claims};
use crate::journal::entries;
use crate::people::{
    Browser, PASSWORD, REDIRECT, between, code_of, parameter, query, redeem, request, stage, text,
};

/// What an authenticator app knows.
pub(crate) struct Phone(Vec<u8>);

impl Phone {
    /// Reads the key of the page.
    pub(crate) fn of(page: &Answer) -> Self {
        let key = between(&page.body, "<code class=\"key\">", "<").replace(' ', "");
        assert!(page.body.contains("<svg class=\"qr\""), "{}", page.body);
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut bits = 0_u64;
        let mut count = 0;
        let mut out = Vec::new();
        for letter in key.chars() {
            bits = (bits << 5) | u64::try_from(letters.find(letter).unwrap()).unwrap();
            count += 5;
            if count >= 8 {
                count -= 8;
                out.push(u8::try_from((bits >> count) & 255).unwrap());
            }
        }
        assert_eq!(out.len(), 20);
        Self(out)
    }

    pub(crate) fn code(&self, now: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let mac = hmac::sign(&key, &(now / 30).to_be_bytes());
        totp_code(mac.as_ref().try_into().unwrap())
    }
}

/// Logs in to the account page by the password.
pub(crate) async fn at_account(app: &App, browser: &mut Browser) -> Answer {
    let page = browser.get(app, "/account").await.is(200);
    if page.body.contains("Your account</h1>") {
        return page;
    }
    let answer = browser.log_in(app, &page, PASSWORD).await.is(303);
    assert_eq!(answer.header("location"), "/account");
    browser.get(app, "/account").await.is(200)
}

/// The form of a page that goes to `action`.
pub(crate) fn form(page: &Answer, action: &str) -> Answer {
    let mark = format!("action=\"{action}\"");
    let at = page.body.find(&mark).unwrap_or_else(|| panic!("no {action} in {}", page.body));
    let end = at + page.body[at..].find("</form>").unwrap();
    let body = page.body[at..end].to_owned();
    Answer { body, status: page.status, headers: page.headers.clone() }
}

/// The value of a field.
pub(crate) fn field(page: &Answer, name: &str) -> String {
    between(&page.body, &format!("name=\"{name}\" value=\""), "\"")
}

/// Sets an app up, and gives the recovery codes.
pub(crate) async fn set_up(app: &App, browser: &mut Browser, now: i64) -> (Phone, Vec<String>) {
    let page = at_account(app, browser).await;
    let page =
        browser.fill(app, &form(&page, "/account/totp"), &[("action", "start")]).await.is(200);
    let phone = Phone::of(&page);
    let fields =
        [("action", "confirm"), ("ticket", &field(&page, "ticket")), ("code", &phone.code(now))];
    let page = browser.fill(app, &page, &fields).await.is(200);
    let codes = page.body.split("<li><code>").skip(1);
    let codes: Vec<String> = codes.map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), 10);
    (phone, codes)
}

/// The second step's page, after the password.
async fn second_step(app: &App, browser: &mut Browser) -> Answer {
    let page = browser.get(app, &format!("/authorize?{}", request(&[]))).await.is(200);
    let page = browser.log_in(app, &page, PASSWORD).await.is(200);
    assert!(page.body.contains("One more step"), "{}", page.body);
    page
}

async fn enter(app: &App, browser: &mut Browser, page: &Answer, code: (&str, &str)) -> Answer {
    let page = form(page, "/login/code");
    browser.fill(app, &page, &[("step", &field(&page, "step")), code]).await
}

#[tokio::test]
async fn with_an_app_set_up_the_password_alone_logs_nobody_in() {
    let app = stage().await;
    let (phone, _) = set_up(&app, &mut Browser::default(), NOW).await;
    let mut browser = Browser::default();
    let page = second_step(&app, &mut browser).await;
    // No session yet: the request asks for the password again.
    assert!(!browser.cookies.iter().any(|(name, _)| name.contains("session")));
    let again = browser.get(&app, &format!("/authorize?{}", request(&[]))).await.is(200);
    assert!(again.body.contains("name=\"password\""));
    // The code that set it up is used up; a wrong one is refused, and no code is shown again.
    for (code, said) in [
        (phone.code(NOW), "has been used already. Wait for the next one"),
        ("000000".to_owned(), "not right, or was used before"),
        (String::new(), "not right, or was used before"),
    ] {
        let refused = enter(&app, &mut browser, &page, ("code", &code)).await.is(403);
        assert!(refused.body.contains(said), "{}", refused.body);
    }
    app.clock.advance(30);
    let code = phone.code(NOW + 30);
    let answer = enter(&app, &mut browser, &page, ("code", &code)).await.is(303);
    let answer = browser.get(&app, answer.header("location")).await.is(200);
    let answer = browser.fill(&app, &answer, &[("decision", "allow")]).await.is(303);
    let answer = browser.get(&app, answer.header("location")).await.is(303);
    let tokens = redeem(&app, &code_of(&answer), &[]).await.is(200).json();
    let id = claims(&text(&tokens, "id_token"));
    assert_eq!((&id["amr"], &id["acr"]), (&json!(["pwd", "otp", "mfa"]), &json!("2")));
    let access = claims(&text(&tokens, "access_token"));
    assert_eq!((&access["amr"], &access["acr"]), (&id["amr"], &id["acr"]));
    // The same code does not serve somebody who looked over the shoulder.
    let mut thief = Browser::default();
    let page = second_step(&app, &mut thief).await;
    enter(&app, &mut thief, &page, ("code", &code)).await.is(403);
}

#[tokio::test]
async fn of_many_uses_of_one_code_at_once_one_succeeds() {
    let app = stage().await;
    let (phone, codes) = set_up(&app, &mut Browser::default(), NOW).await;
    app.clock.advance(60);
    for (name, value) in [("code", phone.code(NOW + 60)), ("recovery", codes[0].clone())] {
        let mut browsers: Vec<(Browser, Answer)> = Vec::new();
        for _ in 0..4 {
            let mut browser = Browser::default();
            let page = second_step(&app, &mut browser).await;
            browsers.push((browser, page));
        }
        let all = browsers.iter_mut().map(|(browser, page)| {
            let (app, value) = (&app, &value);
            async move { enter(app, browser, page, (name, value)).await.status }
        });
        let statuses = futures_util::future::join_all(all).await;
        assert_eq!(statuses.iter().filter(|status| status.as_u16() == 303).count(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_recovery_code_serves_once_and_new_ones_void_the_old() {
    let app = stage().await;
    let (_, codes) = set_up(&app, &mut Browser::default(), NOW).await;
    let mut browser = Browser::default();
    let page = second_step(&app, &mut browser).await;
    // As it was written down by hand.
    let sloppy = codes[3].to_uppercase().replace('-', " ");
    enter(&app, &mut browser, &page, ("recovery", &sloppy)).await.is(303);
    let page = browser.get(&app, "/account").await.is(200);
    assert!(page.body.contains("9 are left."), "{}", page.body);
    let page = browser.fill(&app, &form(&page, "/account/recovery"), &[]).await.is(200);
    let new = between(&page.body, "<li><code>", "<");
    let mut other = Browser::default();
    let page = second_step(&app, &mut other).await;
    for void in [&codes[3], &codes[4], "aaaaa-aaaaa"] {
        enter(&app, &mut other, &page, ("recovery", void)).await.is(403);
    }
    enter(&app, &mut other, &page, ("recovery", &new)).await.is(303);
}

/// A button that is pressed twice: the first answer and its cookie are lost, and the second is all that is seen.
#[tokio::test]
async fn a_recovery_form_that_is_sent_twice_is_answered_alike() {
    let app = stage().await;
    let (_, codes) = set_up(&app, &mut Browser::default(), NOW).await;
    let recovery = ("recovery", codes[0].as_str());
    let mut browser = Browser::default();
    let page = second_step(&app, &mut browser).await;
    let before = browser.cookies.clone();
    enter(&app, &mut browser, &page, recovery).await.is(303);
    browser.cookies.clone_from(&before);
    app.clock.advance(10);
    let answer = enter(&app, &mut browser, &page, recovery).await.is(303);
    browser.get(&app, answer.header("location")).await.is(200);
    let used = entries(&app, "&code=recovery-code-used").await;
    assert_eq!((used.len(), &used[0]["left"]), (1, &json!(9)), "{used:?}");
    // The code serves no other form, of whatever browser, and no other code serves by this one.
    browser.cookies = before;
    let mut thief = Browser::default();
    enter(&app, &mut thief, &page, recovery).await.is(400);
    for browser in [&mut browser, &mut thief] {
        let other = second_step(&app, browser).await;
        enter(&app, browser, &other, recovery).await.is(403);
    }
    enter(&app, &mut browser, &page, ("recovery", "aaaaa-aaaaa")).await.is(403);
    // Nor is it answered for ever; and the page shows what was wrong.
    app.clock.advance(1);
    let refused = enter(&app, &mut browser, &page, recovery).await.is(403);
    assert!(refused.body.contains("<details class=\"more\" open>"), "{}", refused.body);
    let marked: Vec<&str> = refused.body.matches("aria-invalid=\"true\"").collect();
    assert_eq!(marked.len(), 1);
    let field = between(&refused.body, "<input id=\"recovery\"", ">");
    assert!(field.contains("aria-invalid") && field.contains("autofocus"), "{field}");
    let wrong = enter(&app, &mut browser, &page, ("code", "000000")).await.is(403);
    assert!(wrong.body.contains("<details class=\"more\">"), "{}", wrong.body);
}

#[tokio::test]
async fn the_first_step_is_for_one_browser_one_password_and_five_minutes() {
    let app = stage().await;
    let (phone, _) = set_up(&app, &mut Browser::default(), NOW).await;
    app.clock.advance(30);
    let code = phone.code(NOW + 30);
    let mut browser = Browser::default();
    let page = second_step(&app, &mut browser).await;
    // Another browser's form, and another browser's step in an own form.
    let mut thief = Browser::default();
    enter(&app, &mut thief, &page, ("code", &code)).await.is(400);
    let own = second_step(&app, &mut thief).await;
    let step = field(&form(&page, "/login/code"), "step");
    let fields = [("step", step.as_str()), ("code", &code)];
    let answer = thief.fill(&app, &form(&own, "/login/code"), &fields).await.is(403);
    assert!(answer.body.contains("name=\"password\""), "{}", answer.body);
    // A made-up step.
    let fields = [("step", "x"), ("code", code.as_str())];
    browser.fill(&app, &form(&page, "/login/code"), &fields).await.is(403);
    app.clock.advance(300);
    let code = phone.code(NOW + 330);
    let answer = enter(&app, &mut browser, &page, ("code", &code)).await.is(403);
    assert!(answer.body.contains("took too long"), "{}", answer.body);
    // A password that was changed meanwhile.
    let page = second_step(&app, &mut browser).await;
    let users = app.admin("GET", "/users", None).await.is(200).json();
    let id = text(&users["items"][0], "id");
    let body = json!({ "password": "another good password" });
    app.admin("PUT", &format!("/users/{id}/password"), Some(body)).await.is(204);
    enter(&app, &mut browser, &page, ("code", &code)).await.is(403);
}

#[tokio::test]
async fn an_app_is_set_up_only_by_its_first_code_and_a_fresh_log_in() {
    let app = stage().await;
    let mut browser = Browser::default();
    let page = at_account(&app, &mut browser).await;
    let page =
        browser.fill(&app, &form(&page, "/account/totp"), &[("action", "start")]).await.is(200);
    let phone = Phone::of(&page);
    let ticket = field(&page, "ticket");
    let wrong = [("action", "confirm"), ("ticket", ticket.as_str()), ("code", "123456")];
    let page = browser.fill(&app, &page, &wrong).await.is(403);
    // The same key: the app has it already.
    let right =
        [("action", "confirm"), ("ticket", &field(&page, "ticket")), ("code", &phone.code(NOW))];
    let stale = browser.get(&app, "/account").await.is(200);
    assert!(stale.body.contains("Not set up."), "{}", stale.body);
    app.clock.advance(601);
    // Ten minutes later it has to be confirmed who it is.
    let answer = browser.fill(&app, &page, &right).await.is(200);
    assert!(answer.body.contains("older than ten minutes"), "{}", answer.body);
    let page = browser.get(&app, "/account").await.is(200);
    assert!(page.body.contains("Not set up."), "{}", page.body);
    for (action, fields) in [
        ("/account/totp", &[("action", "remove")][..]),
        ("/account/passkeys", &[("action", "remove"), ("id", "x")]),
    ] {
        if page.body.contains(&format!("action=\"{action}\"")) {
            let answer = browser.fill(&app, &form(&page, action), fields).await.is(200);
            assert!(answer.body.contains("older than ten minutes"), "{}", answer.body);
        }
    }
    // Logging in again goes on with the same session under another cookie.
    let before = browser.cookies.clone();
    browser.log_in(&app, &answer, PASSWORD).await.is(303);
    assert_ne!(before, browser.cookies);
    let sessions = app.admin("GET", "/users/ada/sessions", None).await.is(200).json();
    assert_eq!(sessions["items"].as_array().unwrap().len(), 1, "{sessions}");
    let mut thief = Browser { cookies: before };
    let page = thief.get(&app, "/account").await.is(200);
    assert!(page.body.contains("name=\"password\""), "{}", page.body);
}

#[tokio::test]
async fn without_its_second_factor_an_account_has_no_codes_to_recover_it() {
    let app = stage().await;
    let mut browser = Browser::default();
    set_up(&app, &mut browser, NOW).await;
    let page = browser.get(&app, "/account").await.is(200);
    let removed = browser.fill(&app, &form(&page, "/account/totp"), &[("action", "remove")]).await;
    assert_eq!(removed.is(303).header("location"), "/account?done=totp-removed");
    let factors = app.admin("GET", "/users/ada/factors", None).await.is(200).json();
    assert_eq!((&factors["totp"], &factors["recovery_codes"]), (&Value::Null, &json!(0)));
    // The administrator can do the same for somebody who lost everything.
    set_up(&app, &mut browser, NOW).await;
    app.admin("DELETE", "/users/ada/factors", None).await.is(204);
    let mut other = Browser::default();
    let page = other.get(&app, "/account").await.is(200);
    other.log_in(&app, &page, PASSWORD).await.is(303);
}

#[tokio::test]
async fn acr_values_ask_for_the_second_factor_and_say_when_there_is_none() {
    let app = stage().await;
    let mut browser = Browser::default();
    let wants = request(&[("acr_values", "2")]);
    let page = browser.get(&app, &format!("/authorize?{wants}")).await.is(200);
    let answer = browser.log_in(&app, &page, PASSWORD).await.is(303);
    let answer = browser.get(&app, answer.header("location")).await.is(303);
    assert!(answer.header("location").starts_with(REDIRECT));
    let error = parameter(&answer, "error");
    assert_eq!(error.as_deref(), Some("unmet_authentication_requirements"));
    // What is not known here asks for nothing.
    let wants = request(&[("acr_values", "urn:mace:incommon:iap:silver 1")]);
    let page = browser.get(&app, &format!("/authorize?{wants}")).await.is(200);
    assert!(page.body.contains("name=\"decision\""), "{}", page.body);

    let (phone, _) = set_up(&app, &mut Browser::default(), NOW).await;
    app.clock.advance(30);
    let wants = request(&[("acr_values", "2")]);
    let page = browser.get(&app, &format!("/authorize?{wants}")).await.is(200);
    assert!(page.body.contains("more certainty"), "{}", page.body);
    let page = browser.log_in(&app, &page, PASSWORD).await.is(200);
    let answer = enter(&app, &mut browser, &page, ("code", &phone.code(NOW + 30))).await.is(303);
    let page = browser.get(&app, answer.header("location")).await.is(200);
    assert!(page.body.contains("name=\"decision\""), "{}", page.body);
}

#[tokio::test]
async fn guessing_codes_is_stopped_per_account_and_not_for_the_owner_s_browser() {
    let app = stage().await;
    let mut owner = Browser::default();
    let (phone, _) = set_up(&app, &mut owner, NOW).await;
    // The thief has the password, and as many browsers as they like.
    let mut taken = 0;
    for guess in 0..20 {
        let mut thief = Browser::default();
        let page = second_step(&app, &mut thief).await;
        let code = format!("{guess:06}");
        let answer = enter(&app, &mut thief, &page, ("code", &code)).await.is(403);
        taken += u32::from(!answer.body.contains("too many wrong attempts"));
    }
    assert_eq!(taken, 5);
    app.clock.advance(30);
    owner.cookies.retain(|(name, _)| !name.contains("session"));
    let page = second_step(&app, &mut owner).await;
    enter(&app, &mut owner, &page, ("code", &phone.code(NOW + 30))).await.is(303);
}

#[tokio::test]
async fn a_log_in_leads_to_no_foreign_page() {
    let app = stage().await;
    let mut browser = Browser::default();
    let page = browser.get(&app, "/account").await.is(200);
    for request in ["//evil.example", "/\\evil.example", "/account/../x", "/token"] {
        let form = query(&[
            ("proof", &field(&page, "proof")),
            ("request", request),
            ("username", "ada"),
            ("password", PASSWORD),
        ]);
        let answer = browser.send(&app, "POST", "/login", Some(form)).await.is(400);
        assert_eq!(answer.header("location"), "");
    }
}
