//! `claviger explain`: gathers input, keys and policy, and prints the report that `claviger_explain` makes.

mod compare;
mod online;
mod report;
mod search;
mod together;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use claviger_explain::batch::BATCH_BUDGET;
use claviger_explain::{Surroundings, TextStyle};
use claviger_token::{Expect, Policy, Verdict};

use crate::args::Format;
use crate::args::explain::{Context, Expected, Explain};
use crate::command::algorithms;
use crate::say::{self, BAD, GOOD, Stop, UNKNOWN};

/// The most that is read of an input or a key file. A HAR of a long session fits.
pub(crate) const MOST_INPUT: u64 = 64 * 1024 * 1024;

/// Reads a whole file, within the limit.
pub(crate) fn read_file(path: &Path, what: &str) -> Result<Vec<u8>, Stop> {
    let refused = |error: std::io::Error| {
        Stop::usage(format!("cannot read {what} `{}`: {error}", path.display()))
    };
    let mut bytes = Vec::new();
    File::open(path)
        .map_err(refused)?
        .take(MOST_INPUT + 1)
        .read_to_end(&mut bytes)
        .map_err(refused)?;
    within_limit(bytes, what)
}

pub(crate) fn within_limit(bytes: Vec<u8>, what: &str) -> Result<Vec<u8>, Stop> {
    if bytes.len() as u64 > MOST_INPUT {
        return Err(Stop::usage(format!("{what} is longer than {} MiB", MOST_INPUT >> 20)));
    }
    Ok(bytes)
}

/// Reads standard input to its end, within the limit.
fn standard_input() -> Result<Vec<u8>, Stop> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(MOST_INPUT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Stop::usage(format!("cannot read standard input: {error}")))?;
    within_limit(bytes, "standard input")
}

/// What was named: a file, a text, or standard input.
pub(crate) fn input(text: Option<&str>, file: Option<&Path>) -> Result<Vec<u8>, Stop> {
    if let Some(file) = file {
        return read_file(file, "the input");
    }
    match text {
        Some("-") | None => {
            if text.is_none() && std::io::IsTerminal::is_terminal(&std::io::stdin()) {
                say::note(
                    "Paste what was sent (a token, header, request, curl command …) or the error, then Ctrl-D:",
                );
            }
            standard_input()
        }
        Some(text) => Ok(text.as_bytes().to_vec()),
    }
}

/// Unix seconds of `--now`, or of this machine's clock.
fn now(arguments: &Context) -> Result<i64, Stop> {
    let Some(text) = &arguments.now else {
        return Ok(jiff::Timestamp::now().as_second());
    };
    moment("--now", text)
}

/// Unix seconds of what an option names.
pub(crate) fn moment(option: &str, text: &str) -> Result<i64, Stop> {
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_second).map_err(|_| {
        Stop::usage(format!("`{option} {text}` is no time"))
            .hint("unix seconds (1795000000) or RFC 3339 (2026-11-18T11:06:40Z)")
    })
}

fn policy(arguments: &Context) -> Result<Policy, Stop> {
    let algorithms = algorithms(&arguments.algorithm)?;
    let pinned = arguments
        .claim
        .iter()
        .map(|claim| {
            claim
                .split_once('=')
                .filter(|(name, _)| !name.is_empty())
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .ok_or_else(|| {
                    Stop::usage(format!("`--claim {claim}` is not NAME=VALUE"))
                        .hint("for example --claim tid=9122040d")
                })
        })
        .collect::<Result<_, _>>()?;
    for (flag, values) in [("--issuer", &arguments.issuer), ("--audience", &arguments.audience)] {
        if values.iter().any(|value| value.trim().is_empty()) {
            return Err(Stop::usage(format!("`{flag}` is empty"))
                .hint("leave it out to demand none; is the variable in it set?"));
        }
    }
    let named = !arguments.issuer.is_empty() || !arguments.audience.is_empty();
    let expect = match arguments.expect {
        Some(Expected::Access) => Expect::Access,
        Some(Expected::Id) => Expect::Id,
        Some(Expected::Any) => Expect::Any,
        None if named => Expect::Access,
        None => Expect::Any,
    };
    let scopes = arguments
        .scope
        .iter()
        .flat_map(|scopes| scopes.split_whitespace())
        .map(str::to_owned)
        .collect();
    Ok(Policy {
        issuers: arguments.issuer.clone(),
        audiences: arguments.audience.clone(),
        algorithms,
        scopes,
        expect,
        pinned,
        leeway: arguments.leeway,
        max_age: arguments.max_age,
        ..Policy::default()
    })
}

