//! Whom a client expects to be logged in (OpenID Connect Core §3.1.2.1, `id_token_hint`).

use serde_json::json;

use crate::app::{Answer, App};
use crate::people::{Browser, PASSWORD, parameter, redeem, request, stage, text};

async fn asked(app: &App, browser: &mut Browser, changes: &[(&str, &str)]) -> Answer {
    browser.get(app, &format!("/authorize?{}", request(changes))).await
}

#[tokio::test]
async fn a_silent_log_in_is_for_the_person_that_the_client_expects() {
    let app = stage().await;
    let mut ada = Browser::default();
    let code = ada.code(&app, &[]).await;
    let tokens = redeem(&app, &code, &[]).await.is(200).json();
    let hint = text(&tokens, "id_token");
    let silently = [("prompt", "none"), ("id_token_hint", hint.as_str())];
    // Old as it may be: it says who, not whether.
    app.clock.advance(3600);
    let answer = asked(&app, &mut ada, &silently).await.is(303);
    assert!(parameter(&answer, "code").is_some(), "{:?}", answer.headers);

    let bob = json!({"username": "bob", "password": PASSWORD});
    app.admin("POST", "/users", Some(bob)).await.is(201);
    let mut bob = Browser::default();
    let page = asked(&app, &mut bob, &[]).await.is(200);
    let answer =
        bob.fill(&app, &page, &[("username", "bob"), ("password", PASSWORD)]).await.is(303);
    let page = bob.get(&app, answer.header("location")).await.is(200);
    bob.fill(&app, &page, &[("decision", "allow")]).await.is(303);
    asked(&app, &mut bob, &[("prompt", "none")]).await.is(303);
    let refused = asked(&app, &mut bob, &silently).await.is(303);
    assert_eq!(parameter(&refused, "error").as_deref(), Some("login_required"));
    let page = asked(&app, &mut bob, &[("id_token_hint", &hint)]).await.is(200);
    assert!(page.body.contains("expects another account"), "{}", page.body);
    let answer = bob.log_in(&app, &page, PASSWORD).await.is(303);
    bob.get(&app, answer.header("location")).await.is(303);

    // What names nobody is no reason to let somebody in unseen, nor to keep out who sees it.
    let damaged = format!("{}x", &hint[..hint.len() - 2]);
    let access = text(&tokens, "access_token");
    for other in [damaged.as_str(), access.as_str(), "x"] {
        let refused = asked(&app, &mut ada, &[("prompt", "none"), ("id_token_hint", other)]).await;
        assert_eq!(parameter(&refused.is(303), "error").as_deref(), Some("login_required"));
        let answer = asked(&app, &mut ada, &[("id_token_hint", other)]).await.is(303);
        assert!(parameter(&answer, "code").is_some());
    }
}
