//! How the commands speak: results on standard output, words on standard error, meaning in the exit code.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::args::Format;

/// The thing examined is good.
pub(crate) const GOOD: u8 = 0;
/// The thing examined is bad.
pub(crate) const BAD: u8 = 1;
/// Wrong usage or configuration.
pub(crate) const USAGE: u8 = 2;
/// It could not be found out: network, server, disk.
pub(crate) const UNKNOWN: u8 = 3;

/// Why a command ended without doing what it was asked: what, where and what to do.
#[derive(Debug)]
pub(crate) struct Stop {
    code: u8,
    what: String,
    hint: Option<String>,
}

impl Stop {
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self { code: USAGE, what: what.into(), hint: None }
    }
    pub(crate) fn unknown(what: impl Into<String>) -> Self {
        Self { code: UNKNOWN, what: what.into(), hint: None }
    }
    pub(crate) fn bad(what: impl Into<String>) -> Self {
        Self { code: BAD, what: what.into(), hint: None }
    }
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What could not be found out now, where it may be later: nobody answers, or a server is in trouble.
    pub(crate) fn passing(&self) -> Option<&str> {
        (self.code == UNKNOWN).then_some(self.what.as_str())
    }

    /// Says it on standard error (in JSON on standard output too, for programs), and gives the code.
    pub(crate) fn report(&self, format: Format) -> ExitCode {
        let mut stderr = anstream::stderr().lock();
        // A closed standard error leaves nobody to tell; the exit code still says it.
        let _ = writeln!(stderr, "{RED}error:{RED:#} {}", self.what);
        if let Some(hint) = &self.hint {
            let _ = writeln!(stderr, "{CYAN}hint:{CYAN:#} {hint}");
        }
        if format == Format::Json {
            // What is coloured for a person is plain text for a program.
            let what = anstream::adapter::strip_str(&self.what).to_string();
            let _ = print(&json!({"error": what, "hint": self.hint}));
        }
        ExitCode::from(self.code)
    }
}

pub(crate) const RED: Style = AnsiColor::Red.on_default().bold();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default().bold();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const CYAN: Style = AnsiColor::Cyan.on_default();
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();

/// Prints one JSON document and a line feed.
pub(crate) fn print(value: &Value) -> Result<(), Stop> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Stop::unknown(format!("cannot write JSON: {error}")))?;
    line(&text)
}

/// Prints text; styles are dropped where standard output is no terminal or `NO_COLOR` is set.
pub(crate) fn line(text: &str) -> Result<(), Stop> {
    let mut stdout = anstream::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        // Whoever reads with `head` has what they wanted.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Stop::unknown(format!("cannot write to standard output: {error}"))),
    }
}

/// Says something to the person, apart from the result.
pub(crate) fn note(text: &str) {
    // Without a standard error there is nobody to tell.
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// The width to write text for: the terminal's, at least 60 and at most 120 columns.
pub(crate) fn width() -> usize {
    std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok())
        .or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)))
        .unwrap_or(100)
        .clamp(60, 120)
}

/// The columns that a line of a list may take: the terminal's. Tools that read lines get each entry as one.
pub(crate) fn columns() -> usize {
    if std::io::stdout().is_terminal() { width() } else { usize::MAX }
}

/// Whether standard output takes colour.
pub(crate) fn color() -> bool {
    anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
}

/// Sends the log to standard error, filtered. Spans for a collector of traces are none of the log's; they are
/// recorded once a command starts that.
pub(crate) fn log_to_stderr(filter: &str, format: Format) -> Result<(), Stop> {
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        Stop::usage(format!("`--log {filter}` is no filter: {error}"))
            .hint("error, warn, info, debug, or for example claviger_gate=debug,warn")
    })?;
    let filter = filter.and(filter_fn(|metadata| metadata.target() != claviger_telemetry::TARGET));
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let colored = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    match format {
        Format::Text => tracing_subscriber::registry()
            .with(claviger_telemetry::layer())
            .with(log.with_ansi(colored).with_filter(filter))
            .try_init(),
        Format::Json => tracing_subscriber::registry()
            .with(claviger_telemetry::layer())
            .with(log.json().flatten_event(true).with_ansi(false).with_filter(filter))
            .try_init(),
    }
    .map_err(|error| Stop::unknown(format!("cannot start the log: {error}")))
}

/// Breaks text at blanks into lines of at most `width` characters; a longer word stands alone.
pub(crate) fn wrap(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}
