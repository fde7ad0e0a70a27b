//! Where something stands in a text: line, column, and the line itself as it may be shown.

use std::ops::Range;

use super::words;

/// The most of a line that is shown.
const LONGEST_LINE: usize = 160;

/// A place in a file, counted in characters from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// How many characters are meant; at least one.
    pub width: usize,
    /// The line, without what could be a secret and without control characters.
    pub text: String,
}

impl Place {
    pub(super) fn of(text: &str, span: &Range<usize>) -> Self {
        let start = floor(text, span.start);
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = text[line_start..].split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let end = floor(text, span.end.max(start)).min(line_start + line.len()).max(start);
        // One character for one: the caret below stays where it belongs.
        let shown = words::hide_secret(line)
            .chars()
            .take(LONGEST_LINE)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        Self {
            line: before.matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            width: text[start..end].chars().count().max(1),
            text: shown,
        }
    }
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
