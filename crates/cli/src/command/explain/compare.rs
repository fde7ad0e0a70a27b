//! `claviger explain --diff GOOD BAD`: two credentials side by side. Reads both, prints what
//! `claviger_explain::diff` finds.

use std::path::Path;
use std::process::ExitCode;

use crate::args::Format;
use crate::args::explain::Explain;
use crate::say::{self, Stop};

/// A file where one of that name exists, standard input for `-`, else the text itself.
fn read(argument: &str) -> Result<Vec<u8>, Stop> {
    if argument == "-" {
        return super::standard_input();
    }
    let path = Path::new(argument);
    if path.is_file() {
        return super::read_file(path, "the input");
    }
    if is_a_name(argument) {
        say::note(&format!("note: there is no file `{argument}`; the text itself is judged"));
    }
    Ok(argument.as_bytes().to_vec())
}

/// Whether a text reads like the name of a file; a credential does not end like one.
fn is_a_name(text: &str) -> bool {
    const ENDINGS: [&str; 8] = ["txt", "har", "json", "log", "jwt", "http", "curl", "token"];
    let ending = Path::new(text).extension().and_then(|ending| ending.to_str());
    !text.contains(char::is_whitespace) && ending.is_some_and(|ending| ENDINGS.contains(&ending))
}

pub(super) fn run(
    arguments: &Explain,
    good: &str,
    bad: &str,
    format: Format,
) -> Result<ExitCode, Stop> {
    if good == "-" && bad == "-" {
        return Err(Stop::usage("`--diff - -` reads standard input twice")
            .hint("give one of the two as a file or as text"));
    }
    let (good, bad) = (read(good)?, read(bad)?);
    let around = super::judged_by(&arguments.context, &good)?;
    let (good, bad) =
        (claviger_explain::explain(&good, &around), claviger_explain::explain(&bad, &around));
    let diff = claviger_explain::diff(&good, &bad);
    match format {
        Format::Json => say::print(&diff.to_json())?,
        Format::Text => {
            say::line(claviger_explain::diff_text(&diff, &super::plain_style()).trim_end())?;
        }
    }
    Ok(ExitCode::from(super::exit(diff.verdict())))
}
