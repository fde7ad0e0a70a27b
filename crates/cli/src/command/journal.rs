//! `claviger journal` and `claviger why`: what happened at an authority, and why.
//!
//! What the journal holds came from outside; nothing of it moves the cursor of the terminal it is read on.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use claviger_token::Code;
use http::Method;
use jiff::Timestamp;
use serde_json::Value;

use super::admin::{ask, segment};
use crate::args::Format;
use crate::args::journal::{Journal, Why};
use crate::listing::{self, plain};
use crate::say::{self, BOLD, CYAN, DIM, GOOD, GREEN, RED, Stop, YELLOW};

/// How often is asked for news.
const EVERY: Duration = Duration::from_secs(1);

pub(crate) fn journal(asked: &Journal, format: Format) -> Result<ExitCode, Stop> {
    let mut filter = String::new();
    for (name, value) in [
        ("kind", &asked.kind),
        ("code", &asked.fault),
        ("client", &asked.client),
        ("subject", &asked.subject),
        ("address", &asked.address),
    ] {
        if let Some(value) = value {
            let _ = write!(filter, "&{name}={}", segment(value));
        }
    }
    if let Some(since) = &asked.since {
        let _ = write!(filter, "&since={}", ago(since, Timestamp::now())?);
    }
    let limit = asked.limit;
    let path = format!("/journal?newest=true&limit={limit}{filter}");
    let first = ask(&asked.admin, Method::GET, &path, None)?;
    let mut last = 0;
    let shown = tell(&first, format, &mut last)?;
    if !asked.follow {
        if shown == 0 && format == Format::Text {
            say::note("nothing in the journal fits");
        }
        return Ok(ExitCode::from(GOOD));
    }
    if last == 0 {
        // Nothing fits yet; what stands there already is no news.
        let newest = ask(&asked.admin, Method::GET, "/journal?newest=true&limit=1", None)?;
        last = places(&newest).max().unwrap_or(0);
    }
    let mut is_away = false;
    loop {
        std::thread::sleep(EVERY);
        let path = format!("/journal?after={last}&limit=1000{filter}");
        match ask(&asked.admin, Method::GET, &path, None) {
            Ok(page) => {
                is_away = false;
                tell(&page, format, &mut last)?;
            }
            // Somebody who watches over a restart misses nothing of it.
            Err(stop) => match stop.passing() {
                Some(_) if is_away => {}
                Some(what) => {
                    say::note(&format!("{YELLOW}{what}; asking again until it answers{YELLOW:#}"));
                    is_away = true;
                }
                None => return Err(stop),
            },
        }
    }
}

fn places(page: &Value) -> impl Iterator<Item = u64> {
    let items = page.get("items").and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|entry| entry.get("seq").and_then(Value::as_u64))
}

/// Prints the entries of a page; tells how many there were.
fn tell(page: &Value, format: Format, last: &mut u64) -> Result<usize, Stop> {
    let items = page.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    for entry in &items {
        if format == Format::Json {
            say::line(&entry.to_string())?;
        } else {
            say::line(&row(entry, say::columns()))?;
        }
    }
    *last = places(page).max().unwrap_or(*last).max(*last);
    Ok(items.len())
}

/// What one entry takes in one line, at least.
const LINE: usize = 105;

/// One entry: a line, or two where that would be wider than the terminal.
fn row(entry: &Value, width: usize) -> String {
    let text = |name: &str| plain(entry.get(name).and_then(Value::as_str).unwrap_or_default());
    let (kind, code, client, id) = (text("kind"), text("code"), text("client"), text("id"));
    let (style, at) = (style(&kind, &code), when(entry, "at"));
    let count = entry.get("count").and_then(Value::as_u64).unwrap_or(1);
    let mut row = if width < LINE {
        let indent = at.chars().count() + 2;
        let what = format!("{style}{kind:<14}{style:#} {BOLD}{code}{BOLD:#}");
        format!("{DIM}{at}{DIM:#}  {what}  {CYAN}{client}{CYAN:#}\n{:indent$}{id}", "")
    } else {
        let what = format!("{style}{kind:<14}{style:#} {BOLD}{code:<24}{BOLD:#}");
        format!("{DIM}{at}{DIM:#}  {what} {CYAN}{client:<20}{CYAN:#} {id}")
    };
    if count > 1 {
        let _ = write!(row, "  {YELLOW}{count} times{YELLOW:#}");
    }
    let by = text("by");
    if !by.is_empty() {
        let _ = write!(row, "  {DIM}by {by}{DIM:#}");
    }
    row
}

fn style(kind: &str, code: &str) -> anstyle::Style {
    match (kind, code) {
        ("alarm", _) => RED,
        ("refusal", _) | (_, "log-in-refused") => YELLOW,
        ("log-in" | "grant", _) => GREEN,
        _ => CYAN,
    }
}

