//! `claviger backup` and `claviger restore`: files and words around what the authority does.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use claviger_authority::{Backup, Config, OpenError, back_up, check_backup, restore as put_back};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::args::Format;
use crate::args::serve::{MakeBackup, Restore};
use crate::command::config;
use crate::say::{self, GOOD, GREEN, Stop, YELLOW};

fn refused(error: OpenError) -> Stop {
    Stop::bad(error.to_string())
}

pub(crate) fn run(arguments: &MakeBackup, format: Format) -> Result<ExitCode, Stop> {
    let config = config::served(&arguments.settings)?.config;
    if arguments.check {
        return check(&arguments.target, &config, format);
    }
    let now = Timestamp::now();
    let target = target(&arguments.target, now);
    let shows = format == Format::Text && std::io::stderr().is_terminal();
    let mut progress = |done: u64, all: u64| {
        if shows {
            // Nobody to tell is no reason to stop.
            let _ = write!(std::io::stderr(), "\r{:>3} %", done * 100 / all.max(1));
        }
    };
    let backup = back_up(
        &config.data_dir,
        config.master_key_file.as_deref(),
        &target,
        arguments.with_master_key,
        now.as_second(),
        &mut progress,
    );
    if shows {
        let _ = write!(std::io::stderr(), "\r     \r");
    }
    let backup = backup.map_err(refused)?;
    if format == Format::Json {
        say::print(&document(&backup))?;
        return Ok(ExitCode::from(GOOD));
    }
    say::line(&described("backed up to", &backup))?;
    if backup.has_master_key {
        say::note(&format!(
            "{YELLOW}The master key is in it: whoever has this file can sign tokens. Keep it encrypted.{YELLOW:#}"
        ));
    } else {
        say::note(
            "The master key is not in it; without that key nobody can use it. Keep both, apart.",
        );
    }
    Ok(ExitCode::from(GOOD))
}

fn check(file: &Path, config: &Config, format: Format) -> Result<ExitCode, Stop> {
    let backup = check_backup(file, config.master_key_file.as_deref()).map_err(refused)?;
    if format == Format::Json {
        say::print(&document(&backup))?;
        return Ok(ExitCode::from(GOOD));
    }
    say::line(&described("whole:", &backup))?;
    say::line(match backup.keys_open {
        Some(_) => "its signing keys open with the master key",
        None => {
            "whether its signing keys open was not tried: no master key in it, none named with --set master_key_file=FILE"
        }
    })?;
    Ok(ExitCode::from(GOOD))
}

pub(crate) fn restore(arguments: &Restore, format: Format) -> Result<ExitCode, Stop> {
    let config = config::served(&arguments.settings)?.config;
    let key = config.master_key_file.as_deref();
    let restored = put_back(&arguments.file, &config.data_dir, key).map_err(refused)?;
    let data = config.data_dir.display();
    if format == Format::Json {
        let mut told = document(&restored.backup);
        told["data"] = json!(config.data_dir);
        told["admin_token_file"] = json!(restored.admin_token_file);
        say::print(&told)?;
        return Ok(ExitCode::from(GOOD));
    }
    say::line(&described(&format!("restored into {data} from"), &restored.backup))?;
    say::note(&format!(
        "The administrator has a new token, in {}.\nWhat was revoked after the backup was made is not in it: revoke it again.\nNext: claviger serve --data {data}",
        restored.admin_token_file.display()
    ));
    Ok(ExitCode::from(GOOD))
}

/// A file of that name, or one named by the time in a directory that stands.
fn target(named: &Path, now: Timestamp) -> PathBuf {
    if named.is_dir() {
        let time = now.strftime("%Y%m%dT%H%M%SZ");
        return named.join(format!("claviger-{time}.backup"));
    }
    named.to_owned()
}

fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn described(what: &str, backup: &Backup) -> String {
    let made = backup.made_at.and_then(|at| Timestamp::from_second(at).ok());
    format!(
        "{GREEN}{what}{GREEN:#} {} ({} of {}; {}, {}, {}, {}; schema {})",
        backup.file.display(),
        size(backup.bytes),
        made.map_or_else(|| "unknown time".to_owned(), |made| made.to_string()),
        counted(backup.clients, "client"),
        counted(backup.users, "user"),
        counted(backup.grants, "grant"),
        counted(backup.keys, "signing key"),
        backup.schema,
    )
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_048_576 => format!("{} KiB", bytes.div_ceil(1024)),
        _ => format!("{} MiB", bytes.div_ceil(1 << 20)),
    }
}

fn document(backup: &Backup) -> Value {
    json!({
        "file": backup.file,
        "bytes": backup.bytes,
        "made_at": backup.made_at,
        "schema": backup.schema,
        "clients": backup.clients,
        "users": backup.users,
        "grants": backup.grants,
        "keys": backup.keys,
        "has_master_key": backup.has_master_key,
        "keys_open": backup.keys_open,
    })
}
