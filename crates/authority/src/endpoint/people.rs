//! What the pages of people share: who somebody is, how a page is answered, and how somebody is told that something
//! cannot be served.
//!
//! Decides what a browser may do with a page (Content Security Policy), and nothing else.

use claviger_protocol::{OauthFault, User};
use claviger_store::LoginSession;
use claviger_web::{MessagePage, Unrenderable};
use http::{HeaderValue, StatusCode, header};

use crate::browser::Mark;
use crate::call::{Answer, Call, Reply};
use crate::refusal::Refusal;
use crate::render;
use crate::routes::Face;

/// The living session of this browser, and whose it is.
pub(super) async fn session(call: &Call) -> Result<Option<(LoginSession, User)>, Box<Refusal>> {
    let Some(cookie) = call.state.browsers.session(call) else { return Ok(None) };
    let now = call.state.clock.now();
    let Some(session) = call.state.store.find_session(cookie, now).await? else { return Ok(None) };
    let user = call.state.store.find_user(&session.sub).await?;
    Ok(user.filter(|user| !user.disabled).map(|user| (session, user)))
}

/// A page with a form, for the browser of this mark; `leads_to` is the address of the client that it leads on to, or
/// nothing.
pub(super) fn form_page(
    call: &Call,
    mark: &Mark,
    status: StatusCode,
    html: Result<String, Unrenderable>,
    leads_to: &str,
) -> Answer {
    Ok(kept(call, mark, page(status, html?, leads_to, "")))
}

/// The same, where it speaks to an authenticator.
pub(super) fn passkey_page(
    call: &Call,
    mark: &Mark,
    status: StatusCode,
    html: Result<String, Unrenderable>,
    leads_to: &str,
) -> Answer {
    Ok(kept(call, mark, page(status, html?, leads_to, "script-src 'self'; ")))
}

/// With the mark by which the form is told to be this browser's.
fn kept(call: &Call, mark: &Mark, mut reply: Reply) -> Reply {
    call.state.browsers.keep(mark, &mut reply);
    reply
}

/// A page that asks for nothing.
pub(super) fn shown(html: Result<String, Unrenderable>) -> Answer {
    Ok(page(StatusCode::OK, html?, "", ""))
}

/// A page that only says something.
pub(super) fn message(call: &Call, title: &str, text: &str) -> Answer {
    shown(MessagePage { site: &call.state.site, title, text, fix: "", diagnosis: "" }.html())
}

fn page(status: StatusCode, html: String, leads_to: &str, scripts: &str) -> Reply {
    let mut reply = render::reply(status, render::HTML, html);
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; {scripts}base-uri 'none'; \
         form-action 'self' {}; frame-ancestors 'none'",
        onward(leads_to)
    );
    let headers = reply.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::CACHE_CONTROL, render::NO_STORE);
    reply
}

/// Where a form that ends at a client's address may lead. Browsers hold all redirects behind a form to `form-action`,
/// those of the client as well, and where it sends people from its address is its own matter: to a page of
/// thanks, or in development from one port to another.
pub(super) fn onward(leads_to: &str) -> String {
    let client = origin(leads_to);
    match leads_to.split_once(':') {
        None => client,
        Some(("http", _)) => format!("{client} https: http://127.0.0.1:* http://localhost:*"),
        Some(_) => format!("{client} https:"),
    }
}

/// Scheme, host and port of a registered address; of a private-use scheme, the scheme.
pub(super) fn origin(uri: &str) -> String {
    match url::Url::parse(uri) {
        Ok(url) if url.has_host() => url.origin().ascii_serialization(),
        Ok(url) => format!("{}:", url.scheme()),
        Err(_) => String::new(),
    }
}

/// 303, so that what was posted (a password) is not posted on (RFC 9700 §4.12).
pub(super) fn redirected(to: &str) -> Reply {
    let mut reply = render::empty(StatusCode::SEE_OTHER);
    let headers = reply.headers_mut();
    if let Ok(to) = HeaderValue::from_str(to) {
        headers.insert(header::LOCATION, to);
    }
    headers.insert(header::CACHE_CONTROL, render::NO_STORE);
    reply
}

/// The person is told, for nobody knows whether the address is the client's.
pub(super) fn told_here(call: &Call, endpoint: &'static str, fault: &OauthFault) -> Reply {
    let refusal: Box<Refusal> = fault.clone().into();
    let diagnosis = refused(call, endpoint, &refusal);
    let page = MessagePage {
        site: &call.state.site,
        title: if endpoint == "logout" {
            "This log-out cannot be served"
        } else {
            "This log-in cannot be served"
        },
        text: &fault.description,
        fix: &fault.fix,
        diagnosis: &diagnosis,
    };
    match page.html() {
        Ok(html) => {
            let mut reply = render::reply(StatusCode::BAD_REQUEST, render::HTML, html);
            reply.headers_mut().insert(header::CACHE_CONTROL, render::NO_STORE);
            reply
        }
        Err(_) => render::empty(StatusCode::BAD_REQUEST),
    }
}

/// What is said where a form was not filled in on a page of this browser and log-in. The same page is shown again,
/// with a form that will do.
pub(super) const STALE_FORM: &str = "Nothing was done: the page was from an earlier log-in, or this browser keeps no \
                                     cookies, which are needed here. Try again.";

/// Writes down that a form proved nothing: it was another site's, another log-in's, or its cookies are gone.
pub(super) fn form_is_stale(call: &Call, endpoint: &'static str) {
    let refusal = Refusal::new(StatusCode::BAD_REQUEST, "form-stale")
        .detail("the form was not filled in on a page of this browser and log-in, or its cookies are gone")
        .fix("it is shown again; cookies must be allowed here");
    refused(call, endpoint, &refusal);
}

/// Writes down a refusal that is answered with a page of its own; tells the id by which it is found again.
pub(super) fn refused(call: &Call, endpoint: &'static str, refusal: &Refusal) -> String {
    let state = &call.state;
    state.metrics.refusal(endpoint, refusal.error, refusal.code);
    state.journal.refused(endpoint, Face::Page, refusal, call.peer())
}
