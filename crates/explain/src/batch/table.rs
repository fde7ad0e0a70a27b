//! What was counted, written down: a table for a person, JSON for a program.
//!
//! Decides the order and the words; every row says who acts and what they do.

use claviger_token::rfc3339;
use serde_json::{Value, json};

use super::groups::{Cause, Groups, Key, Row, Rows, Span};
use crate::render::paint::{BOLD, DIM, GREEN, RED, YELLOW};
use crate::render::{Page, TextStyle, actor, wrapped};

/// Rows of the table for a person; JSON has all.
const MOST_SHOWN: usize = 30;
/// Rows without a cause: there is less to be done about each.
const MOST_UNEXPLAINED: usize = 10;

impl Groups {
    /// The whole count as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let (known, unexplained) = self.sorted();
        let rows = |rows: Rows<'_>| -> Vec<Value> {
            rows.into_iter().map(|(key, row)| row_json(key, row)).collect()
        };
        json!({
            "lines": self.lines,
            "requests": self.requests,
            "refused": self.refused,
            "unexplained": self.unexplained,
            "accepted": self.accepted,
            "undetermined": self.undetermined,
            "other_lines": self.other_lines,
            "long_lines": self.long_lines,
            "others": self.others,
            "first": self.span.first.map(rfc3339),
            "last": self.span.last.map(rfc3339),
            "groups": rows(known),
            "unexplained_groups": rows(unexplained),
        })
    }
}

/// A row: what it is about, and what was counted of it.
fn row_json(key: &Key, row: &Row) -> Value {
    let mut value = match key.cause {
        Cause::Known(code) => json!({
            "code": code.as_str(),
            "title": code.title(),
            "class": code.class().as_str(),
            "who": code.who().as_str(),
            "fix": code.fix(),
            "certainty": row.certainty.as_str(),
        }),
        Cause::Unexplained(status, why) => json!({"status": status, "reason": why.as_str()}),
    };
    for (name, member) in [
        ("client", json!(key.client)),
        ("address", json!(key.address)),
        ("issuer", json!(key.issuer)),
        ("path", json!(row.path())),
        ("others", json!(key.others)),
        ("count", json!(row.count)),
        ("first", json!(row.span.first.map(rfc3339))),
        ("last", json!(row.span.last.map(rfc3339))),
        ("example_line", json!(row.example.0)),
        ("diagnosis", json!(row.example.1)),
    ] {
        value[name] = member;
    }
    value
}

/// The table for a person at a terminal.
#[must_use]
pub fn table(groups: &Groups, style: &TextStyle) -> String {
    let mut page = Page::new(style);
    page.totals(groups);
    let (known, unexplained) = groups.sorted();
    let widest = known.iter().chain(&unexplained).map(|(_, row)| grouped(row.count).len());
    let margin = widest.max().unwrap_or(0).max(6);
    for (key, row) in known.iter().take(MOST_SHOWN) {
        page.known(key, row, margin);
    }
    page.left(known.len(), MOST_SHOWN, "groups");
    if !unexplained.is_empty() {
        let title = format!("No cause was found for {}:", grouped(groups.unexplained));
        let title = page.paint(&title, YELLOW);
        page.line(&title);
        page.out.push('\n');
    }
    for (key, row) in unexplained.iter().take(MOST_UNEXPLAINED) {
        page.unexplained(key, row, margin);
    }
    page.left(unexplained.len(), MOST_UNEXPLAINED, "groups without a cause");
    page.advice(groups);
    page.out
}

impl Page {
    fn totals(&mut self, groups: &Groups) {
        let (refused, requests) = (grouped(groups.refused), grouped(groups.requests));
        let color = if groups.refused == 0 { GREEN } else { RED };
        let said = match groups.requests {
            0 => "no request was found".to_owned(),
            1 => format!("{refused} of 1 request was refused"),
            _ => format!("{refused} of {requests} requests were refused"),
        };
        let lines = grouped(groups.lines);
        let unit = if groups.lines == 1 { "line" } else { "lines" };
        let rest = format!("{} ({lines} {unit})", during(groups.span));
        let fits = said.chars().count() + rest.chars().count() <= self.width;
        let said = self.paint(&said, color);
        if fits {
            self.line(&format!("{said}{rest}"));
        } else {
            self.line(&said);
            self.paragraph(rest.trim_start_matches([',', ' ']));
        }
        self.out.push('\n');
    }

