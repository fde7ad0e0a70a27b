//! Finding a wording in a text: plain scanning, in time linear in the text.
//!
//! Decides what counts as an occurrence: whole words, and between the parts of a wording a short stretch only.

use std::ops::Range;

/// The longest stretch that a `*` stands for, in bytes: a list of audiences fits.
const GAP: usize = 400;

/// How many occurrences of a wording's first part are followed up.
const TRIES: usize = 32;

/// The length of what a wording says literally.
pub(super) fn literal_length(wording: &str) -> usize {
    wording.bytes().filter(|byte| *byte != b'*').count()
}

/// Where a wording stands in a text, in bytes.
pub(super) fn wording(text: &str, wording: &str) -> Option<Range<usize>> {
    let (first, rest) = wording.split_once('*').map_or((wording, None), |(a, b)| (a, Some(b)));
    let mut from = 0;
    for _ in 0..TRIES {
        let met = literal(text.get(from..)?, first)?;
        let (start, end) = (from + met.start, from + met.end);
        let whole = match rest {
            None => Some(end),
            Some(rest) => follows(text, end, rest),
        };
        if let Some(end) = whole
            && is_word(text, wording, start, end)
        {
            return Some(start..end);
        }
        from = end.max(start + 1);
        while !text.is_char_boundary(from) {
            from += 1;
        }
    }
    None
}

/// What a quote becomes in a JSON text, in one inside another, and in a header's quoted text.
const QUOTES: [&str; 3] = [r#"\""#, r#"\\\""#, "'"];

/// A part as it is, or with its quotes as the text around it lets them stand.
fn literal(text: &str, part: &str) -> Option<Range<usize>> {
    let find = |part: &str| text.find(part).map(|start| start..start + part.len());
    find(part).or_else(|| {
        let mut quotes = QUOTES.iter().filter(|quote| part.contains('"') && text.contains(**quote));
        quotes.find_map(|quote| find(&part.replace('"', quote)))
    })
}

/// Where the further parts end, each a short way behind the one before.
fn follows(text: &str, mut at: usize, rest: &str) -> Option<usize> {
    for part in rest.split('*').filter(|part| !part.is_empty()) {
        let mut end = text.len().min(at + GAP);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        at += literal(text.get(at..end)?, part)?.end;
    }
    Some(at)
}

/// Whether a wording is not merely a part of longer words.
fn is_word(text: &str, wording: &str, start: usize, end: usize) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let before = text.get(..start).and_then(|before| before.chars().next_back());
    let behind = text.get(end..).and_then(|behind| behind.chars().next());
    let runs_on = |edge, beyond| is_part(edge) && is_part(beyond);
    !runs_on(wording.chars().next(), before) && !runs_on(wording.chars().next_back(), behind)
}
