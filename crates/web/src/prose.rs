//! Sentences with literals in backticks, taken apart so that a template can set the literals as code.
//! Decides where a literal begins and ends; escaping is the template's.

/// A piece of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece<'t> {
    pub(crate) text: &'t str,
    /// Whether it stood in backticks.
    pub(crate) literal: bool,
}

impl Piece<'_> {
    /// Whether a line on a narrow screen holds it whole, so that it need not be broken.
    pub(crate) fn is_short(&self) -> bool {
        self.text.len() <= 24
    }
}

/// The pieces of a text in their order. A backtick without its partner is an ordinary character.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('`') {
        let Some((literal, after)) = behind.split_once('`') else { break };
        if !before.is_empty() {
            found.push(Piece { text: before, literal: false });
        }
        if !literal.is_empty() {
            found.push(Piece { text: literal, literal: true });
        }
        rest = after;
    }
    if !rest.is_empty() {
        found.push(Piece { text: rest, literal: false });
    }
    found
}

/// A message of ours, which begins small and has no full stop, as a sentence that stands by itself.
pub(crate) fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    let Some(first) = rest.next() else { return String::new() };
    let end = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), rest.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<(&str, bool)> {
        pieces(text).into_iter().map(|piece| (piece.text, piece.literal)).collect()
    }

    #[test]
    fn literals_are_told_from_words() {
        assert_eq!(
            said("send `a` and `b`."),
            [("send ", false), ("a", true), (" and ", false), ("b", true), (".", false)]
        );
        assert_eq!(said("`a``b`"), [("a", true), ("b", true)]);
        assert_eq!(said("it`s odd"), [("it`s odd", false)]);
        assert_eq!(said("`` is empty"), [(" is empty", false)]);
        assert_eq!(said(""), []);
    }

    #[test]
    fn messages_stand_as_sentences() {
        assert_eq!(sentence("the form is old"), "The form is old.");
        assert_eq!(sentence("Ready? Go."), "Ready? Go.");
        assert_eq!(sentence("`x` is none"), "`x` is none.");
        assert_eq!(sentence(""), "");
    }
}
