//! What is written for a person, line by line; each renderer adds what its own lines are about.

use claviger_token::{Code, Who};

use super::TextStyle;
use super::paint::paint;

/// Who acts, as a person writes it.
pub(crate) const fn actor(code: Code) -> &'static str {
    match code.who() {
        Who::Api => "API",
        who => who.as_str(),
    }
}

/// Lines of text, as wide as the terminal.
pub(crate) struct Page {
    pub(crate) out: String,
    pub(crate) style: TextStyle,
    /// Columns: never under 40.
    pub(crate) width: usize,
}

impl Page {
    pub(crate) fn new(style: &TextStyle) -> Self {
        Self { out: String::new(), style: *style, width: style.width.max(40) }
    }

    /// A text in a colour, where colours are wanted.
    pub(crate) fn paint(&self, text: &str, code: &str) -> String {
        paint(&self.style, text, code)
    }

    /// One line, without blanks at its end.
    pub(crate) fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }
}
