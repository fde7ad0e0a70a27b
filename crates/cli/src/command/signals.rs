//! What a process is asked from outside: to end (Ctrl-C, or SIGTERM of a service manager), or to read files again
//! (SIGHUP).
//!
//! Each is heard from its making on. They are made before a process says that it is ready: whoever waits for that
//! may ask at once, and must not meet what the system does by default.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::say::Stop;

/// The signals to end.
pub(crate) struct EndSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl EndSignals {
    /// Begins to listen. Needs a runtime.
    pub(crate) fn listen() -> Result<Self, Stop> {
        Ok(Self {
            interrupt: heard(SignalKind::interrupt())?,
            terminate: heard(SignalKind::terminate())?,
        })
    }

    /// Resolves when the process is asked to end, or asked once more.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// SIGHUP, which then no longer ends the process.
pub(crate) fn hang_up() -> Result<Signal, Stop> {
    heard(SignalKind::hangup())
}

fn heard(kind: SignalKind) -> Result<Signal, Stop> {
    signal(kind).map_err(|error| Stop::unknown(format!("cannot listen for signals: {error}")))
}
