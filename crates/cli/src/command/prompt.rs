//! A secret that is typed at a terminal: asked for twice, and not shown.

use std::io::{BufRead as _, Read as _, Stdin};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::say::{self, Stop};

/// The longest line that is read.
const LONGEST: u64 = 4096;

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Unseen<'t> {
    terminal: &'t Stdin,
    before: Termios,
}

impl<'t> Unseen<'t> {
    fn begin(terminal: &'t Stdin) -> std::io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(terminal, OptionalActions::Flush, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Unseen<'_> {
    fn drop(&mut self) {
        // Nobody is left to tell where that fails: the terminal is gone.
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}

/// A new password, typed twice.
pub(super) fn new_password() -> Result<String, Stop> {
    let first = line("The new password (it is not shown), then Enter:")?;
    let again = line("The same again:")?;
    if first != again {
        return Err(Stop::usage("the two passwords are not the same").hint("type it again"));
    }
    Ok(first)
}

fn line(ask: &str) -> Result<String, Stop> {
    let failed =
        |error: std::io::Error| Stop::unknown(format!("cannot read the terminal: {error}"));
    let terminal = std::io::stdin();
    let unseen = Unseen::begin(&terminal).map_err(failed)?;
    say::note(ask);
    let mut line = String::new();
    terminal.lock().take(LONGEST).read_line(&mut line).map_err(failed)?;
    drop(unseen);
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
