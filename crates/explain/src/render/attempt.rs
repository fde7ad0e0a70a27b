//! What became of a request, for a person at a terminal: the conclusion first, then what was sent and answered,
//! then the fault to mend.

use super::TextStyle;
use super::page::Page;
use super::paint::{self, BOLD, DIM};
use super::text::who;
use crate::attempt::Attempt;

/// Writes what became of a request.
#[must_use]
pub fn attempt_text(attempt: &Attempt, style: &TextStyle) -> String {
    let mut page = Page::new(style);
    headline(&mut page, attempt);
    for (nth, step) in attempt.steps.iter().enumerate() {
        let label = format!("{}.", nth + 1);
        page.entry(&label, &step.request);
        page.entry("", &format!("{} {}", step.status, step.said));
    }
    if !attempt.words.text.is_empty() {
        page.entry("it says", &attempt.words.text);
    }
    for note in &attempt.notes {
        page.entry("note", note);
    }
    page.line("");
    page.entry("conclusion", &attempt.conclusion);
    if let Some(whose) = attempt.whose {
        page.entry("who", who(whose));
    }
    if let Some(second) = &attempt.second {
        page.line("");
        page.entry("corrected", &second.step.request);
        page.entry("", &format!("{} {}", second.step.status, second.step.said));
        page.entry("", &second.said);
    }
    faults(&mut page, attempt);
    page.out
}

fn headline(page: &mut Page, attempt: &Attempt) {
    let (word, code) = paint::verdict(attempt.verdict);
    let status = attempt.steps.last().map_or_else(
        || "no answer".to_owned(),
        |step| format!("the server answers {}", step.status),
    );
    let word = page.paint(word, code);
    let said = page.paint(&status, BOLD);
    page.line(&format!("{word}: {said}"));
    page.line("");
}

fn faults(page: &mut Page, attempt: &Attempt) {
    for (nth, one) in attempt.faults.iter().enumerate() {
        if nth == 0 {
            page.line("");
            let code = one.fault.code;
            page.entry("fault", &format!("{code} ({}), {}", code.class(), one.certainty.as_str()));
            page.entry("what", &one.detail());
            page.entry("fix", code.fix());
        } else {
            if nth == 1 {
                page.line("");
                let title = page.paint("also to be considered", DIM);
                page.line(&title);
            }
            let label = format!("{}.", nth + 1);
            let code = one.fault.code;
            page.entry(&label, &format!("{code} ({}): {}", one.certainty.as_str(), one.detail()));
        }
    }
}