/// Whether a text is an address and not a file's name.
fn is_url(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

/// Everything that was given, and the time that a search may take.
pub(crate) fn judged_by(arguments: &Context, input: &[u8]) -> Result<Surroundings, Stop> {
    Ok(search::within(surroundings(arguments, input)?, arguments.budget))
}

/// Everything that was given, read and, where a URL was named, fetched.
fn surroundings(arguments: &Context, input: &[u8]) -> Result<Surroundings, Stop> {
    let mut around = Surroundings::new(policy(arguments)?, now(arguments)?);
    for place in arguments.jwks.iter().filter(|place| !is_url(place)) {
        around = around.with_key_set(place, &read_file(Path::new(place), "the key set")?);
    }
    for path in &arguments.key {
        let name = path.display().to_string();
        around = around.with_key(&name, &read_file(path, "the key")?);
    }
    if let Some(path) = &arguments.secret_file {
        let name = path.display().to_string();
        around = around.with_secret(&name, &read_file(path, "the secret")?);
    }
    if arguments.online || arguments.jwks.iter().any(|place| is_url(place)) {
        around = crate::runtime()?.block_on(online::asked(arguments, input, around))?;
    }
    Ok(around)
}

/// The exit code of a verdict.
pub(crate) const fn exit(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Accepted => GOOD,
        Verdict::Refused => BAD,
        Verdict::Undetermined => UNKNOWN,
    }
}

pub(crate) fn run(arguments: &Explain, format: Format) -> Result<ExitCode, Stop> {
    if let [good, bad] = arguments.diff.as_slice() {
        return compare::run(arguments, good, bad, format);
    }
    if arguments.file.len() > 1 {
        return together::run(arguments, format);
    }
    if let Some(log) = &arguments.batch {
        let around = surroundings(&arguments.context, b"")?.with_budget(BATCH_BUDGET);
        return super::batch::run(log, around, format);
    }
    if let Some(text) = &arguments.input
        && Path::new(text).is_file()
    {
        say::note(&format!(
            "note: the text `{text}` is judged; --file reads the file of that name"
        ));
    }
    let input = input(arguments.input.as_deref(), arguments.file.first().map(PathBuf::as_path))?;
    let around = judged_by(&arguments.context, &input)?;
    let report = claviger_explain::explain(&input, &around);
    if let Some(path) = &arguments.report {
        report::write(path, &claviger_explain::markdown(&report, &around))?;
    }
    let style = style(arguments);
    let together = together::inside(&input, &around, &style);
    match format {
        Format::Json => {
            let mut json = report.to_json(arguments.show_repaired);
            if let Some((together, _)) = together {
                json["together"] = together;
            }
            say::print(&json)?;
        }
        Format::Text => {
            let mut page = claviger_explain::text(&report, &style);
            if let Some((_, together)) = together {
                page.push('\n');
                page.push_str(&together);
            }
            say::line(page.trim_end())?;
        }
    }
    Ok(ExitCode::from(exit(report.verdict)))
}

fn style(arguments: &Explain) -> TextStyle {
    TextStyle { show_repaired: arguments.show_repaired, ..plain_style() }
}

/// As this terminal takes it, without any repaired credential.
pub(crate) fn plain_style() -> TextStyle {
    TextStyle { color: say::color(), width: say::width(), show_repaired: false }
}
