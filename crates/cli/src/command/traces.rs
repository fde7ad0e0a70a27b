//! Traces of a process that serves: begun where a collector is named, and sent to the last before it ends.

use claviger_telemetry::{Exporting, Settings, Wanted};

use crate::say::Stop;

/// Begins to record and send, if the command or the environment names a collector. Needs a runtime.
pub(crate) fn start(wanted: &Wanted<'_>, service: &str) -> Result<Option<Exporting>, Stop> {
    let settings = Settings::from(wanted, service, |name| std::env::var(name).ok())
        .map_err(|error| Stop::usage(format!("traces cannot be sent: {error}")))?;
    let Some(settings) = settings else { return Ok(None) };
    tracing::info!(collector = settings.endpoint(), "traces are sent");
    Ok(claviger_telemetry::start(settings))
}

/// Sends what still waits, for a moment at most.
pub(crate) async fn finish(traces: Option<Exporting>) {
    if let Some(traces) = traces {
        traces.finish().await;
    }
}
