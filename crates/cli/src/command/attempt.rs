//! `claviger try`: sends the request as it was given to the origin that was named, follows its redirects as a
//! client would, and hands what came back to `claviger_explain`, which weighs it.
//!
//! Never to another origin, and never twice for a method that changes something.

use std::process::ExitCode;
use std::time::Duration;

use claviger_explain::{Answer, Attempt, Exchange, Outgoing, Stopped, attempt_text};
use claviger_guard::fetch::{http_date, is_loopback};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use url::Url;

use super::explain;
use crate::args::Format;
use crate::args::explain::Try;
use crate::http::{Ask, ask, place};
use crate::say::{self, Stop};

/// As many redirects as browsers and curl follow at least.
const MOST_REDIRECTS: usize = 10;
/// How much of an answer is read.
const MOST_BODY: usize = 64 * 1024;

/// The address that was named.
fn named(text: &str) -> Result<Url, Stop> {
    // What stands before an @ may be a password, and behind a ? a token.
    let shown = text.rsplit('@').next().unwrap_or_default();
    let shown = shown.split(['?', '#']).next().unwrap_or_default();
    let wrong = |why: &str| {
        Stop::usage(format!("`{shown}` {why}")).hint("for example https://api.example/orders")
    };
    let mut url = Url::parse(text).map_err(|_| wrong("is no URL"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong("is no http or https URL"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("is named with a user or password before it; send that as a header"));
    }
    url.set_fragment(None);
    Ok(url)
}

/// The address to send to: the one that was named, with the given request's path where it names none.
fn destination(named: Url, outgoing: &Outgoing) -> Result<Url, Stop> {
    let Some(target) = outgoing.target.as_deref().filter(|target| *target != "*") else {
        return Ok(named);
    };
    let is_bare = named.path() == "/" && named.query().is_none();
    // A curl command may leave the scheme out.
    let absolute = Url::parse(target).ok().filter(Url::has_host);
    let own = match absolute {
        Some(own) => own,
        None if target.starts_with('/') => named.join(target).unwrap_or_else(|_| named.clone()),
        None => {
            Url::parse(&format!("{}://{target}", named.scheme())).unwrap_or_else(|_| named.clone())
        }
    };
    if own.origin() != named.origin() {
        return Err(Stop::usage(format!(
            "the given request goes to {}, and {} was named: a credential goes to no other origin than the named one",
            own.origin().ascii_serialization(),
            named.origin().ascii_serialization()
        ))
        .hint(format!("claviger try {} …", own.origin().ascii_serialization())));
    }
    Ok(if is_bare { own } else { named })
}

/// The fields, or why no client sends them.
fn headers(outgoing: &Outgoing) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::new();
    for (name, value) in &outgoing.fields {
        let name = HeaderName::try_from(name.as_str())
            .map_err(|_| "a header's name holds a character that none may hold".to_owned())?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
            format!("the value of `{name}` holds a line break or another control character")
        })?;
        map.append(name, value);
    }
    if !map.contains_key(header::USER_AGENT) {
        let agent = concat!("claviger/", env!("CARGO_PKG_VERSION"));
        map.insert(header::USER_AGENT, HeaderValue::from_static(agent));
    }
    if !map.contains_key(header::ACCEPT) {
        map.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    }
    Ok(map)
}