    fn known(&mut self, key: &Key, row: &Row, margin: usize) {
        let Cause::Known(code) = key.cause else { return };
        let (title, sure) = (code.title(), row.certainty.as_str());
        let length = margin + 6 + title.chars().count() + code.as_str().len() + sure.len();
        let gap = match length > self.width {
            true => format!("\n{:margin$}  ", ""),
            false => "  ".to_owned(),
        };
        let title = self.paint(title, BOLD);
        let count = self.paint(&format!("{:>margin$}", grouped(row.count)), RED);
        let sure = self.paint(sure, DIM);
        self.line(&format!("{count}  {title}{gap}{}  {sure}", code.as_str()));
        self.who_and_when(key, row, margin);
        let who = actor(code);
        self.indented(&format!("The {who} acts: {}", code.fix()), margin, None);
        self.out.push('\n');
    }

    fn unexplained(&mut self, key: &Key, row: &Row, margin: usize) {
        let Cause::Unexplained(status, why) = key.cause else { return };
        let count = self.paint(&format!("{:>margin$}", grouped(row.count)), YELLOW);
        let status = status.map_or_else(|| "refused".to_owned(), |status| status.to_string());
        self.line(&format!("{count}  {status}"));
        self.who_and_when(key, row, margin);
        self.indented(why.as_str(), margin, None);
        self.out.push('\n');
    }

    /// Who, where, when, and where to look.
    fn who_and_when(&mut self, key: &Key, row: &Row, margin: usize) {
        let mut facts = Vec::new();
        if key.others {
            facts.push("clients that are not told apart: too many".to_owned());
        }
        let of = |name: &str, value: Option<&str>| value.map(|value| format!("{name} {value}"));
        facts.extend(of("client", key.client.as_deref()));
        facts.extend(of("address", key.address.as_deref()));
        facts.extend(of("issuer", key.issuer.as_deref()));
        facts.extend(of("path", row.path()));
        self.indented(&facts.join(" · "), margin, None);
        let mut seen = during(row.span).trim_start_matches([',', ' ']).to_owned();
        if !seen.is_empty() {
            seen.push_str("; ");
        }
        seen.push_str(&format!("first in line {}", row.example.0));
        if let Some(diagnosis) = &row.example.1 {
            seen.push_str(&format!(" ({diagnosis})"));
        }
        self.indented(&seen, margin, Some(DIM));
    }

    fn indented(&mut self, text: &str, margin: usize, color: Option<&str>) {
        if text.is_empty() {
            return;
        }
        let room = self.width.saturating_sub(margin + 2);
        for line in wrapped(text, room) {
            let line = color.map_or_else(|| line.clone(), |color| self.paint(&line, color));
            self.line(&format!("{:margin$}  {line}", ""));
        }
    }

    fn left(&mut self, all: usize, shown: usize, what: &str) {
        if all > shown {
            let left = grouped((all - shown) as u64);
            self.line(&format!("and {left} more {what}: `--format json` has all"));
            self.out.push('\n');
        }
    }

    fn paragraph(&mut self, text: &str) {
        for line in wrapped(text, self.width) {
            self.line(&line);
        }
    }

    /// What would tell more.
    fn advice(&mut self, groups: &Groups) {
        let open = groups.undetermined > 0;
        if open {
            let count = grouped(groups.undetermined);
            self.paragraph(&format!(
                "{count} tokens were left open for want of a key: give one with --jwks or --key."
            ));
        }
        if groups.accepted > 0 {
            self.paragraph(&format!("{} tokens are good.", grouped(groups.accepted)));
        }
        if groups.long_lines > 0 {
            let limit = super::MAX_LINE_BYTES / 1024;
            let count = grouped(groups.long_lines);
            self.paragraph(&format!(
                "{count} lines are longer than {limit} KiB and were not read."
            ));
        }
        if groups.requests == 0 && groups.lines > 0 {
            self.paragraph("Access logs (nginx, Apache, Envoy, HAProxy, JSON), HAR files and the gate's log are read, and lines with a token in them.");
        }
    }
}

/// `, 2026-11-18T11:06:40Z to 2026-11-18T12:00:00Z`.
fn during(span: Span) -> String {
    match (span.first, span.last) {
        (Some(first), Some(last)) if first == last => format!(", {}", rfc3339(first)),
        (Some(first), Some(last)) => format!(", {} to {}", rfc3339(first), rfc3339(last)),
        _ => String::new(),
    }
}

/// `1 234 567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + 6);
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}
