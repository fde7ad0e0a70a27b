//! Pages for people: the front page, the catalogue of causes, one cause, and what they load. The same
//! addresses answer programs with JSON.

use bytes::Bytes;
use claviger_token::Code;
use claviger_web::{
    FaultIndexPage, FaultPage, FrontPage, MessagePage, NotFoundPage, Site, find_asset, near,
};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::call::{Answer, Call, clipped};
use crate::refusal::Refusal;
use crate::render;
use crate::state::State;

/// What does not change while the program runs may be kept for an hour.
const HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

pub(crate) async fn front(call: Call) -> Answer {
    let issuer = &call.state.issuer;
    let page = FrontPage::new(&call.state.site, &issuer.text, env!("CARGO_PKG_VERSION"));
    html(page.html())
}

pub(crate) async fn faults(call: Call) -> Answer {
    if wants_json(&call) {
        let all: Vec<Value> = Code::ALL.iter().map(|code| described(*code)).collect();
        return json_page(&json!({ "faults": all }));
    }
    html(FaultIndexPage { site: &call.state.site }.html())
}

pub(crate) async fn fault(call: Call) -> Answer {
    let asked = call.place("code");
    let Ok(code) = asked.parse::<Code>() else {
        if call.wants_html() {
            return not_found(&call.state, &format!("/faults/{asked}"));
        }
        let similar: Vec<_> = near(asked).iter().map(|code| format!("`{code}`")).collect();
        let fix = if similar.is_empty() {
            format!("all codes are listed at {}/faults", call.state.issuer.base)
        } else {
            format!("did you mean {}?", similar.join(" or "))
        };
        return Err(Refusal::new(StatusCode::NOT_FOUND, "fault-unknown")
            .detail(format!("no cause is called `{}`", clipped(asked)))
            .fix(fix)
            .into());
    };
    if wants_json(&call) {
        return json_page(&described(code));
    }
    html(FaultPage { site: &call.state.site, code }.html())
}

/// A refusal for whoever reads it in a browser; none where the page cannot be written.
pub(crate) fn refusal(site: &Site, refusal: &Refusal, diagnosis: &str) -> Option<String> {
    let title = match refusal.status {
        StatusCode::NOT_FOUND => "Nothing is here",
        StatusCode::METHOD_NOT_ALLOWED => "This is asked in another way",
        StatusCode::TOO_MANY_REQUESTS => "Too many requests",
        status if status.is_server_error() => "This cannot be answered now",
        _ => "This cannot be answered",
    };
    let (text, fix) = (&refusal.detail, &refusal.fix);
    MessagePage { site, title, text, fix, diagnosis }.html().ok()
}

/// What stands where nothing is, for people.
pub(crate) fn not_found(state: &State, path: &str) -> Answer {
    let page = NotFoundPage { site: &state.site, path }.html().map_err(|error| {
        Refusal::new(StatusCode::NOT_FOUND, "path-unknown")
            .detail("there is nothing here")
            .fix("start at the front page")
            .evidence("inside", error.to_string())
    })?;
    Ok(render::reply(StatusCode::NOT_FOUND, render::HTML, page))
}

pub(crate) async fn asset(call: Call) -> Answer {
    let Some(asset) = find_asset(call.place("name")) else {
        return Err(Refusal::new(StatusCode::NOT_FOUND, "path-unknown")
            .detail("no file of the pages is called so")
            .fix("load the page again: its files carry new names after an update")
            .into());
    };
    let media = HeaderValue::from_static(asset.content_type);
    let mut answer = render::reply(StatusCode::OK, media, Bytes::from_static(asset.bytes));
    let cache = if asset.immutable { FOR_EVER } else { HOUR };
    answer.headers_mut().insert(header::CACHE_CONTROL, cache);
    Ok(answer)
}

/// A page is the default here: whoever follows `error_uri` from a terminal still gets to read it.
fn wants_json(call: &Call) -> bool {
    let accept = call.header("accept").unwrap_or_default();
    accept.contains("json") && !call.wants_html()
}

fn described(code: Code) -> Value {
    json!({
        "code": code.as_str(),
        "class": code.class().as_str(),
        "title": code.title(),
        "explanation": code.explanation(),
        "who": code.who().as_str(),
        "proof": code.proof().as_str(),
        "fix": code.fix(),
        "status": code.status(),
        "error": code.oauth_error().map(|error| error.as_str()),
        "clause": code.clause(),
    })
}

fn json_page(value: &Value) -> Answer {
    let mut answer = render::json(StatusCode::OK, value);
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HOUR);
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    Ok(answer)
}

fn html(page: Result<String, claviger_web::Unrenderable>) -> Answer {
    let mut answer = render::reply(StatusCode::OK, render::HTML, page?);
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HOUR);
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    Ok(answer)
}
