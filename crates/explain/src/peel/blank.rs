//! White space, characters that nobody sees, and typography where plain punctuation is due.
//!
//! Decides which characters cannot belong to a token and what stood in their place.

use claviger_token::{Code, Fact, Fault};

use super::{Step, code_point, first_span};
use crate::passage::Passage;
use crate::shape::{has_three_parts, is_complete};

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// Characters that are not seen: controls, marks, spaces that do not break, the replacement character.
pub(crate) fn is_invisible(c: char) -> bool {
    (c.is_control() && !is_space(c))
        || (c.is_whitespace() && !c.is_ascii())
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFD}' | '\u{E0000}'..='\u{E0FFF}')
}

pub(crate) fn is_dash(c: char) -> bool {
    matches!(
        c,
        '\u{2010}'
            ..='\u{2015}'
                | '\u{2212}'
                | '\u{2E3A}'
                | '\u{2E3B}'
                | '\u{FE58}'
                | '\u{FE63}'
                | '\u{FF0D}'
                | '\u{2043}'
                | '\u{02D7}'
                | '\u{00AF}'
    )
}

/// Underscores of other widths.
fn is_low_line(c: char) -> bool {
    matches!(c, '\u{2017}' | '\u{FE4D}'..='\u{FE4F}' | '\u{FF3F}')
}

pub(crate) fn is_dot(c: char) -> bool {
    matches!(
        c,
        '\u{2024}'
            | '\u{00B7}'
            | '\u{3002}'
            | '\u{FF0E}'
            | '\u{FF61}'
            | '\u{2022}'
            | '\u{2027}'
            | '\u{2219}'
            | '\u{22C5}'
            | '\u{06D4}'
            | '\u{0701}'
    )
}

fn whitespace(passage: &Passage, code: Code) -> Option<Fault> {
    let (nth, c, span) = first_span(passage, is_space)?;
    let count = passage.text().chars().filter(|c| is_space(*c)).count();
    Some(
        Fault::new(code)
            .with("character", Fact::Words(code_point(c)))
            .with("position", nth)
            .with("count", count)
            .at(span),
    )
}

/// White space at either end of a token.
pub(crate) fn around(passage: &Passage) -> Option<Step> {
    let rest = passage.trimmed(is_space);
    if rest.len() == passage.len() {
        return None;
    }
    let behind = !passage.text().starts_with(is_space);
    let fault = if behind {
        let tail = passage.since(passage.text().trim_end_matches(is_space).len());
        whitespace(&tail, Code::WhitespaceAround)?.with("position", rest.len())
    } else {
        whitespace(passage, Code::WhitespaceAround)?
    };
    Some(Step::new(fault, rest))
}

/// White space at either end of a whole header value: what a field's reader has not taken off already.
pub(crate) fn around_value(value: &Passage) -> Option<Step> {
    around(value)
}

/// Characters that nobody sees, anywhere.
pub(crate) fn invisible(passage: &Passage) -> Option<Step> {
    let (nth, c, span) = first_span(passage, is_invisible)?;
    let rest = without_terminal_codes(passage).filtered(|c| !is_invisible(c));
    let count = passage.text().chars().filter(|c| is_invisible(*c)).count();
    let fault = Fault::new(Code::InvisibleCharacter)
        .with("character", Fact::Words(code_point(c)))
        .with("position", nth)
        .with("count", count)
        .at(span);
    // A line separator of Unicode may stand between two halves; a lost byte cannot be restored.
    (!rest.is_empty()).then(|| Step::new(fault, rest))
}

/// The same before the scheme of a header's value.
pub(crate) fn invisible_before(value: &Passage) -> Option<Step> {
    value.text().starts_with(is_invisible).then(|| invisible(value)).flatten()
}

/// Without what colours a terminal: `ESC [ 32 m` is several characters of which only one is invisible.
fn without_terminal_codes(passage: &Passage) -> Passage {
    let mut out = passage.clone();
    // A token that was coloured carries a few codes; what carries more is no token.
    for _ in 0..64 {
        let Some(start) = out.text().find("\u{1B}[") else { break };
        let tail = &out.text()[start + 2..];
        let length = tail.find(|c: char| c.is_ascii_alphabetic()).map_or(tail.len(), |at| at + 1);
        let first = out.character_at(start);
        let last = out.character_at(start + 2 + length);
        out = out.with_replaced(first..last, "");
    }
    out
}

