//! `/logout` (OpenID Connect RP-Initiated Logout 1.0): a person ends their log-in, by themselves or because an
//! application asks.
//!
//! Nobody is logged out by a link alone: the person is asked, unless the ID token that comes as a hint proves that
//! the application belongs to this very log-in. What is wrong with a request is told to the person, and the browser
//! is sent nowhere.

use std::sync::Arc;

use claviger_protocol::{Client, Form, Hint, LogOut, log_out, logging_out};
use claviger_token::Token;
use claviger_web::LogOutPage;
use http::{Method, StatusCode};

use super::people::{form_is_stale, form_page, message, redirected, session, told_here};
use crate::call::{Answer, Call};
use crate::ending;
use crate::journal::{By, Kind};
use crate::own_token;

/// What the proof of the form that logs out is for.
pub(super) const LOG_OUT: &str = "log-out";

/// `GET /logout`.
pub(crate) async fn ask(call: Call) -> Answer {
    let raw = call.parts.uri.query().unwrap_or_default().to_owned();
    judge(&call, raw, false).await
}

/// `POST /logout`: our own form, or an application's (§2 allows both).
pub(crate) async fn answer(mut call: Call) -> Answer {
    debug_assert_eq!(call.parts.method, Method::POST);
    let body = call.form().await?;
    let form = Form::parse(&body)?;
    let Some(proof) = form.get("proof") else {
        // Another site's form comes without the session's cookie (`SameSite=Lax`): nothing is proven by it, so
        // the person is asked.
        return judge(&call, String::from_utf8_lossy(&body).into_owned(), false).await;
    };
    let allowed = call.state.browsers.proves(&call, LOG_OUT, Some(proof));
    if !allowed {
        form_is_stale(&call, "logout");
    }
    judge(&call, form.get("request").unwrap_or_default().to_owned(), allowed).await
}

/// Judges a request and carries it out, or asks. `allowed`: the person has said yes on our own page.
async fn judge(call: &Call, raw: String, allowed: bool) -> Answer {
    let state = &call.state;
    let form = match Form::parse(raw.as_bytes()) {
        Ok(form) => form,
        Err(fault) => return Ok(told_here(call, "logout", &fault)),
    };
    let hint = form.get("id_token_hint").and_then(|token| hint(call, token));
    let client: Option<Arc<Client>> = match logging_out(&form, hint.as_ref()) {
        Ok(None) => None,
        Ok(Some(id)) => state.client(id).await?,
        Err(fault) => return Ok(told_here(call, "logout", &fault)),
    };
    let session = session(call).await?;
    let sid = session.as_ref().map(|(session, _)| session.sid.as_str());
    let LogOut { back_to, sure } = match log_out(&form, client.as_deref(), hint.as_ref(), sid) {
        Ok(decided) => decided,
        Err(fault) => return Ok(told_here(call, "logout", &fault)),
    };
    let cross_site = call.parts.method == Method::POST && !allowed;
    let Some((session, user)) = session else {
        // A form of another site would come without the cookie even where somebody is logged in.
        if cross_site {
            return page(call, &raw, "", client.as_deref(), back_to.as_deref());
        }
        return leave(call, back_to.as_deref(), "Nobody is logged in here.");
    };
    let sure = allowed || (sure && !cross_site);
    if !sure {
        return page(call, &raw, &user.username, client.as_deref(), back_to.as_deref());
    }
    let by = By::user(call);
    ending::log_out(state, &session.sid, by).await?;
    let event = by.event(Kind::LogOut, "logged-out").subject(user.id.as_str());
    let event = event.with("session", session.sid.as_str());
    state.journal.event(match &client {
        Some(client) => event.client(client.id.as_str()),
        None => event,
    });
    let ended = "Everything that hung on this log-in has ended.";
    let mut reply = leave(call, back_to.as_deref(), ended)?;
    state.browsers.drop_session(&mut reply);
    Ok(reply)
}

/// What an ID token says. One that is not ours, or whose key is gone, still names its application: that proves
/// nothing, as `client_id` does not.
fn hint(call: &Call, token: &str) -> Option<Hint> {
    if let Some(verified) = own_token::hinted(&call.state, token) {
        let claims = verified.claims();
        return Some(Hint {
            client_id: claims.audiences().first()?.clone().into_owned(),
            sid: claims.session().map(std::borrow::Cow::into_owned),
            proven: true,
        });
    }
    let token = Token::parse(token).ok()?;
    let client_id = token.payload()?.text("aud")?.into_owned();
    Some(Hint { client_id, sid: None, proven: false })
}

fn leave(call: &Call, back_to: Option<&str>, said: &str) -> Answer {
    match back_to {
        Some(address) => Ok(redirected(address)),
        None => message(call, "You are logged out", said),
    }
}

fn page(
    call: &Call,
    raw: &str,
    username: &str,
    client: Option<&Client>,
    back_to: Option<&str>,
) -> Answer {
    let browsers = &call.state.browsers;
    let mark = browsers.mark(call)?;
    let page = LogOutPage {
        site: &call.state.site,
        application: client.map(|client| client.name.as_str()),
        username,
        proof: &browsers.proof(&mark, LOG_OUT),
        request: raw,
    };
    form_page(call, &mark, StatusCode::OK, page.html(), back_to.unwrap_or_default())
}
