//! `claviger health`: whether the authority of a configuration is ready, for a container's check.

use std::process::ExitCode;

use claviger_authority::probe;
use serde_json::json;

use crate::args::Format;
use crate::args::serve::Settings;
use crate::command::config;
use crate::say::{self, GOOD, Stop};

pub(crate) fn run(settings: &Settings, format: Format) -> Result<ExitCode, Stop> {
    let config = config::served(settings)?.config;
    crate::runtime()?
        .block_on(probe(&config))
        .map_err(|problem| Stop::bad(format!("the authority is not ready: {problem}")))?;
    match format {
        Format::Json => say::print(&json!({"status": "ready"}))?,
        Format::Text => say::line("ready")?,
    }
    Ok(ExitCode::from(GOOD))
}
