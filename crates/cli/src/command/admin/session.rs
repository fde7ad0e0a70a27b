//! `claviger session`: people's log-ins.

use std::process::ExitCode;

use http::Method;

use super::user::path;
use super::{ask, done, list, segment};
use crate::args::Format;
use crate::args::admin::Admin;
use crate::args::session::SessionAction;
use crate::args::user::Account;
use crate::say::Stop;

pub(crate) fn run(action: SessionAction, admin: &Admin, format: Format) -> Result<ExitCode, Stop> {
    match action {
        SessionAction::List(Account { user }) => {
            let all = ask(admin, Method::GET, &format!("{}/sessions", path(&user)), None)?;
            list(&all, &["sid", "browser", "amr", "started", "auth_time", "expires"], format)
        }
        SessionAction::End { sid: user, all: true } => {
            let value = ask(admin, Method::DELETE, &format!("{}/sessions", path(&user)), None)?;
            done(&format!("everything of {user} is ended"), &value, format)
        }
        SessionAction::End { sid, all: false } => {
            let value = ask(admin, Method::DELETE, &format!("/sessions/{}", segment(&sid)), None)?;
            done(&format!("session {sid} is ended"), &value, format)
        }
    }
}
