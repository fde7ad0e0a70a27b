//! `claviger registration-token`: the tokens by which clients register themselves (RFC 7591).

use std::process::ExitCode;

use http::Method;
use serde_json::json;

use super::{ask, ask_all, done, list, made, segment};
use crate::args::Format;
use crate::args::admin::Admin;
use crate::args::registration_token::RegistrationTokenAction;
use crate::say::Stop;

const PATH: &str = "/registration-tokens";

pub(crate) fn run(
    action: RegistrationTokenAction,
    admin: &Admin,
    format: Format,
) -> Result<ExitCode, Stop> {
    match action {
        RegistrationTokenAction::List => {
            let all = ask_all(admin, PATH)?;
            list(&all, &["id", "note", "used", "uses_left", "expires_at"], format)
        }
        RegistrationTokenAction::Create { note, uses, expires_in } => {
            let uses = (uses > 0).then_some(uses);
            let body = json!({"note": note, "uses": uses, "expires_in_seconds": expires_in});
            made(&ask(admin, Method::POST, PATH, Some(&body))?, format)
        }
        RegistrationTokenAction::Revoke { id } => {
            let value = ask(admin, Method::DELETE, &format!("{PATH}/{}", segment(&id)), None)?;
            done(&format!("registration token {id} is over"), &value, format)
        }
    }
}