fn answer(request: String, reply: &crate::http::Reply) -> Answer {
    let text = |name: &HeaderName| {
        reply.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let challenges = reply.headers.get_all(header::WWW_AUTHENTICATE);
    Answer {
        request,
        status: reply.status.as_u16(),
        challenges: challenges
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect(),
        location: text(&header::LOCATION),
        content_type: text(&header::CONTENT_TYPE),
        server: text(&header::SERVER),
        date: text(&header::DATE).and_then(|date| http_date(&date)),
        body: reply.body.clone(),
    }
}

/// Where a redirect leads, and by which method; or why it is not followed (RFC 9110 §15.4, Fetch §4.4).
fn next(
    from: &Url,
    method: &Method,
    status: u16,
    location: Option<&str>,
) -> Result<(Url, Method), Stopped> {
    let to = location.and_then(|to| from.join(to).ok()).ok_or(Stopped::NoAddress)?;
    if !matches!(to.scheme(), "http" | "https") {
        return Err(Stopped::NoAddress);
    }
    if to.origin() != from.origin() {
        return Err(Stopped::OtherOrigin(to.origin().ascii_serialization()));
    }
    let becomes_get = match status {
        303 => *method != Method::HEAD,
        301 | 302 => *method == Method::POST,
        _ => false,
    };
    let method = if becomes_get { Method::GET } else { method.clone() };
    if method.is_safe() { Ok((to, method)) } else { Err(Stopped::Unsafe) }
}

/// Sends a request and follows its redirects.
async fn exchange(
    outgoing: &Outgoing,
    url: &Url,
    method: &Method,
    timeout: Duration,
) -> Result<Exchange, Stop> {
    let mut exchange = Exchange::default();
    let mut fields = match headers(outgoing) {
        Ok(fields) => fields,
        Err(why) => {
            exchange.unsent = Some(why);
            return Ok(exchange);
        }
    };
    let mut body = outgoing.body.clone().unwrap_or_default();
    let (mut url, mut method) = (url.clone(), method.clone());
    for _ in 0..=MOST_REDIRECTS {
        let request = format!("{method} {}", place(&url));
        let sent = Ask {
            method: method.clone(),
            url: url.clone(),
            headers: fields.clone(),
            body: body.clone().into(),
            timeout,
            most: MOST_BODY,
        };
        let reply = ask(sent).await.map_err(|error| {
            Stop::unknown(format!("no answer from {error}"))
                .hint("the credential was not judged; is this the right address, and can this machine reach it?")
        })?;
        let answer = answer(request, &reply);
        let (status, location) = (answer.status, answer.location.clone());
        exchange.answers.push(answer);
        exchange.clock = Some(jiff::Timestamp::now().as_second());
        if !matches!(status, 301 | 302 | 303 | 307 | 308) {
            return Ok(exchange);
        }
        match next(&url, &method, status, location.as_deref()) {
            Ok((to, by)) => {
                if by != method {
                    body.clear();
                    for name in
                        [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::CONTENT_LANGUAGE]
                    {
                        fields.remove(name);
                    }
                }
                (url, method) = (to, by);
            }
            Err(stopped) => {
                exchange.stopped = Some(stopped);
                return Ok(exchange);
            }
        }
    }
    exchange.stopped = Some(Stopped::TooMany);
    Ok(exchange)
}

pub(crate) fn run(arguments: &Try, format: Format) -> Result<ExitCode, Stop> {
    let input = explain::input(arguments.input.as_deref(), arguments.file.as_deref())?;
    let outgoing = Outgoing::read(&input).map_err(|why| {
        Stop::usage(format!("nothing can be sent: {why}"))
            .hint("give a token, a header line, a raw request or a curl command")
    })?;
    let url = destination(named(&arguments.url)?, &outgoing)?;
    let method = Method::from_bytes(outgoing.method.as_bytes())
        .map_err(|_| Stop::usage("the request's method is no method"))?;
    let around = explain::judged_by(&arguments.context, &input)?;
    let report = claviger_explain::explain(&input, &around);
    say::note(&format!("sending {method} {} …", place(&url)));
    if url.scheme() == "http" && !is_loopback(&url) {
        say::note("warning: over plain http, anybody on the way can read and use the credential");
    }
    let timeout = Duration::from_secs(arguments.timeout);
    let runtime = crate::runtime()?;
    let first = runtime.block_on(exchange(&outgoing, &url, &method, timeout))?;
    let mut attempt = Attempt::weigh(&report, &first);
    if arguments.repair && attempt.verdict != claviger_token::Verdict::Accepted {
        match report.correction() {
            None => say::note("nothing was found that a correction of the credential would mend"),
            Some(_) if !outgoing.is_safe() => say::note(&format!(
                "not repeated: {method} may change something; `--repair` is for GET, HEAD and OPTIONS"
            )),
            Some(credential) => {
                let at = Outgoing { target: Some(url.to_string()), ..outgoing };
                let corrected = at.with_credential(credential);
                let url = corrected
                    .target
                    .as_deref()
                    .and_then(|target| Url::parse(target).ok())
                    .unwrap_or(url);
                say::note(&format!("sending {method} {} once more, corrected …", place(&url)));
                let second = runtime.block_on(exchange(&corrected, &url, &method, timeout))?;
                attempt = attempt.with_correction(&second);
            }
        }
    }
    match format {
        Format::Json => {
            let mut json = attempt.to_json();
            json["explain"] = report.to_json(false);
            say::print(&json)?;
        }
        Format::Text => say::line(attempt_text(&attempt, &explain::plain_style()).trim_end())?,
    }
    Ok(ExitCode::from(explain::exit(attempt.verdict)))
}
