//! `claviger key`: the signing keys.

use std::process::ExitCode;

use http::Method;

use super::{ask, done, list, segment, show};
use crate::args::Format;
use crate::args::admin::Admin;
use crate::args::key::KeyAction;
use crate::say::Stop;

pub(crate) fn run(action: KeyAction, admin: &Admin, format: Format) -> Result<ExitCode, Stop> {
    match action {
        KeyAction::List => {
            let all = ask(admin, Method::GET, "/keys", None)?;
            list(&all, &["kid", "algorithm", "state", "activates_at", "removed_at"], format)
        }
        KeyAction::Rotate { algorithm } => {
            let path = match algorithm {
                Some(algorithm) => format!("/keys/rotate?algorithm={}", segment(&algorithm)),
                None => "/keys/rotate".to_owned(),
            };
            show(&ask(admin, Method::POST, &path, None)?, format)
        }
        KeyAction::Withdraw { kid } => {
            let path = format!("/keys/{}/withdraw", segment(&kid));
            let value = ask(admin, Method::POST, &path, None)?;
            let what = format!("key {kid} is withdrawn: its tokens are refused everywhere");
            done(&what, &value, format)
        }
    }
}
