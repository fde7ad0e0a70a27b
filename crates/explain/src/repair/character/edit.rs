//! Single edits of a text, the plausible ones first.

use std::ops::ControlFlow::{self, Break, Continue};

use crate::passage::Passage;

/// The alphabet of base64url.
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What has to be done at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    Substitute { found: char, expected: char },
    Insert { expected: char },
    Delete { found: char },
    Swap { first: char, second: char },
}

impl Edit {
    /// What stands there, and what should, in words.
    pub(crate) fn sides(self) -> (String, String) {
        let quoted = |c: char| crate::peel::code_point(c);
        match self {
            Self::Substitute { found, expected } => (quoted(found), quoted(expected)),
            Self::Insert { expected } => ("nothing".to_owned(), quoted(expected)),
            Self::Delete { found } => (quoted(found), "nothing".to_owned()),
            Self::Swap { first, second } => {
                (format!("`{first}{second}`"), format!("`{second}{first}`"))
            }
        }
    }

    /// How many characters of the text it is about.
    pub(crate) const fn width(self) -> usize {
        match self {
            Self::Insert { .. } => 0,
            Self::Substitute { .. } | Self::Delete { .. } => 1,
            Self::Swap { .. } => 2,
        }
    }

    /// Adds the edited text to `out`. The place is a byte on a character's border.
    pub(crate) fn write(self, text: &str, at: usize, out: &mut String) {
        out.push_str(&text[..at]);
        let rest = &text[at..];
        let skip = |count: usize| -> usize { rest.chars().take(count).map(char::len_utf8).sum() };
        match self {
            Self::Substitute { expected, .. } => {
                out.push(expected);
                out.push_str(&rest[skip(1)..]);
            }
            Self::Insert { expected } => {
                out.push(expected);
                out.push_str(rest);
            }
            Self::Delete { .. } => out.push_str(&rest[skip(1)..]),
            Self::Swap { first, second } => {
                out.push(second);
                out.push(first);
                out.push_str(&rest[skip(2)..]);
            }
        }
    }

    /// The same on a passage.
    pub(crate) fn apply_to(self, passage: &Passage, at: usize) -> Passage {
        let by = match self {
            Self::Substitute { expected, .. } | Self::Insert { expected } => expected.to_string(),
            Self::Delete { .. } => String::new(),
            Self::Swap { first, second } => format!("{second}{first}"),
        };
        passage.with_replaced(at..at + self.width(), &by)
    }
}

/// Which edits are tried.
#[derive(Clone, Copy)]
pub(crate) struct Kinds {
    pub(crate) substitute: bool,
    pub(crate) insert: bool,
    pub(crate) delete: bool,
    pub(crate) swap: bool,
    alphabet: &'static [u8],
    /// Only this character is deleted or substituted.
    only_dots: bool,
}

impl Kinds {
    pub(crate) const ALL: Self = Self {
        substitute: true,
        insert: true,
        delete: true,
        swap: true,
        alphabet: ALPHABET,
        only_dots: false,
    };
    pub(crate) const SAME_LENGTH: Self = Self { insert: false, delete: false, ..Self::ALL };
    pub(crate) const LONGER: Self =
        Self { substitute: false, delete: false, swap: false, ..Self::ALL };
    pub(crate) const SHORTER: Self =
        Self { substitute: false, insert: false, swap: false, ..Self::ALL };
    pub(crate) const DOT_LOST: Self =
        Self { delete: false, alphabet: b".", swap: false, ..Self::ALL };
    pub(crate) const DOT_TOO_MANY: Self =
        Self { insert: false, swap: false, only_dots: true, ..Self::ALL };
}

/// Characters that are taken for one another: by the eye, by another alphabet, by Shift.
const ALIKE: &[&str] = &[
    "lI1i|!", "O0oQDU", "B8", "S5s$", "Z2z", "G6bg9q", "uvUVwW", "nmrN", "cCeG", "kKxX", "yYvV",
    "pPqQ", "fFt7T", "-_", "dDcl", "hbn", "aoe4A", "E3", "jJi", "rR", "L1l", "M", "H",
];

