//! `claviger explain --diff GOOD BAD`: two credentials side by side. Reads both, prints what
//! `claviger_explain::diff` finds.

use std::path::Path;
use std::process::ExitCode;

use crate::args::{Explain, Format};
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
    Ok(argument.as_bytes().to_vec())
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
