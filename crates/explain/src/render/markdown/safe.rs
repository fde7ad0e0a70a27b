//! Texts of others inside Markdown: each stands in a code span or a code block that it cannot leave.
//!
//! So no value becomes a link, an image, a heading, HTML or a mention, whatever reads the report. Decides
//! nothing about what may be shown: that is `hide`'s.

use crate::peel::is_invisible;

/// More characters of one value than this say nothing.
pub(super) const LONGEST: usize = 200;

/// A text in one line, without what moves a cursor or turns the direction of reading.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(4 * LONGEST));
    for (nth, c) in text.chars().enumerate() {
        if nth == LONGEST {
            out.push('…');
            break;
        }
        if c.is_control() || is_invisible(c) || c == '\u{2028}' || c == '\u{2029}' {
            out.push_str(&format!("<U+{:04X}>", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// A code span around any text.
pub(super) fn code(text: &str) -> String {
    let text = plain(text);
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    // A blank on both sides is taken off by the reader, and keeps a backtick from the fence.
    let edge = |c: char| c == '`' || c == ' ';
    if text.starts_with(edge) || text.ends_with(edge) {
        format!("{fence} {text} {fence}")
    } else {
        format!("{fence}{text}{fence}")
    }
}

/// A code block around lines that were made plain before.
pub(super) fn block(lines: &[String]) -> String {
    let longest = lines.iter().map(|line| longest_run(line)).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}text\n{}\n{fence}\n", lines.join("\n"))
}

/// The most backticks in a row.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_code_span() {
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code(" "), "`   `");
        assert_eq!(code(""), "(empty)");
        assert_eq!(code("a\n\n# b"), "`a<U+000A><U+000A># b`");
        assert_eq!(code("a\u{202E}b"), "`a<U+202E>b`");
        assert_eq!(code(&"x".repeat(500)).chars().count(), LONGEST + 3);
    }

    #[test]
    fn no_line_ends_its_block() {
        let said = block(&["````".to_owned(), "# no heading".to_owned()]);
        assert!(said.starts_with("`````text\n") && said.ends_with("\n`````\n"));
    }
}
