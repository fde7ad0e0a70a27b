//! The `claviger` binary: arguments in, exit code out. No logic of its own.

mod args;
mod command;
mod http;
mod listing;
mod say;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Claviger, Command};
use crate::command::admin;
use crate::say::Stop;

fn main() -> ExitCode {
    let arguments = Claviger::parse();
    // The demo provokes refusals on purpose; the gate's warnings of them would only stand in the way.
    let quiet = matches!(arguments.command, Command::Demo) && arguments.log == "warn";
    if let Err(stop) =
        say::log_to_stderr(if quiet { "off" } else { &arguments.log }, arguments.log_format)
    {
        return stop.report(arguments.format);
    }
    let format = arguments.format;
    let done = match arguments.command {
        Command::Serve { settings } => command::serve::run(&settings, format),
        Command::Backup(backup) => command::backup::run(&backup, format),
        Command::Restore(restore) => command::backup::restore(&restore, format),
        Command::Health { settings } => command::health::run(&settings, format),
        Command::Config { action } => command::config::run(action, format),
        Command::Gate(gate) => command::gate::run(&gate, format),
        Command::Demo => command::demo::run(format),
        Command::Explain(explain) => command::explain::run(&explain, format),
        Command::Try(attempt) => command::attempt::run(&attempt, format),
        Command::Faults(faults) => command::faults::run(&faults, format),
        Command::Why(asked) => command::journal::why(&asked, format),
        Command::Journal(asked) => command::journal::journal(&asked, format),
        Command::Client { action, admin } => admin::client::run(action, &admin, format),
        Command::Resource { action, admin } => admin::resource::run(action, &admin, format),
        Command::User { action, admin } => admin::user::run(action, &admin, format),
        Command::RegistrationToken { action, admin } => {
            admin::registration_token::run(action, &admin, format)
        }
        Command::Session { action, admin } => admin::session::run(action, &admin, format),
        Command::Key { action, admin } => admin::key::run(action, &admin, format),
        Command::Revoke(revoke) => admin::revoke::run(revoke, format),
    };
    match done {
        Ok(code) => code,
        Err(stop) => stop.report(format),
    }
}

/// A runtime for the commands that talk to others.
fn runtime() -> Result<tokio::runtime::Runtime, Stop> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Stop::unknown(format!("cannot start the runtime: {error}")))
}
