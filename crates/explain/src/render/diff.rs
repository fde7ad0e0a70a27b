//! Two credentials for a person at a terminal: two columns, or one under the other where there is no room.

use claviger_token::Verdict;

use super::TextStyle;
use super::page::Page;
use super::paint::{BOLD, DIM, GREEN, RED, YELLOW, verdict};
use super::wrap::broken;
use crate::diff::{Diff, Difference, Side};
use crate::report::Report;

/// The width of the names on the left.
const LABEL: usize = 16;
/// Under so many columns the two stand one under the other.
const NARROW: usize = 76;
/// More differences without a consequence are only counted.
const MOST: usize = 40;

/// Writes a comparison for a person.
#[must_use]
pub fn diff_text(diff: &Diff<'_>, style: &TextStyle) -> String {
    let mut page = Page::new(style);
    page.side("good", diff.good);
    page.side("bad", diff.bad);
    page.line("");
    page.verdict(diff);
    let (telling, other): (Vec<&Difference>, Vec<&Difference>) =
        diff.differences.iter().partition(|one| one.explains.is_some());
    page.table("what explains it", &telling);
    let title = if telling.is_empty() { "what differs" } else { "and besides" };
    page.table(title, &other);
    page.rest(diff);
    page.out
}

impl Page {
    fn side(&mut self, name: &str, report: &Report) {
        let (word, code) = verdict(report.verdict);
        let first = report.first().map(|first| {
            let more = match report.faults.len() {
                0 | 1 => String::new(),
                count => format!(", and {} more", count - 1),
            };
            format!(": {} (`{}`{more})", first.fault.code.title(), first.fault.code)
        });
        let said = first.unwrap_or_default();
        let room = self.width.saturating_sub(8 + word.len());
        let mut lines = broken(&said, room).into_iter();
        let start = self.paint(&format!("{name:<6}"), DIM);
        let word = self.paint(word, code);
        let first = lines.next().unwrap_or_default();
        let gap = if first.starts_with(':') || first.is_empty() { "" } else { " " };
        self.line(&format!("{start}{word}{gap}{first}"));
        for line in lines {
            self.line(&format!("        {line}"));
        }
    }

    fn verdict(&mut self, diff: &Diff<'_>) {
        let said = match (diff.first(), diff.verdict()) {
            (Some(first), _) => match first.explains {
                Some((_, Side::Good)) => {
                    format!("The one that was said to be good is refused for its {}.", first.what)
                }
                _ => {
                    let all: Vec<&str> = diff
                        .differences
                        .iter()
                        .filter(|one| one.explains.is_some())
                        .map(|one| one.what.as_str())
                        .take(4)
                        .collect();
                    format!("What makes the difference: {}.", all.join(", then "))
                }
            },
            (None, Verdict::Accepted) => "Both are accepted: the policy minds no difference.".to_owned(),
            (None, Verdict::Refused) => "Both are refused for the same: no difference explains it.".to_owned(),
            (None, Verdict::Undetermined) => {
                "Nothing speaks against either; with a key (`--jwks`) and a policy (`--issuer`, `--audience`) it would be told which difference matters.".to_owned()
            }
        };
        for line in broken(&said, self.width) {
            let line = self.paint(&line, BOLD);
            self.line(&line);
        }
        self.line("");
    }

    fn table(&mut self, title: &str, differences: &[&Difference]) {
        if differences.is_empty() {
            return;
        }
        let title = self.paint(title, BOLD);
        if self.width >= NARROW {
            let room = self.column();
            let heads = format!("{:<room$}  {}", "good", "bad", room = room);
            let heads = self.paint(&heads, DIM);
            let painted =
                format!("{title}{}", " ".repeat((LABEL + 2).saturating_sub(visible(&title))));
            self.line(&format!("{painted}{heads}"));
        } else {
            self.line(&title);
        }
        for one in differences.iter().take(MOST) {
            self.row(one);
        }
        if differences.len() > MOST {
            self.line(&format!("  and {} more", differences.len() - MOST));
        }
        self.line("");
    }

    fn column(&self) -> usize {
        self.width.saturating_sub(LABEL + 2 + 2) / 2
    }

    fn row(&mut self, one: &Difference) {
        let nothing = || "–".to_owned();
        let (good, bad) =
            (one.good.clone().unwrap_or_else(nothing), one.bad.clone().unwrap_or_else(nothing));
        let (good_code, bad_code) = match one.explains {
            Some((_, Side::Bad)) => (GREEN, RED),
            Some((_, Side::Good)) => (RED, GREEN),
            None => (YELLOW, YELLOW),
        };
        if self.width >= NARROW {
            let room = self.column();
            let labels = broken(&one.what, LABEL - 1);
            let (left, right) = (broken(&good, room), broken(&bad, room));
            for nth in 0..labels.len().max(left.len()).max(right.len()) {
                let cell = |lines: &[String]| lines.get(nth).cloned().unwrap_or_default();
                let label = self.paint(&format!("  {:<LABEL$}", cell(&labels), LABEL = LABEL), DIM);
                let left = self.paint(&format!("{:<room$}", cell(&left), room = room), good_code);
                let right = self.paint(&cell(&right), bad_code);
                let line = format!("{label}{left}  {right}");
                self.line(&line);
            }
        } else {
            let label = self.paint(&format!("  {}", one.what), DIM);
            self.line(&label);
            for (name, value, code) in [("good", &good, good_code), ("bad", &bad, bad_code)] {
                for (nth, line) in broken(value, self.width.saturating_sub(10)).iter().enumerate() {
                    let name = if nth == 0 { name } else { "" };
                    let line = self.paint(line, code);
                    self.line(&format!("    {name:<6}{line}"));
                }
            }
        }
        let explained = one.explains.map(|(code, _)| code.as_str().to_owned());
        let said = match (explained, &one.note) {
            (Some(code), Some(note)) => format!("{code}: {note}"),
            (Some(code), None) => code,
            (None, Some(note)) => note.clone(),
            (None, None) => return,
        };
        let indent = if self.width >= NARROW { LABEL + 2 } else { 4 };
        for line in broken(&said, self.width.saturating_sub(indent)) {
            self.line(&format!("{}{line}", " ".repeat(indent)));
        }
    }

    fn rest(&mut self, diff: &Diff<'_>) {
        if !diff.shared.is_empty() {
            let codes: Vec<&str> = diff.shared.iter().map(|code| code.as_str()).collect();
            let said = format!("both are refused for: {}", codes.join(", "));
            for line in broken(&said, self.width) {
                self.line(&line);
            }
        }
        let count = diff.immaterial.len();
        if count == 0 {
            return;
        }
        let noun = if count == 1 { "difference" } else { "differences" };
        let said = format!("{count} {noun} that do not matter: {}", diff.immaterial.join(", "));
        let said = if count == 1 { said.replace("do not matter", "does not matter") } else { said };
        for line in broken(&said, self.width) {
            let line = self.paint(&line, DIM);
            self.line(&line);
        }
    }
}

/// The columns that a text takes, without escapes.
fn visible(text: &str) -> usize {
    let mut count = 0;
    let mut escape = false;
    for c in text.chars() {
        match c {
            '\u{1B}' => escape = true,
            'm' if escape => escape = false,
            _ if escape => {}
            _ => count += 1,
        }
    }
    count
}
