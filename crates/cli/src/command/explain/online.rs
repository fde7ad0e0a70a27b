//! `--online` and `--jwks URL`: what the issuer publishes, its clock, and its word about the token.
//!
//! The only place of `claviger explain` that talks to others, and only when told to. Each failure becomes a fault
//! of the report, with its reason; nothing is sent but requests for public documents, and, where a client was named
//! for it, the token to the issuer's own introspection endpoint.

use std::time::Duration;

use base64::Engine as _;
use claviger_explain::{Introspection, Surroundings};
use claviger_guard::discovery::Discovery;
use claviger_guard::fetch::{FetchRules, Fetched, Fetcher};
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::Value;
use url::Url;

use super::{is_url, read_file};
use crate::args::explain::Context;
use crate::http::{Ask, ask};
use crate::say::{self, Stop};

/// The longest that an introspection may take.
const LONGEST: Duration = Duration::from_secs(10);
/// The most that is read of its answer.
const MOST: usize = 256 * 1024;

/// Asks everything that was asked for.
pub(super) async fn asked(
    arguments: &Context,
    input: &[u8],
    mut around: Surroundings,
) -> Result<Surroundings, Stop> {
    // Whoever names an address for an explanation may name one of a test network: nobody is let in by it.
    let rules = FetchRules { danger_allow_plain_http: true, ..FetchRules::default() };
    let fetcher = Fetcher::new(rules);
    for url in arguments.jwks.iter().filter(|place| is_url(place)) {
        around = match fetcher.get(url, None).await {
            Ok(fetched) => {
                mind_type(url, &fetched);
                around.with_key_set(url, fetched.body.as_bytes())
            }
            Err(error) => around.with_fault(*error.into_fault()),
        };
    }
    if !arguments.online {
        return Ok(around);
    }
    let issuer = issuer(arguments, input, &around)?;
    say::note(&format!("asking {issuer} …"));
    if issuer.starts_with("http://") && Fetcher::new(FetchRules::default()).allows(&issuer).is_err()
    {
        say::note("warning: over plain http anybody on the way can answer with keys of their own");
    }
    let found = match fetcher.discover(&issuer).await {
        Ok(found) => found,
        Err(fault) => return Ok(around.with_fault(*fault)),
    };
    let fetched = match fetcher.get(&found.jwks_uri, None).await {
        Ok(fetched) => fetched,
        Err(error) => return Ok(around.with_fault(*error.into_fault())),
    };
    mind_type(&found.jwks_uri, &fetched);
    if let (Some(date), None) = (fetched.date, &arguments.now) {
        around = around.with_clock(&issuer, date - jiff::Timestamp::now().as_second());
    }
    let keys = fetched.body.as_bytes();
    around = if around.has_keys() {
        around.with_fresh_key_set(&found.jwks_uri, keys)
    } else {
        around.with_key_set(&found.jwks_uri, keys)
    };
    match &arguments.introspect_as {
        Some(client) => introspected(arguments, client, input, &found, around).await,
        None => Ok(around),
    }
}

/// The issuer to ask: the one named, else the one that the token names.
fn issuer(arguments: &Context, input: &[u8], around: &Surroundings) -> Result<String, Stop> {
    let issuer = match arguments.issuer.first() {
        Some(issuer) => issuer.clone(),
        None => {
            let report = claviger_explain::explain(input, around).to_json(false);
            report["token"]["claims"]["iss"].as_str().unwrap_or_default().to_owned()
        }
    };
    if is_url(&issuer) {
        return Ok(issuer);
    }
    Err(Stop::usage("`--online` needs an issuer to ask, and the token names none")
        .hint("name it: --issuer https://id.example"))
}

/// Some clients refuse a key set that is served as something else than JSON.
fn mind_type(url: &str, fetched: &Fetched) {
    let Some(kind) = &fetched.content_type else { return };
    let is_json = kind == "application/json" || kind.ends_with("+json");
    if !is_json {
        say::note(&format!(
            "note: {url} is served as `{kind}`; strict clients take application/json only"
        ));
    }
}

/// Asks the issuer about the token (RFC 7662 §2.1).
async fn introspected(
    arguments: &Context,
    client: &str,
    input: &[u8],
    found: &Discovery,
    around: Surroundings,
) -> Result<Surroundings, Stop> {
    let Some(endpoint) = &found.introspection_endpoint else {
        return Err(Stop::usage(format!("{} names no introspection endpoint", found.url))
            .hint("leave `--introspect-as` out"));
    };
    let secret = match &arguments.introspect_secret_file {
        Some(path) => read_file(path, "the client's secret")?,
        None => Vec::new(),
    };
    let secret = String::from_utf8(secret)
        .map_err(|_| Stop::usage("the client's secret is no text (UTF-8)"))?;
    let secret = secret.lines().next().unwrap_or_default();
    let report = claviger_explain::explain(input, &around);
    let Some(token) = report.credential() else { return Ok(around) };
    let answer = introspect(endpoint, client, secret, token).await;
    Ok(around.with_introspection(Introspection { url: endpoint.to_owned(), answer }))
}

async fn introspect(
    endpoint: &str,
    client: &str,
    secret: &str,
    token: &str,
) -> Result<Value, String> {
    let url = Url::parse(endpoint).map_err(|_| "the endpoint is no URL".to_owned())?;
    if Fetcher::new(FetchRules::default()).allows(endpoint).is_err() {
        return Err("a token is sent over https only, or to this very machine".to_owned());
    }
    let encoded =
        |text: &str| -> String { url::form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    // RFC 6749 §2.3.1: both are form-encoded before they are joined.
    let pair = format!("{}:{}", encoded(client), encoded(secret));
    let pair = base64::engine::general_purpose::STANDARD.encode(pair);
    let mut headers = HeaderMap::new();
    let mut authorization = HeaderValue::from_str(&format!("Basic {pair}"))
        .map_err(|_| "the client's name or secret cannot be sent".to_owned())?;
    authorization.set_sensitive(true);
    headers.insert(header::AUTHORIZATION, authorization);
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    headers.insert(header::CONTENT_TYPE, form);
    let body = format!("token={}&token_type_hint=access_token", encoded(token));
    let request =
        Ask { method: Method::POST, url, headers, body: body.into(), timeout: LONGEST, most: MOST };
    let reply = ask(request).await.map_err(|error| error.reason)?;
    match reply.status.as_u16() {
        200 => {}
        401 | 403 => {
            return Err(format!(
                "it answers {}: it refuses the client that asks, not the token",
                reply.status.as_u16()
            ));
        }
        status => return Err(format!("it answers with status {status}")),
    }
    serde_json::from_slice(&reply.body).map_err(|_| "the answer is no JSON".to_owned())
}
