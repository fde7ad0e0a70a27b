//! How far the reading is: one line on standard error, on a terminal only.
//!
//! Decides nothing about the result. Where the size is not known, the rate is all that is said.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::say::{CYAN, DIM};

/// A log that is read sooner needs no progress.
const SOON: Duration = Duration::from_millis(400);
/// Cells of the bar.
const CELLS: u64 = 24;

/// The line, while it stands.
pub(super) struct Progress {
    size: Option<u64>,
    read: Arc<AtomicU64>,
    start: Instant,
    is_terminal: bool,
    stands: bool,
}

impl Progress {
    pub(super) fn new(size: Option<u64>, read: Arc<AtomicU64>) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let is_terminal = std::io::stderr().is_terminal() && !dumb;
        Self { size, read, start: Instant::now(), is_terminal, stands: false }
    }

    /// Writes the line anew.
    pub(super) fn show(&mut self) {
        let since = self.start.elapsed();
        if !self.is_terminal || since < SOON {
            return;
        }
        let said = line(self.read.load(Ordering::Relaxed), self.size, since);
        let mut stderr = anstream::stderr().lock();
        // Without a standard error there is nobody to tell.
        // Padded, for without colour no escape may clear the rest of an older, longer line.
        let _ = write!(stderr, "\r{CYAN}{said:<62}{CYAN:#} {DIM}(Ctrl-C ends){DIM:#}");
        let _ = stderr.flush();
        self.stands = true;
    }

    /// Takes the line away.
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.stands) {
            let mut stderr = anstream::stderr().lock();
            let _ = write!(stderr, "\r{:78}\r", "");
            let _ = stderr.flush();
        }
    }
}

/// `[########----------------]  33 %  1.2 GB of 3.6 GB  310 MB/s`.
fn line(read: u64, size: Option<u64>, since: Duration) -> String {
    let rate = (read as f64 / since.as_secs_f64().max(0.001)) as u64;
    let rate = format!("{}/s", bytes(rate));
    let Some(size) = size.filter(|size| *size > 0) else {
        return format!("{}  {rate}", bytes(read));
    };
    let read = read.min(size);
    let of = |whole: u64| u64::try_from(u128::from(read) * u128::from(whole) / u128::from(size));
    let cells = of(CELLS).unwrap_or(CELLS);
    let percent = of(100).unwrap_or(100);
    let (done, left) = ("#".repeat(cells as usize), "-".repeat((CELLS - cells) as usize));
    format!("[{done}{left}] {percent:>3} %  {} of {}  {rate}", bytes(read), bytes(size))
}

/// `1.2 GB`.
fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    let mut value = count as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS.get(unit).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_far_and_how_fast() {
        let second = Duration::from_secs(1);
        assert_eq!(
            line(500_000_000, Some(1_000_000_000), second),
            "[############------------]  50 %  500.0 MB of 1.0 GB  500.0 MB/s"
        );
        assert_eq!(line(1_500, None, second), "1.5 kB  1.5 kB/s");
        assert!(line(7, Some(5), second).contains("100 %"));
        assert!(line(0, Some(0), Duration::ZERO).contains("0.0 kB"));
    }
}