/// White space inside: a wrapped token, or two words of which one is the token.
pub(crate) fn inside(passage: &Passage) -> Option<Step> {
    let text = passage.text();
    if !text.contains(is_space) {
        return None;
    }
    let joined = passage.filtered(|c| !is_space(c));
    let first = text.split(is_space).next().unwrap_or_default();
    let first = first.trim_end_matches(|c: char| !crate::shape::is_token_character(c));
    // The token is whole before the first blank: what follows is something else.
    if is_complete(first) && !is_complete(joined.text()) {
        return None;
    }
    let fault = whitespace(passage, Code::WhitespaceInside)?;
    let fault = match period(text) {
        Some(period) => fault.with("period", period),
        None => fault,
    };
    let mut step = Step::new(fault, joined);
    // Two blanks where the dots were.
    if !text.contains('.') && text.split(is_space).count() == 3 {
        step.others.push(passage.mapped(|c| if is_space(c) { '.' } else { c }));
    }
    if has_three_parts(first) {
        step.others.push(passage.bytes(0..first.len()));
    }
    Some(step)
}

/// The length of the lines, where all but the last are equally long: which tool wrapped it.
fn period(text: &str) -> Option<usize> {
    let lines: Vec<usize> =
        text.split(is_space).filter(|line| !line.is_empty()).map(str::len).collect();
    let (last, before) = lines.split_last()?;
    let first = *before.first()?;
    (before.iter().all(|length| *length == first) && *last <= first).then_some(first)
}

/// Dashes, dots and letters of another width where the plain ones are due.
pub(crate) fn typographic(passage: &Passage) -> Option<Step> {
    let odd = |c: char| {
        is_dash(c)
            || is_dot(c)
            || c == '\u{2026}'
            || is_wide(c)
            || is_low_line(c)
            || super::frame::is_typographic_quote(c)
    };
    let (nth, c, span) = first_span(passage, odd)?;
    let fault = Fault::new(Code::SmartPunctuation)
        .with("character", Fact::Words(code_point(c)))
        .with("position", nth)
        .at(span);
    if passage.text().contains('\u{2026}') {
        let abbreviated = "text was left out here: the value was copied from an abbreviated view";
        let fault = fault.with("reason", Fact::Words(abbreviated.to_owned()));
        // Three dots stand for one in the middle of a token only where a machine replaced it.
        let rest = plain(passage, "-").mapped(|c| if c == '\u{2026}' { '.' } else { c });
        let mut step = Step::new(fault, rest);
        step.layer.certain = true;
        return Some(step);
    }
    let mut step = Step::new(fault, plain(passage, "-"));
    let dashes = dashes(passage);
    if (1..=MOST_DASHES).contains(&dashes.len()) {
        // Two hyphens become one dash as well.
        step.others.push(plain(passage, "--"));
        if (2..=4).contains(&dashes.len()) {
            for mask in 1..(1usize << dashes.len()) - 1 {
                let mut one = passage.clone();
                for (bit, nth) in dashes.iter().enumerate().rev() {
                    let by = if mask >> bit & 1 == 1 { "--" } else { "-" };
                    one = one.with_replaced(*nth..*nth + 1, by);
                }
                step.others.push(plain(&one, "-"));
            }
        }
    }
    Some(step)
}

/// More dashes than this are a drawing, not a token; each is replaced one by one.
const MOST_DASHES: usize = 256;

/// Where dashes stand, in characters.
fn dashes(passage: &Passage) -> Vec<usize> {
    passage.text().chars().enumerate().filter(|(_, c)| is_dash(*c)).map(|(nth, _)| nth).collect()
}

/// Letters of the full-width forms that East Asian input methods write.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{FF01}'..='\u{FF5E}')
}

fn plain(passage: &Passage, dash: &str) -> Passage {
    let mut out = passage.clone();
    if dash.len() > 1 {
        for nth in dashes(passage).into_iter().rev() {
            out = out.with_replaced(nth..nth + 1, dash);
        }
    }
    out.filtered(|c| !super::frame::is_typographic_quote(c)).mapped(|c| match c {
        c if is_dash(c) => '-',
        c if is_dot(c) => '.',
        c if is_low_line(c) => '_',
        c if is_wide(c) => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        c => c,
    })
}
