//! `claviger config`: what is wrong with a configuration and where, and what it comes to. Reads the
//! file and the environment for the authority's reader, which knows neither.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use claviger_authority::{Examined, Layered, Layers, Problem};
use serde_json::{Value, json};

use crate::args::Format;
use crate::args::serve::{ConfigAction, Settings};
use crate::command::explain::read_file;
use crate::say::{self, BOLD, CYAN, DIM, GOOD, GREEN, RED, Stop, USAGE, YELLOW};

pub(crate) fn run(action: ConfigAction, format: Format) -> Result<ExitCode, Stop> {
    match action {
        ConfigAction::Check { file, settings } => check(&settings.with_file(file), format),
        ConfigAction::Show { file, settings } => show(&settings.with_file(file), format),
    }
}

/// What was written in file, environment and flags.
fn layers(settings: &Settings) -> Result<Layers, Stop> {
    let file = match &settings.config {
        None => None,
        Some(path) => Some((path.display().to_string(), text(path)?)),
    };
    // A value that is no text cannot be a setting; only ours are looked at.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| {
            let name = name.into_string().ok().filter(|name| name.starts_with("CLAVIGER_"))?;
            Some((name, value.to_string_lossy().into_owned()))
        })
        .collect();
    Ok(Layers { file, environment, flags: flags(settings)? })
}

/// The configuration to serve; its mistakes end the command.
pub(crate) fn served(settings: &Settings) -> Result<Layered, Stop> {
    match layers(settings)?.read() {
        Ok(layered) => {
            for note in &layered.notes {
                tracing::warn!("{note}");
            }
            Ok(layered)
        }
        Err(problems) => Err(refused(&problems)),
    }
}

/// All mistakes as one refusal.
pub(crate) fn refused(problems: &[Problem]) -> Stop {
    let mut text = String::from("the configuration cannot be served");
    for problem in problems {
        let _ = write!(text, "\n{}", said(problem));
    }
    Stop::usage(text)
}

fn text(path: &Path) -> Result<String, Stop> {
    let bytes = read_file(path, "the configuration").map_err(|stop| {
        stop.hint("--config or CLAVIGER_CONFIG names it; without one, the defaults are served")
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Stop::usage(format!("{}:{line}: the configuration is not UTF-8", path.display()))
            .hint("save the file as UTF-8")
    })
}

fn flags(settings: &Settings) -> Result<Vec<(String, String, String)>, Stop> {
    let mut flags = Vec::new();
    let mut add = |flag: &str, field: &str, value: String| {
        flags.push((flag.to_owned(), field.to_owned(), value));
    };
    for set in &settings.set {
        let Some((field, value)) = set.split_once('=') else {
            return Err(Stop::usage(format!("`--set {set}` names no value"))
                .hint("write `--set tokens.access_ttl_seconds=600`"));
        };
        add(&format!("--set {}", field.trim()), field.trim(), value.trim().to_owned());
    }
    if let Some(data) = &settings.data {
        add("--data", "data_dir", path_text(data)?);
    }
    if let Some(listen) = &settings.listen {
        add("--listen", "listen", listen.clone());
    }
    if let Some(issuer) = &settings.issuer {
        add("--issuer", "issuer", issuer.clone());
    }
    Ok(flags)
}

fn path_text(path: &Path) -> Result<String, Stop> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| Stop::usage(format!("the path `{}` is not UTF-8", path.display())))
}

fn check(settings: &Settings, format: Format) -> Result<ExitCode, Stop> {
    let name = settings.config.as_ref().map(|path| path.display().to_string());
    let now = jiff::Timestamp::now().as_second();
    let Examined { problems, notes, .. } = layers(settings)?.examine().with_files(now);
    if format == Format::Json {
        let listed: Vec<Value> = problems.iter().map(document).collect();
        say::print(
            &json!({"ok": problems.is_empty(), "file": name, "problems": listed, "notes": notes}),
        )?;
    } else {
        for problem in &problems {
            say::line(&said(problem))?;
        }
        for note in &notes {
            say::line(&format!("{YELLOW}note:{YELLOW:#} {note}"))?;
        }
        let name = name.as_deref().unwrap_or("no file: defaults and environment");
        match problems.len() {
            0 => say::line(&format!("{GREEN}good:{GREEN:#} {name}"))?,
            1 => say::line(&format!("{RED}1 mistake{RED:#} ({name})"))?,
            count => say::line(&format!("{RED}{count} mistakes{RED:#} ({name})"))?,
        }
    }
    Ok(ExitCode::from(if problems.is_empty() { GOOD } else { USAGE }))
}

/// A mistake for people: what, where, the line with what is meant underlined, and what to write.
fn said(problem: &Problem) -> String {
    let mut out = format!("{RED}error:{RED:#} {BOLD}{problem}{BOLD:#}");
    match (&problem.place, problem.source) {
        (Some(place), _) => {
            let number = place.line.to_string();
            let margin = " ".repeat(number.len());
            let (indent, carets) = (" ".repeat(place.column - 1), "^".repeat(place.width.min(160)));
            let _ = write!(
                out,
                "\n{margin}{CYAN}-->{CYAN:#} {}:{}:{}\n{margin} {CYAN}|{CYAN:#}\n{CYAN}{number} |{CYAN:#} {}\n{margin} {CYAN}|{CYAN:#} {indent}{RED}{carets}{RED:#}",
                problem.name, place.line, place.column, place.text
            );
        }
        (None, "environment") => {
            let _ = write!(out, "\n {CYAN}-->{CYAN:#} the environment variable {}", problem.name);
        }
        (None, "flag") => {
            let _ = write!(out, "\n {CYAN}-->{CYAN:#} the flag {}", problem.name);
        }
        _ => {}
    }
    let _ = write!(out, "\n {CYAN}fix:{CYAN:#} {}", problem.fix);
    out
}

fn document(problem: &Problem) -> Value {
    let place = problem.place.as_ref();
    json!({
        "field": problem.field,
        "source": problem.source,
        "name": problem.name,
        "line": place.map(|place| place.line),
        "column": place.map(|place| place.column),
        "width": place.map(|place| place.width),
        "text": place.map(|place| &place.text),
        "problem": problem.problem,
        "fix": problem.fix,
    })
}

fn show(settings: &Settings, format: Format) -> Result<ExitCode, Stop> {
    let layered = layers(settings)?.read().map_err(|problems| refused(&problems))?;
    let settings = layered.settings();
    if format == Format::Json {
        let listed: Vec<Value> = settings
            .iter()
            .map(|setting| {
                json!({"field": setting.field, "value": setting.json, "source": setting.source, "place": setting.place})
            })
            .collect();
        say::print(&json!({"settings": listed, "notes": layered.notes}))?;
        return Ok(ExitCode::from(GOOD));
    }
    // What is printed is itself a configuration file.
    let mut section = "";
    for setting in &settings {
        let (above, name) = setting.field.rsplit_once('.').unwrap_or(("", &setting.field));
        if above != section {
            say::line(&format!("\n{BOLD}[{above}]{BOLD:#}"))?;
            section = above;
        }
        let line = match &setting.value {
            Some(value) => format!("{name} = {value}"),
            None => format!("# {name} is not set"),
        };
        let style = if setting.source == "default" { DIM } else { CYAN };
        say::line(&format!("{line:<42} {style}# {}{style:#}", setting.place))?;
    }
    Ok(ExitCode::from(GOOD))
}
