//! Which causes a mistyped code may have meant. A guess for a person; nothing is decided by it.

use claviger_token::Code;

/// Codes are short: of a longer text only this much is looked at.
const LONGEST: usize = 80;

/// At most five codes that resemble the text, the nearest first; none where nothing does.
#[must_use]
pub fn near(text: &str) -> Vec<Code> {
    let text: String = text
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .collect();
    let words: Vec<&str> = text.split('-').filter(|word| word.len() > 2).collect();
    let mut ranked: Vec<(usize, Code)> = Code::ALL
        .iter()
        .filter_map(|code| {
            let name = code.as_str();
            let edits = distance(&text, name);
            let shared = words
                .iter()
                .filter(|word| name.split('-').any(|part| part == **word || part.contains(**word)))
                .count();
            let is_near = shared > 0 || edits * 3 <= name.len();
            // A shared word outweighs a few letters.
            is_near.then(|| ((edits * 2).saturating_sub(shared * 8), *code))
        })
        .collect();
    ranked.sort();
    ranked.into_iter().take(5).map(|(_, code)| code).collect()
}

/// The number of letters to change, add or take away.
fn distance(one: &str, other: &str) -> usize {
    let other = other.as_bytes();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (nth, a) in one.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = nth + 1;
        for (at, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_their_code() {
        for (text, first) in [
            ("expird", Code::Expired),
            ("token-expired", Code::Expired),
            ("audience", Code::AudienceMissing),
            ("audience-missmatch", Code::AudienceMismatch),
            ("Key_Unknown", Code::KeyUnknown),
            ("signature-invalid", Code::SignatureStripped),
        ] {
            let found = near(text);
            assert!(found.contains(&first), "{text}: {found:?}");
            assert!(found.len() <= 5);
        }
        assert_eq!(near("audience-missmatch").first(), Some(&Code::AudienceMismatch));
    }

    #[test]
    fn what_resembles_nothing_finds_nothing() {
        assert_eq!(near("zzzzzzzzzzzz"), []);
        assert_eq!(near(""), []);
        assert_eq!(near("💥"), []);
    }

    #[test]
    fn a_long_text_costs_no_more_than_a_short_one() {
        let _ = near(&"é".repeat(1_000_000));
    }
}
