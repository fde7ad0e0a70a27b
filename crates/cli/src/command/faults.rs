//! `claviger faults`: the catalogue, for reading.

use std::fmt::Write as _;
use std::process::ExitCode;

use claviger_explain::{Stack, confirm, remedies, stacks};
use claviger_token::{Class, Code};
use serde_json::{Value, json};

use crate::args::Format;
use crate::args::explain::Faults;
use crate::say::{self, BOLD, CYAN, DIM, GOOD, Stop};

fn as_json(code: Code) -> Value {
    let row = code.row();
    json!({
        "code": row.code, "class": row.class.as_str(), "who": row.who.as_str(),
        "proof": row.proof.as_str(), "status": row.status,
        "error": row.error.map(|error| error.as_str()), "clause": row.clause,
        "title": row.title, "explanation": row.explanation, "fix": row.fix,
        "confirm": confirm(code)
            .iter()
            .map(|step| json!({ "text": step.text, "command": step.command }))
            .collect::<Value>(),
        "remedies": remedies(code)
            .iter()
            .map(|remedy| json!({
                "stack": remedy.stack.as_str(), "text": remedy.text,
                "language": remedy.snippet.map(|lines| lines.language()),
                "lines": remedy.snippet.map(|lines| lines.text),
            }))
            .collect::<Value>(),
    })
}

pub(crate) fn run(asked: &Faults, format: Format) -> Result<ExitCode, Stop> {
    match &asked.code {
        None => all(format)?,
        Some(text) => {
            let code: Code = text.parse().map_err(|_| unknown(text))?;
            match asked.stack.as_slice() {
                // One document for programs has all of it anyway.
                wanted @ [_, ..] if format == Format::Text => fixes(code, wanted)?,
                _ => one(code, format)?,
            }
        }
    }
    Ok(ExitCode::from(GOOD))
}

fn unknown(text: &str) -> Stop {
    let near: Vec<&str> = Code::ALL
        .iter()
        .map(|code| code.as_str())
        .filter(|code| text.split('-').any(|part| part.len() > 2 && code.contains(part)))
        .take(5)
        .collect();
    let stop = Stop::usage(format!("`{text}` is no code of the catalogue"));
    if near.is_empty() {
        stop.hint("`claviger faults` lists all codes")
    } else {
        stop.hint(format!("near it: {}", near.join(", ")))
    }
}

fn all(format: Format) -> Result<(), Stop> {
    if format == Format::Json {
        return say::print(&Code::ALL.iter().map(|code| as_json(*code)).collect());
    }
    let mut out = String::new();
    for class in Class::ALL {
        let codes: Vec<Code> =
            Code::ALL.iter().copied().filter(|code| code.class() == *class).collect();
        let _ = writeln!(out, "{BOLD}{class}{BOLD:#} {DIM}({} causes){DIM:#}", codes.len());
        for code in codes {
            let _ = writeln!(out, "  {CYAN}{:<30}{CYAN:#} {}", code.as_str(), code.title());
        }
        out.push('\n');
    }
    let _ = write!(out, "One of them in full: claviger faults CODE");
    say::line(&out)
}

fn one(code: Code, format: Format) -> Result<(), Stop> {
    if format == Format::Json {
        return say::print(&as_json(code));
    }
    let row = code.row();
    let answer = match row.error {
        Some(error) => format!("{} {}", row.status, error.as_str()),
        None => row.status.to_string(),
    };
    let width = say::width();
    let mut out = format!("{BOLD}{}{BOLD:#} {DIM}({}){DIM:#}\n\n", row.title, row.code);
    let mut put = |name: &str, text: &str| {
        let text = say::wrap(text, width.saturating_sub(11));
        for (nth, line) in text.lines().enumerate() {
            let name = if nth == 0 { name } else { "" };
            let _ = writeln!(out, "{CYAN}{name:<10}{CYAN:#} {line}");
        }
    };
    put("means", row.explanation);
    put("fix", row.fix);
    put("who", &format!("the {} has to act", row.who));
    put("class", row.class.as_str());
    put(
        "proof",
        match row.proof.as_str() {
            "repair" => "accepted by the same policy once the one defect is repaired",
            "compare" => "a value in hand contradicts the policy in hand",
            "record" => "the issuer's or the gate's own record says so",
            "probe" => "a live request shows it",
            _ => "visible in the input itself",
        },
    );
    put("answer", &answer);
    put("source", row.clause);
    let _ = writeln!(out, "\n{CYAN}confirm{CYAN:#}");
    for (nth, step) in confirm(code).iter().enumerate() {
        let text = say::wrap(step.text, width.saturating_sub(5));
        for (line, text) in text.lines().enumerate() {
            let number = if line == 0 { format!("{}.", nth + 1) } else { String::new() };
            let _ = writeln!(out, "  {number:<2} {text}");
        }
        for command in step.command.unwrap_or_default().lines() {
            let _ = writeln!(out, "       {command}");
        }
    }
    let names: Vec<&str> = stacks(code).iter().map(|stack| stack.as_str()).collect();
    let _ = writeln!(out, "\n{CYAN}lines for{CYAN:#}  {}", names.join(", "));
    if let Some(name) = names.first() {
        let _ = writeln!(out, "{DIM}claviger faults {} --stack {name}{DIM:#}", row.code);
    }
    say::line(out.trim_end())
}

/// The lines to copy for some languages or products.
fn fixes(code: Code, wanted: &[Stack]) -> Result<(), Stop> {
    let known = stacks(code);
    if let Some(stack) = wanted.iter().find(|stack| !known.contains(stack)) {
        let names: Vec<&str> = known.iter().map(|stack| stack.as_str()).collect();
        return Err(Stop::usage(format!("{code} is not fixed in {}", stack.title()))
            .hint(format!("it is fixed in: {}", names.join(", "))));
    }
    let mut out = format!("{BOLD}{}{BOLD:#} {DIM}({code}){DIM:#}\n", code.title());
    for remedy in remedies(code).iter().filter(|remedy| wanted.contains(&remedy.stack)) {
        let text = say::wrap(remedy.text, say::width());
        let _ = write!(out, "\n{CYAN}{}{CYAN:#}\n{text}\n\n", remedy.stack.title());
        for line in remedy.snippet.map_or("", |lines| lines.text).lines() {
            let _ = writeln!(out, "    {line}");
        }
    }
    say::line(out.trim_end())
}
