//! `claviger user`: the people who can log in.

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;

use http::Method;
use serde_json::json;

use super::{Body, ask, ask_all, done, list, segment, show};
use crate::args::Format;
use crate::args::admin::Admin;
use crate::args::user::{Account, Person, UserAction};
use crate::command::explain::{input, read_file};
use crate::command::prompt;
use crate::say::Stop;

pub(crate) fn run(action: UserAction, admin: &Admin, format: Format) -> Result<ExitCode, Stop> {
    match action {
        UserAction::List => {
            let all = ask_all(admin, "/users")?;
            list(&all, &["id", "username", "name", "email"], format)
        }
        UserAction::Create { username, password, person } => {
            let mut body = said_of(person)?;
            body.put("username", username);
            body.put("password", read_password(password.file.as_deref())?);
            show(&ask(admin, Method::POST, "/users", Some(&body.whole()))?, format)
        }
        UserAction::Show(Account { user }) => {
            show(&ask(admin, Method::GET, &path(&user), None)?, format)
        }
        UserAction::Update { account, username, person } => {
            let mut body = said_of(person)?;
            body.put_named("username", username);
            show(&ask(admin, Method::PATCH, &path(&account.user), Some(&body.change()?))?, format)
        }
        UserAction::Disable(Account { user }) => {
            let body = json!({ "disabled": true });
            let value = ask(admin, Method::PATCH, &path(&user), Some(&body))?;
            done(&format!("user {user} is disabled and logged out"), &value, format)
        }
        UserAction::Enable(Account { user }) => {
            let body = json!({ "disabled": false });
            let value = ask(admin, Method::PATCH, &path(&user), Some(&body))?;
            done(&format!("user {user} may log in again"), &value, format)
        }
        UserAction::SetPassword { account: Account { user }, password } => {
            let body = json!({ "password": read_password(password.file.as_deref())? });
            let value = ask(admin, Method::PUT, &format!("{}/password", path(&user)), Some(&body))?;
            done(&format!("user {user} has the new password and is logged out"), &value, format)
        }
        UserAction::Factors(Account { user }) => {
            show(&ask(admin, Method::GET, &format!("{}/factors", path(&user)), None)?, format)
        }
        UserAction::ResetFactors(Account { user }) => {
            let value = ask(admin, Method::DELETE, &format!("{}/factors", path(&user)), None)?;
            done(&format!("user {user} has no second factor any more"), &value, format)
        }
        UserAction::Delete(Account { user }) => {
            let value = ask(admin, Method::DELETE, &path(&user), None)?;
            done(&format!("user {user} is removed"), &value, format)
        }
    }
}

/// The path of an account.
pub(super) fn path(user: &str) -> String {
    format!("/users/{}", segment(user))
}

fn said_of(person: Person) -> Result<Body, Stop> {
    let mut body = Body::default();
    body.put_named("name", person.name);
    body.put_named("email", person.email);
    body.put_named("email_verified", person.email_verified);
    body.put_several("groups", person.group);
    body.put_set(&person.set)?;
    Ok(body)
}

/// The first line of a file, or of standard input; a person at a terminal is asked.
fn read_password(file: Option<&Path>) -> Result<String, Stop> {
    let (text, from) = match file {
        Some(file) => (read_file(file, "the password")?, format!("`{}`", file.display())),
        None if std::io::stdin().is_terminal() => return prompt::new_password(),
        None => (input(Some("-"), None)?, "standard input".to_owned()),
    };
    let text =
        String::from_utf8(text).map_err(|_| Stop::usage("the password is no text (UTF-8)"))?;
    match text.lines().next() {
        Some(password) if !password.is_empty() => Ok(password.to_owned()),
        _ => Err(Stop::usage(format!("there is no password in the first line of {from}"))
            .hint("--password-file names another file; at a terminal it is asked for")),
    }
}
