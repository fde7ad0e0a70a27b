//! Quotes and brackets around a token.
//!
//! Decides whether a frame belongs to the token's surroundings; a closing mark alone is left to `extent`.

use claviger_token::{Code, Fact, Fault};

use super::Step;
use crate::passage::Passage;

/// Quotes that programs write, with the backslash that another program put before them.
const QUOTES: &[&str] = &[
    "\\\\\\\"", "\\\"", "\\'", "\"\"\"", "'''", "\"", "'", "`", "&quot;", "&#34;", "&#39;", "%22",
    "%27", "\\u0022",
];

const BRACKETS: &[(&str, &str)] = &[
    ("{{", "}}"),
    ("${", "}"),
    ("$(", ")"),
    ("#{", "}"),
    ("@{", "}"),
    ("%{", "}"),
    ("<%=", "%>"),
    ("<%", "%>"),
    ("{%", "%}"),
    ("<<", ">>"),
    ("[[", "]]"),
    ("{", "}"),
    ("<", ">"),
    ("[", "]"),
    ("(", ")"),
    ("&lt;", "&gt;"),
    ("【", "】"),
    ("「", "」"),
    ("（", "）"),
    ("［", "］"),
    ("｛", "｝"),
    ("＜", "＞"),
    ("⟨", "⟩"),
    ("〈", "〉"),
    ("《", "》"),
];

/// Quotes that word processors and chat programs put in the place of plain ones.
pub(crate) fn is_typographic_quote(c: char) -> bool {
    matches!(c, '\u{2018}'..='\u{201F}' | '\u{2032}'..='\u{2036}' | '\u{301D}'..='\u{301F}' | '\u{FF02}' | '\u{FF07}' | '\u{00B4}' | '«' | '»' | '‹' | '›')
}

/// `"eyJ…"`: a pair of quotes, or an opening one that lost its partner.
pub(crate) fn quotes(passage: &Passage) -> Option<Step> {
    let text = passage.text();
    let quote = QUOTES.iter().find(|quote| text.starts_with(**quote))?;
    let inner = &text[quote.len()..];
    let closed = inner.len() >= quote.len() && inner.ends_with(quote);
    let end = if closed { text.len() - quote.len() } else { text.len() };
    let fault = Fault::new(Code::Quoted)
        .with("character", Fact::Words(format!("`{quote}`")))
        .at(passage.bytes(0..quote.len()).whole());
    let rest = passage.bytes(quote.len()..end);
    (!rest.is_empty()).then(|| Step::new(fault, rest))
}

/// `“eyJ…”`: typographic quotes at either end.
pub(crate) fn typographic_quotes(passage: &Passage) -> Option<Step> {
    let (_, c, span) = super::first_span(passage, is_typographic_quote)?;
    let rest = passage.trimmed(is_typographic_quote);
    (rest.len() < passage.len() && !rest.is_empty()).then(|| {
        let fault = Fault::new(Code::SmartPunctuation)
            .with("character", Fact::Words(super::code_point(c)))
            .with("position", span.start)
            .at(span);
        Step::new(fault, rest)
    })
}

/// `{eyJ…}`, `<eyJ…>`: the brackets of a documentation's notation.
pub(crate) fn brackets(passage: &Passage) -> Option<Step> {
    let text = passage.text();
    let (open, close) = BRACKETS.iter().find(|(open, _)| text.starts_with(open))?;
    let inner = &text[open.len()..];
    // The partner may have stayed behind when the token was copied.
    let end = if inner.ends_with(close) { text.len() - close.len() } else { text.len() };
    let fault = Fault::new(Code::Bracketed)
        .with("character", Fact::Words(format!("`{open}…{close}`")))
        .at(passage.bytes(0..open.len()).whole());
    let rest = passage.bytes(open.len()..end.max(open.len()));
    (!rest.is_empty()).then(|| Step::new(fault, rest))
}
