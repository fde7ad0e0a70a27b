//! Several inputs at once (`--file A --file B`), and several credentials in one HAR or log: each is
//! explained, then `claviger_explain::together` says what they tell together.

use std::process::ExitCode;

use claviger_explain::{Observation, Report, Surroundings, TextStyle};
use serde_json::{Value, json};

use crate::args::Format;
use crate::args::explain::Explain;
use crate::say::{self, Stop};

/// One input with its report.
struct Seen {
    name: String,
    at: Option<i64>,
    report: Report,
}

fn observations(seen: &[Seen]) -> Vec<Observation<'_>> {
    seen.iter()
        .map(|one| Observation { name: one.name.clone(), report: &one.report, at: one.at })
        .collect()
}

/// The credentials of one input; one where it holds no more.
fn taken_apart(name: &str, input: &[u8], around: &Surroundings, out: &mut Vec<Seen>) {
    let parts = claviger_explain::parts(input);
    if parts.is_empty() {
        let report = claviger_explain::explain(input, around);
        out.push(Seen { name: name.to_owned(), at: None, report });
    }
    for part in parts {
        let report = claviger_explain::explain(&part.input, around);
        let name = if name.is_empty() { part.name } else { format!("{name}, {}", part.name) };
        out.push(Seen { name, at: part.at, report });
    }
}

/// What the credentials of one input tell together; none where there is one only.
pub(super) fn inside(
    input: &[u8],
    around: &Surroundings,
    style: &TextStyle,
) -> Option<(Value, String)> {
    if claviger_explain::parts(input).is_empty() {
        return None;
    }
    let mut seen = Vec::new();
    taken_apart("", input, around, &mut seen);
    let together = claviger_explain::together(observations(&seen));
    Some((together.to_json(), claviger_explain::together_text(&together, style)))
}

pub(super) fn run(arguments: &Explain, format: Format) -> Result<ExitCode, Stop> {
    if arguments.report.is_some() {
        return Err(Stop::usage("`--report` takes one input, and several were given")
            .hint("make one report for each"));
    }
    let mut around: Option<Surroundings> = None;
    let mut seen = Vec::new();
    for path in &arguments.file {
        let input = super::read_file(path, "the input")?;
        let around = match &around {
            Some(around) => around,
            None => around.insert(super::judged_by(&arguments.context, &input)?),
        };
        taken_apart(&path.display().to_string(), &input, around, &mut seen);
        if seen.len() > claviger_explain::MAX_PARTS {
            return Err(Stop::usage(format!(
                "more than {} credentials are not looked at together",
                claviger_explain::MAX_PARTS
            ))
            .hint("give fewer files, or a part of the HAR or log"));
        }
    }
    let together = claviger_explain::together(observations(&seen));
    match format {
        Format::Json => {
            let reports: Vec<Value> = seen
                .iter()
                .map(|one| {
                    let mut report = one.report.to_json(arguments.show_repaired);
                    report["name"] = json!(one.name);
                    report
                })
                .collect();
            say::print(&json!({
                "verdict": together.verdict().as_str(),
                "inputs": reports,
                "together": together.to_json(),
            }))?;
        }
        Format::Text => {
            let style = super::style(arguments);
            let mut pages = String::new();
            for one in &seen {
                pages.push_str(&format!("── {}\n", one.name));
                pages.push_str(claviger_explain::text(&one.report, &style).trim_end());
                pages.push_str("\n\n");
            }
            pages.push_str("──\n");
            pages.push_str(&claviger_explain::together_text(&together, &style));
            say::line(pages.trim_end())?;
        }
    }
    Ok(ExitCode::from(super::exit(together.verdict())))
}