/// Rows of the usual keyboards.
const ROWS: &[&str] =
    &["1234567890-_", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop"];

fn is_alike(left: char, right: char) -> bool {
    left.eq_ignore_ascii_case(&right)
        || ALIKE.iter().any(|group| group.contains(left) && group.contains(right))
}

fn are_neighbours(left: char, right: char) -> bool {
    let (left, right) = (left.to_ascii_lowercase(), right.to_ascii_lowercase());
    ROWS.iter().any(|row| {
        row.find(left).zip(row.find(right)).is_some_and(|(left, right)| left.abs_diff(right) == 1)
    })
}

/// How plausible: 0 best.
fn class(edit: Edit, before: Option<char>, after: Option<char>) -> u8 {
    match edit {
        Edit::Swap { .. } => 0,
        Edit::Substitute { found, .. } if !found.is_ascii() => 0,
        Edit::Substitute { found, expected } if is_alike(found, expected) => 0,
        Edit::Substitute { found, expected } if are_neighbours(found, expected) => 1,
        Edit::Delete { .. } => 0,
        // A lost character is often a double one, or what a double click takes for a word's end.
        Edit::Insert { expected } if before == Some(expected) || after == Some(expected) => 0,
        Edit::Insert { expected: '-' | '_' | '.' } => 1,
        Edit::Substitute { .. } | Edit::Insert { .. } => 2,
    }
}

/// The classes of plausibility, best first; `short` leaves the implausible edits out.
pub(crate) fn classes(short: bool) -> std::ops::Range<u8> {
    0..if short { 2 } else { 3 }
}

/// Tries the edits of a class at every place until one is answered with a break. Places are bytes; with
/// `only`, that one alone.
pub(crate) fn visit<T>(
    text: &str,
    kinds: Kinds,
    only: Option<usize>,
    wanted: u8,
    answer: &mut dyn FnMut(usize, Edit) -> ControlFlow<Option<T>>,
) -> Option<T> {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    for nth in 0..=characters.len() {
        let at = characters.get(nth).map_or(text.len(), |(at, _)| *at);
        if only.is_some_and(|only| only != at) {
            continue;
        }
        let here = characters.get(nth).map(|(_, c)| *c);
        let before = nth.checked_sub(1).and_then(|nth| characters.get(nth)).map(|(_, c)| *c);
        let after = characters.get(nth + 1).map(|(_, c)| *c);
        let mut offer = |edit: Edit| {
            if class(edit, before, here) == wanted { answer(at, edit) } else { Continue(()) }
        };
        if let Some(found) = here.filter(|c| !kinds.only_dots || *c == '.') {
            if kinds.delete
                && before != Some(found)
                && let Break(answer) = offer(Edit::Delete { found })
            {
                return answer;
            }
            if kinds.swap
                && let Some(second) = after.filter(|second| *second != found)
                && let Break(answer) = offer(Edit::Swap { first: found, second })
            {
                return answer;
            }
            if kinds.substitute {
                for expected in kinds.alphabet.iter().map(|byte| char::from(*byte)) {
                    if expected != found
                        && let Break(answer) = offer(Edit::Substitute { found, expected })
                    {
                        return answer;
                    }
                }
            }
        }
        if kinds.insert {
            for expected in kinds.alphabet.iter().map(|byte| char::from(*byte)) {
                // The same text comes out on either side of an equal character.
                if before != Some(expected)
                    && let Break(answer) = offer(Edit::Insert { expected })
                {
                    return answer;
                }
            }
        }
    }
    None
}

/// The one edit that makes `right` out of `text`, and where; none where it takes more or none.
pub(crate) fn between(text: &str, right: &str) -> Option<(usize, Edit)> {
    if text == right || text.len().abs_diff(right.len()) > 4 {
        return None;
    }
    let at = text
        .char_indices()
        .zip(right.chars())
        .find(|((_, a), b)| a != b)
        .map_or_else(|| text.len().min(right.len()), |((at, _), _)| at);
    let found = text.get(at..)?.chars().next();
    let expected = right.get(at..)?.chars().next();
    let after = text.get(at..)?.chars().nth(1);
    let mut edits: Vec<Edit> = Vec::new();
    if let (Some(found), Some(expected)) = (found, expected) {
        edits.push(Edit::Substitute { found, expected });
        if let Some(second) = after {
            edits.push(Edit::Swap { first: found, second });
        }
    }
    edits.extend(expected.map(|expected| Edit::Insert { expected }));
    edits.extend(found.map(|found| Edit::Delete { found }));
    edits.into_iter().find_map(|edit| {
        let mut out = String::with_capacity(right.len());
        edit.write(text, at, &mut out);
        (out == right).then_some((at, edit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_single_edit_is_offered_once() {
        let mut seen = Vec::new();
        for class in classes(false) {
            let none = visit("abB", Kinds::ALL, None, class, &mut |at, edit| {
                let mut out = String::new();
                edit.write("abB", at, &mut out);
                seen.push(out);
                Continue(())
            });
            assert_eq!(none, None::<()>);
        }
        let count = seen.len();
        seen.sort();
        seen.dedup();
        // 3 deletions, 2 swaps, 3·63 substitutions, 4·64 insertions less the 3 that repeat.
        assert_eq!(seen.len(), 3 + 2 + 3 * 63 + 4 * 64 - 3);
        assert_eq!(count, seen.len());
    }

    proptest! {
        #[test]
        fn the_edit_between_two_texts_is_found(text in "[A-D]{1,12}", nth in 0usize..2000) {
            let mut all = Vec::new();
            for class in classes(false) {
                visit(&text, Kinds::ALL, None, class, &mut |at, edit| {
                    all.push((at, edit));
                    Continue::<Option<()>>(())
                });
            }
            let (at, edit) = all[nth % all.len()];
            let mut right = String::new();
            edit.write(&text, at, &mut right);
            prop_assume!(right != text);
            let (at, edit) = between(&text, &right).unwrap();
            let mut again = String::new();
            edit.write(&text, at, &mut again);
            prop_assert_eq!(again, right);
        }
    }
}