/// One entry: what happened, when, to whom, and what to do about it.
pub(crate) fn why(asked: &Why, format: Format) -> Result<ExitCode, Stop> {
    let path = format!("/journal/{}", segment(&asked.diagnosis));
    let entry = ask(&asked.admin, Method::GET, &path, None)?;
    if format == Format::Json {
        say::print(&entry)?;
        return Ok(ExitCode::from(GOOD));
    }
    let text = |name: &str| plain(entry.get(name).and_then(Value::as_str).unwrap_or_default());
    let (kind, code) = (text("kind"), text("code"));
    let known = code.parse::<Code>().ok();
    let style = style(&kind, &code);
    let title = known.map_or_else(String::new, |code| format!(": {}", code.title()));
    let mut out = format!("{style}{kind}{style:#} {BOLD}{code}{BOLD:#}{title}\n");
    let mut say = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(out, "{CYAN}{name:<12}{CYAN:#} {value}");
        }
    };
    let count = entry.get("count").and_then(Value::as_u64).unwrap_or(1);
    let times = match count {
        0 | 1 => String::new(),
        // Only this one is told; who else was counted on it stands nowhere.
        many => format!("; {many} alike until {}", when(&entry, "last_at")),
    };
    let at = entry.get("at").and_then(Value::as_i64).unwrap_or_default();
    let since = listing::time(at, Timestamp::now().as_second());
    say("when", &format!("{since}{times}"));
    say("what", &text("detail"));
    let fix = text("fix");
    match known {
        Some(code) => {
            say("who acts", code.who().as_str());
            say("fix", if fix.is_empty() { code.fix() } else { &fix });
            say("more", &format!("claviger faults {}", code.as_str()));
        }
        None => say("fix", &fix),
    }
    say("client", &text("client"));
    say("by", &text("by"));
    for (name, value) in entry.as_object().into_iter().flatten() {
        if TOLD.contains(&name.as_str()) || value.is_null() {
            continue;
        }
        let shown = match value {
            Value::String(text) => text.clone(),
            Value::Object(members) if members.is_empty() => continue,
            Value::Array(list) => list
                .iter()
                .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
                .collect::<Vec<_>>()
                .join(" "),
            other => other.to_string(),
        };
        say(&plain(&name.replace('_', " ")), &plain(&shown));
    }
    say::line(out.trim_end())?;
    Ok(ExitCode::from(GOOD))
}

/// What stands in a line of its own.
const TOLD: [&str; 11] =
    ["seq", "at", "last_at", "count", "kind", "code", "client", "by", "detail", "fix", "error"];

fn when(entry: &Value, name: &str) -> String {
    let at = entry.get(name).and_then(Value::as_i64).unwrap_or_default();
    Timestamp::from_second(at).map_or_else(|_| at.to_string(), |at| at.to_string())
}

/// The instant of `1h`, `30m`, `2d`, `45s`, Unix seconds or RFC 3339.
fn ago(text: &str, now: Timestamp) -> Result<i64, Stop> {
    let wrong = || {
        Stop::usage(format!("`--since {text}` is no time"))
            .hint("write 45s, 30m, 1h, 2d, Unix seconds or 2026-11-23T10:00:00Z")
    };
    let unit = |letter: char| match letter {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3600),
        'd' => Some(86_400),
        _ => None,
    };
    if let Some(seconds) = text.chars().next_back().and_then(unit) {
        let digits = &text[..text.len() - 1];
        let many: i64 = digits.parse().map_err(|_| wrong())?;
        let back = many.checked_mul(seconds).filter(|back| *back >= 0).ok_or_else(wrong)?;
        return Ok(now.as_second().saturating_sub(back));
    }
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    text.parse::<Timestamp>().map(|at| at.as_second()).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        for (text, at) in [
            ("45s", 999_955),
            ("30m", 998_200),
            ("1h", 996_400),
            ("2d", 827_200),
            ("12345", 12_345),
            ("1970-01-01T00:01:00Z", 60),
        ] {
            assert_eq!(ago(text, now).unwrap(), at, "{text}");
        }
        for text in ["", "h", "-1h", "1y", "soon", "99999999999999999d"] {
            assert!(ago(text, now).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_printed_forges_no_line() {
        let entry = serde_json::json!({
            "at": 0, "kind": "refusal", "code": "x", "id": "dg_1",
            "client": "a\r\nb\u{1b}[2J\u{9b}\u{202e}", "count": 3,
        });
        for (width, lines) in [(usize::MAX, 1), (80, 2)] {
            let row = row(&entry, width);
            assert_eq!(row.lines().count(), lines, "{row:?}");
            assert!(!row.contains(['\r', '\u{9b}', '\u{202e}']), "{row:?}");
            assert!(!row.contains("\u{1b}[2J") && row.contains("3 times"), "{row:?}");
        }
    }
}
