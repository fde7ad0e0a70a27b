//! The admin API from a terminal: how it is asked, and how its answers are shown. A file for each command.

mod body;
pub(crate) mod client;
pub(crate) mod key;
pub(crate) mod registration_token;
pub(crate) mod resource;
pub(crate) mod revoke;
pub(crate) mod session;
pub(crate) mod user;

use std::fmt::Write as _;
use std::process::ExitCode;

use http::Method;
use serde_json::{Value, json};
use url::Url;

use self::body::Body;
use crate::args::Format;
use crate::args::admin::Admin;
use crate::command::explain::read_file;
use crate::http::send;
use crate::listing;
use crate::say::{self, GOOD, GREEN, Stop, YELLOW};

/// Asks the admin API; what is not a success becomes the reason why the command stops.
pub(super) fn ask(
    admin: &Admin,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<Value, Stop> {
    let file = &admin.admin_token_file;
    let token = read_file(file, "the administrator's token").map_err(|stop| {
        stop.hint(
            "`claviger serve` writes it as admin.token into its data directory; \
             name it with --admin-token-file",
        )
    })?;
    let token = String::from_utf8_lossy(&token).trim().to_owned();
    let which = || {
        format!(
            "`{}` has to be the one that this authority's `claviger serve` wrote into its data directory (admin.token); \
             --admin-token-file names another",
            file.display()
        )
    };
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let what = format!("`{}` does not hold the administrator's token", file.display());
        return Err(Stop::usage(what).hint(which()));
    }
    let authority = admin.authority.trim_end_matches('/');
    if !Url::parse(authority).is_ok_and(|url| url.has_host() && url.scheme().starts_with("http")) {
        return Err(Stop::usage(format!("`--authority {authority}` is no http or https URL"))
            .hint("write the authority's address, such as http://127.0.0.1:8600"));
    }
    let url = format!("{authority}/admin/v1{path}");
    let authorization = format!("Bearer {token}");
    let mut headers =
        vec![("authorization", authorization.as_str()), ("accept", "application/json")];
    if body.is_some() {
        headers.push(("content-type", "application/json"));
    }
    let answer = crate::runtime()?
        .block_on(send(method, &url, &headers, body.map(Value::to_string)))
        .map_err(|error| {
            Stop::unknown(error)
                .hint("is `claviger serve` running there? --authority names another address")
        })?;
    let stranger = || format!("is {authority} the authority's address? --authority names another");
    let value: Value = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
    if answer.status.is_success() {
        if value.is_null() && !answer.body.is_empty() {
            let problem = format!("{authority} answers with something that is no JSON");
            return Err(Stop::unknown(problem).hint(stranger()));
        }
        return Ok(value);
    }
    let said = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let what = said("detail")
        .or_else(|| said("title"))
        .unwrap_or_else(|| format!("the authority answered {}", answer.status));
    let stop = match answer.status.as_u16() {
        401 => {
            return Err(
                Stop::usage(format!("the administrator's token is refused: {what}")).hint(which())
            );
        }
        404 | 409 => Stop::bad(what),
        400..=499 => Stop::usage(what),
        _ => Stop::unknown(what),
    };
    Err(stop.hint(said("fix").unwrap_or_else(stranger)))
}

/// A path segment: what has a meaning in a URL is escaped.
pub(super) fn segment(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Everything of a list, page by page.
fn ask_all(admin: &Admin, path: &str) -> Result<Value, Stop> {
    let mut items = Vec::new();
    let mut after = String::new();
    loop {
        let page = ask(admin, Method::GET, &format!("{path}?limit=1000{after}"), None)?;
        items.extend(page.get("items").and_then(Value::as_array).cloned().unwrap_or_default());
        match page.get("next").and_then(Value::as_str) {
            Some(next) => after = format!("&after={}", segment(next)),
            None => return Ok(json!({ "items": items, "next": null })),
        }
    }
}

fn show(value: &Value, format: Format) -> Result<ExitCode, Stop> {
    if format == Format::Json {
        say::print(value)?;
    } else {
        say::line(listing::members(value, now()).trim_end())?;
    }
    Ok(ExitCode::from(GOOD))
}

/// A list: the objects of the first member that is one, by these members.
fn list(value: &Value, columns: &[&str], format: Format) -> Result<ExitCode, Stop> {
    if format == Format::Json {
        say::print(value)?;
        return Ok(ExitCode::from(GOOD));
    }
    let rows = value
        .as_object()
        .and_then(|members| members.values().find_map(Value::as_array))
        .or_else(|| value.as_array())
        .cloned()
        .unwrap_or_default();
    if rows.is_empty() {
        say::line("none")?;
        return Ok(ExitCode::from(GOOD));
    }
    say::line(listing::rows(&rows, columns, now(), say::columns()).trim_end())?;
    Ok(ExitCode::from(GOOD))
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn done(what: &str, value: &Value, format: Format) -> Result<ExitCode, Stop> {
    if format == Format::Json {
        say::print(value)?;
    } else {
        say::line(&format!("{GREEN}{what}{GREEN:#}"))?;
    }
    Ok(ExitCode::from(GOOD))
}

/// What was made, its secret on top: it is shown this once.
fn made(value: &Value, format: Format) -> Result<ExitCode, Stop> {
    let has_secret = ["client_secret", "token"]
        .iter()
        .any(|name| value.get(*name).is_some_and(|secret| !secret.is_null()));
    if has_secret && format == Format::Text {
        say::note(&format!("{YELLOW}The secret is shown this once; keep it now.{YELLOW:#}"));
    }
    show(value, format)
}
