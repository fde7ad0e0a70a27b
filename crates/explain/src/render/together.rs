//! Several observations for a person at a terminal: each in a line, then what they tell together.

use super::TextStyle;
use super::page::{Page, actor};
use super::paint::{BOLD, DIM, verdict};
use super::wrap::broken;
use crate::together::Together;

/// The width of the labels on the left.
const LABEL: usize = 11;

/// Writes what several observations tell together.
#[must_use]
pub fn together_text(together: &Together<'_>, style: &TextStyle) -> String {
    let mut page = Page::new(style);
    page.title(&format!("{} credentials together", together.observations.len()));
    for (nth, one) in together.observations.iter().enumerate() {
        let (word, code) = verdict(one.report.verdict);
        let cause =
            one.report.first().map_or(String::new(), |first| format!(", {}", first.fault.code));
        page.item(&format!("{}.", nth + 1), &format!("{}: {word}{cause}", one.name), code);
    }
    page.out.push('\n');
    page.findings(together);
    page.common(together);
    page.out
}

impl Page {
    fn title(&mut self, text: &str) {
        let text = self.paint(text, BOLD);
        self.line(&text);
    }

    fn item(&mut self, label: &str, text: &str, code: &str) {
        let room = self.width.saturating_sub(LABEL + 2);
        for (nth, line) in broken(text, room).into_iter().enumerate() {
            let label = if nth == 0 { label } else { "" };
            let start = self.paint(&format!("  {label:<LABEL$}"), DIM);
            let line = if code.is_empty() { line } else { self.paint(&line, code) };
            self.line(&format!("{start}{line}"));
        }
    }

    fn findings(&mut self, together: &Together<'_>) {
        if together.findings.is_empty() {
            return;
        }
        self.title("what only several show");
        for finding in &together.findings {
            let one = &finding.diagnosed;
            let code = one.fault.code;
            self.item(
                "fault",
                &format!("{code} ({}): {}", one.certainty.as_str(), code.title()),
                BOLD,
            );
            self.item("what", &one.detail(), "");
            self.item("seen in", &numbers(&finding.inputs), "");
            self.item("fix", &format!("by the {}: {}", actor(code), code.fix()), "");
        }
        self.out.push('\n');
    }

    fn common(&mut self, together: &Together<'_>) {
        let common = &together.common;
        let all = together.observations.len();
        self.title("in common");
        for (code, inputs) in common.faults.iter().filter(|(_, inputs)| inputs.len() > 1) {
            let which = if inputs.len() == all {
                "all of them".to_owned()
            } else {
                format!("{} of {all} ({})", inputs.len(), numbers(inputs))
            };
            self.item("fault", &format!("{code}: {which}"), "");
        }
        for (what, value) in &common.telling {
            self.item(
                "telling",
                &format!("{what} is {value} in all refused ones, and in no accepted one"),
                "",
            );
        }
        let same: Vec<String> =
            common.same.iter().map(|(what, value)| format!("{what} {value}")).collect();
        if same.is_empty() {
            self.item("same", "nothing that is compared", "");
        } else {
            self.item("same", &same.join(", "), "");
        }
    }
}

/// `1, 2 and 5`: as a person counts.
fn numbers(inputs: &[usize]) -> String {
    let names: Vec<String> = inputs.iter().map(|nth| (nth + 1).to_string()).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}
