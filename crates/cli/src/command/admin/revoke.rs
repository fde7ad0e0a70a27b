//! `claviger revoke`: what no guard takes any more.

use std::process::ExitCode;

use http::Method;

use super::{Body, ask, done};
use crate::args::Format;
use crate::args::revoke::{Revoke, RevokeKind};
use crate::command::explain::moment;
use crate::say::Stop;

pub(crate) fn run(asked: Revoke, format: Format) -> Result<ExitCode, Stop> {
    let kind = match asked.kind {
        RevokeKind::Token => "token",
        RevokeKind::Grant => "grant",
        RevokeKind::Session => "session",
        RevokeKind::Subject => "subject",
        RevokeKind::Client => "client",
        RevokeKind::All => "all",
    };
    let what = match &asked.value {
        Some(value) => format!("{kind} {value} is revoked"),
        None => "everything up to then is revoked".to_owned(),
    };
    let mut body = Body::default();
    body.put("kind", kind);
    body.put_named("value", asked.value);
    if let Some(text) = &asked.until {
        body.put("until", moment("--until", text)?);
    }
    if let Some(text) = &asked.before {
        body.put("until", moment("--before", text)?.saturating_sub(1));
    }
    let answer = ask(&asked.admin, Method::POST, "/revocations", Some(&body.whole()))?;
    done(&what, &answer, format)
}
