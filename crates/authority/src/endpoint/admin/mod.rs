//! The admin API: clients, APIs, revocations, keys, the journal. `dispatch` has asked for the
//! administrator's credential before any of it is called.

pub(crate) mod clients;
pub(crate) mod journal;
pub(crate) mod keys;
mod page;
pub(crate) mod refusals;
pub(crate) mod registration_tokens;
pub(crate) mod resources;
pub(crate) mod revocations;
pub(crate) mod users;

use claviger_protocol::Invalid;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Deserializer};

use crate::call::{Answer, Call, Reply, clipped};
use crate::refusal::Refusal;
use crate::render;

/// `GET /admin/v1/openapi.json`.
pub(crate) async fn openapi(call: Call) -> Answer {
    const CACHE: HeaderValue = HeaderValue::from_static("no-cache");
    Ok(render::document(&call.parts.headers, render::JSON, &call.state.openapi, CACHE))
}

/// A record that cannot stand, told as a refusal.
fn invalid(invalid: Invalid) -> Box<Refusal> {
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "field-refused")
        .detail(format!("{}: {}", invalid.field, invalid.problem))
        .fix(invalid.fix)
        .evidence("field", invalid.field)
        .into()
}

/// A record that cannot stand for a reason of this server's own.
fn refused(field: &'static str, problem: String, fix: impl Into<String>) -> Box<Refusal> {
    invalid(Invalid { field, problem, fix: fix.into() })
}

fn unknown(code: &'static str, what: &str, id: &str, fix: &'static str) -> Box<Refusal> {
    Refusal::new(StatusCode::NOT_FOUND, code)
        .detail(format!("there is no {what} `{}`", clipped(id)))
        .fix(fix)
        .into()
}

fn exists(code: &'static str, what: &str, id: &str, fix: &'static str) -> Box<Refusal> {
    Refusal::new(StatusCode::CONFLICT, code)
        .detail(format!("there is a {what} `{}` already", clipped(id)))
        .fix(fix)
        .into()
}

/// Where something made now stands.
fn located(mut reply: Reply, call: &Call, collection: &str, id: &str) -> Reply {
    let mut location = format!("{}/admin/v1/{collection}/", call.state.issuer.path);
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            location.push(char::from(byte));
        } else {
            location.push_str(&format!("%{byte:02X}"));
        }
    }
    if let Ok(value) = HeaderValue::from_str(&location) {
        reply.headers_mut().insert(header::LOCATION, value);
    }
    reply
}

/// RFC 7396: a member that is absent stays as it is, one that is null is taken away. Serde tells the
/// two apart only with this.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    value: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// A life of tokens that this authority issues.
fn check_ttl(call: &Call, seconds: Option<u64>) -> Result<(), Box<Refusal>> {
    let most = call.state.config.tokens.access_ttl_max_seconds;
    match seconds {
        Some(seconds) if seconds == 0 || seconds > most => Err(refused(
            "access_ttl_seconds",
            format!("{seconds} is out of range"),
            format!("choose 1 to {most}, or raise `tokens.access_ttl_max_seconds`"),
        )),
        _ => Ok(()),
    }
}
