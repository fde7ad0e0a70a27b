//! Where a token ends: text before it, text behind it, another token glued to it.
//!
//! Decides borders by shape; which of several tokens is the good one is proven later.

use claviger_token::{Code, Fact, Fault};

use super::{Step, code_point};
use crate::passage::Passage;
use crate::recognise::is_header_like;
use crate::shape::{self, is_token_character};

/// Something in front: `token=eyJ…`, `:eyJ…`.
pub(crate) fn before(passage: &Passage) -> Option<Step> {
    let text = passage.text();
    if text.split('.').next().is_some_and(is_header_like) {
        return None;
    }
    // A header that begins inside a word is no header: something foreign must stand before it.
    let foreign = |c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c);
    let at = text
        .char_indices()
        .take_while(|(at, _)| *at < 64)
        .filter(|(_, c)| foreign(*c))
        .map(|(at, c)| at + c.len_utf8())
        .find(|at| is_header_like(&text[*at..]))?;
    let rest = passage.since(at);
    if !shape::has_three_parts(
        rest.text().split(|c| !is_token_character(c)).next().unwrap_or_default(),
    ) {
        return None;
    }
    let part = passage.bytes(0..at);
    let fault = Fault::new(Code::TrailingCharacters)
        .with("found", Fact::Words(said(part.text())))
        .with("position", 0usize)
        .at(part.whole());
    Some(Step::new(fault, rest))
}

/// Something behind: `,` `;` `"}` `&foo=…`, a full stop.
pub(crate) fn behind(passage: &Passage) -> Option<Step> {
    let text = passage.text();
    let border = text.find(|c| !is_token_character(c)).unwrap_or(text.len());
    let head = &text[..border];
    let dots: Vec<usize> = head.match_indices('.').map(|(at, _)| at).collect();
    let end = match dots.as_slice() {
        // A third dot with nothing sensible behind it: a sentence's full stop, an ellipsis.
        [_, second, third, ..] if *third > *second + 1 => {
            let rest = &head[*third..];
            let bare = rest.trim_matches('.').is_empty();
            if bare || (border < text.len() && rest.len() < 8) { *third } else { border }
        }
        [_, _] => border,
        _ => return None,
    };
    let end = end + padding(&text[..end], &text[end..])?;
    let tail = &text[end..];
    // The standard alphabet is a fault of its own.
    if tail.is_empty()
        || (tail.starts_with(['+', '/']) && !(is_end(tail) && shape::is_complete(head)))
        || !is_header_like(head.split('.').next().unwrap_or_default())
    {
        return None;
    }
    let signature = end - dots.get(1).map_or(end, |dot| dot + 1);
    // In the middle of the signature one foreign character is damage, not an end, unless nothing of
    // the alphabet follows or the signature is complete.
    let goes_on = tail.chars().skip(1).filter(|c| c.is_ascii_alphanumeric()).count() > 8;
    let whole = shape::is_complete(text[..end].trim_end_matches('='));
    if !whole && (goes_on || signature == 0 || is_one_wrong(text, end)) {
        return None;
    }
    Some(cut(passage, end))
}

/// What stands behind this byte, taken off.
pub(super) fn cut(passage: &Passage, end: usize) -> Step {
    let part = passage.since(end);
    let fault = Fault::new(Code::TrailingCharacters)
        .with("found", Fact::Words(said(part.text())))
        .with("position", passage.character_at(end))
        .at(part.whole());
    Step::new(fault, passage.bytes(0..end))
}

/// How much of what stands behind a whole token is its padding, which is a fault of its own; none where
/// there is nothing else.
fn padding(head: &str, tail: &str) -> Option<usize> {
    let signs = tail.len() - tail.trim_start_matches('=').len();
    if signs == 0 {
        return Some(0);
    }
    if signs == tail.len() || !shape::is_complete(head) {
        return None;
    }
    let signature = head.rsplit('.').next().unwrap_or_default();
    Some(if (signature.len() + signs).is_multiple_of(4) { signs } else { 0 })
}

/// Whether a character that is foreign to the alphabet stands in the signature's length, in the place of
/// another or beside it: then it is one wrong character and no end.
fn is_one_wrong(text: &str, at: usize) -> bool {
    let (head, tail) = text.split_at(at);
    let mut behind = tail.chars();
    behind.next();
    let rest = behind.as_str();
    !rest.is_empty()
        && ["A", ""].iter().any(|one| shape::is_complete(&format!("{head}{one}{rest}")))
}

