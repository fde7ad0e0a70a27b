//! Texts of others as they are shown: short, and without what would move a terminal's cursor.

/// At most so many characters, and a mark where there were more.
pub(crate) fn clip(text: &str, most: usize) -> String {
    let mut shown: String = text.chars().take(most).map(still).collect();
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}

/// A character that moves no cursor.
pub(crate) fn still(c: char) -> char {
    if c.is_control() { '␣' } else { c }
}
