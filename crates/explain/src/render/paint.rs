//! Colours (ANSI escapes), and what they stand for; nothing is said by colour alone.

use claviger_token::Verdict;

use super::TextStyle;

pub(crate) const BOLD: &str = "1";
pub(crate) const DIM: &str = "2";
pub(crate) const RED: &str = "1;31";
pub(crate) const GREEN: &str = "1;32";
pub(crate) const YELLOW: &str = "1;33";

/// A text in a colour, where colours are wanted.
pub(super) fn paint(style: &TextStyle, text: &str, code: &str) -> String {
    if style.color && !text.is_empty() {
        format!("\u{1B}[{code}m{text}\u{1B}[0m")
    } else {
        text.to_owned()
    }
}

/// A verdict's word and colour.
pub(super) const fn verdict(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Accepted => ("accepted", GREEN),
        Verdict::Refused => ("refused", RED),
        Verdict::Undetermined => ("undetermined", YELLOW),
    }
}