/// Whether so little stands behind a whole token that it is no part of its signature.
fn is_end(tail: &str) -> bool {
    tail.len() <= 16
}

/// A stretch that is no token, quoted as far as it is short and harmless.
fn said(text: &str) -> String {
    let head: String = text.chars().take(12).collect();
    let more = if text.chars().count() > 12 { "…" } else { "" };
    let plain = head.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    if plain { format!("`{head}{more}`") } else { code_point(head.chars().next().unwrap_or(' ')) }
}

/// Several tokens, or the same one several times.
pub(crate) fn concatenated(passage: &Passage) -> Option<Step> {
    let parts = parted(passage).or_else(|| dotted(passage)).or_else(|| glued(passage))?;
    let count = parts.len();
    let same = parts.iter().all(|part| part.text() == parts[0].text());
    let second = parts.get(1).unwrap_or(passage).whole();
    let fault = Fault::new(Code::TokensConcatenated)
        .with("count", count)
        .with(
            "reason",
            Fact::Words(if same { "the same one each time" } else { "different ones" }.to_owned()),
        )
        .at(second);
    let mut parts = parts.into_iter();
    let first = parts.next()?;
    Some(Step { layer: super::Layer::new(fault), rest: first, others: parts.collect() })
}

/// Tokens with a blank, a comma or the like between them.
fn parted(passage: &Passage) -> Option<Vec<Passage>> {
    let text = passage.text();
    let mut parts = Vec::new();
    let mut at = 0;
    for piece in text.split(|c: char| c.is_whitespace() || ",;|&:\"'<>[]{}()".contains(c)) {
        let start = at;
        at += piece.len();
        at += text[at..].chars().next().map_or(0, char::len_utf8);
        if piece.is_empty() || super::scheme::is_scheme(piece) {
            continue;
        }
        if !shape::has_three_parts(piece) {
            return None;
        }
        parts.push(passage.bytes(start..start + piece.len()));
    }
    (parts.len() >= 2).then_some(parts)
}

/// Tokens with a dot between them.
fn dotted(passage: &Passage) -> Option<Vec<Passage>> {
    let segments: Vec<&str> = passage.text().split('.').collect();
    if segments.len() < 6 || segments.len() > 24 || !segments.len().is_multiple_of(3) {
        return None;
    }
    let mut at = 0;
    let mut parts = Vec::new();
    for three in segments.chunks(3) {
        let length = three.iter().map(|segment| segment.len() + 1).sum::<usize>();
        let part = passage.bytes(at..at + length - 1);
        if !shape::has_three_parts(part.text()) {
            return None;
        }
        parts.push(part);
        at += length;
    }
    Some(parts)
}

/// Tokens with nothing between them: a signature that runs into the next header.
fn glued(passage: &Passage) -> Option<Vec<Passage>> {
    let text = passage.text();
    let dots: Vec<usize> = text.match_indices('.').map(|(at, _)| at).collect();
    // Two tokens have four dots, three have six; a JWE has four as well, but its header says `enc`.
    if dots.len() < 4 || !dots.len().is_multiple_of(2) || dots.len() > 16 {
        return None;
    }
    if shape::header(text).is_some_and(|header| header.get("enc").is_some()) {
        return None;
    }
    let mut parts = Vec::new();
    let mut start = 0;
    for pair in dots.chunks(2).collect::<Vec<_>>().windows(2) {
        let (second, next) = (pair[0][1], pair[1][0]);
        let border = border(&text[start..], second + 1 - start, next - start)?;
        parts.push(passage.bytes(start..start + border));
        start += border;
    }
    parts.push(passage.since(start));
    Some(parts)
}

/// Where the signature that begins at `from` ends and a header that ends at `to` begins.
fn border(text: &str, from: usize, to: usize) -> Option<usize> {
    let lengths = shape::algorithm(text).map(shape::signature_lengths).unwrap_or_default();
    let by_length = lengths.into_iter().map(|length| from + length);
    let by_looks = text[from..to].match_indices("ey").map(|(at, _)| from + at);
    let borders: Vec<usize> = by_length
        .chain(by_looks)
        .filter(|at| *at < to && text.is_char_boundary(*at) && is_header_like(&text[*at..to]))
        .collect();
    // Letters of a signature look like the beginning of a header once in 256 times; the whole of one they
    // are not.
    let whole = borders.iter().find(|at| shape::header(&text[**at..to]).is_some());
    whole.or_else(|| borders.first()).copied()
}
