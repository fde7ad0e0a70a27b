//! What of a text may stand in a journal: no credential, nothing that forges a line, and not all of it.

use serde_json::{Map, Value};

/// Texts from outside are cut here.
const LONGEST: usize = 500;

/// Texts at every depth, without what does not belong into a journal.
pub(super) fn blotted_members(members: &Map<String, Value>) -> Map<String, Value> {
    members.iter().map(|(name, value)| (plain(name), blotted_value(value))).collect()
}

fn blotted_value(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(blotted(&clipped(&plain(text), LONGEST))),
        Value::Array(list) => Value::Array(list.iter().map(blotted_value).collect()),
        Value::Object(members) => Value::Object(blotted_members(members)),
        other => other.clone(),
    }
}

pub(super) fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A text that forges no line and moves no cursor, wherever it is printed: no control characters, and none
/// that turn the direction of writing.
pub(super) fn plain(text: &str) -> String {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if odd(c) { '\u{fffd}' } else { c }).collect()
}

/// A text without what looks like a credential of ours or a JWT: somebody may have put one where a
/// name belongs, and names are quoted.
pub(super) fn blotted(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        if word.len() > 16 && (word.contains("clv_") || word.contains("eyJ")) {
            out.push_str("[credential]");
        } else {
            out.push_str(word);
        }
        let between = behind.find(is_part).unwrap_or(behind.len());
        out.push_str(&behind[..between]);
        rest = &behind[between..];
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_looks_like_a_credential_is_blotted_out() {
        for (said, kept) in [
            (
                "the scope `clv_cs_abcdefghijklmnop` is unknown",
                "the scope `[credential]` is unknown",
            ),
            ("ü: eyJhbGciOiJIUzI1NiJ9.e30.xyz, eyJ", "ü: [credential], eyJ"),
            (
                "client `orders-api` at https://x.test/a?b=c",
                "client `orders-api` at https://x.test/a?b=c",
            ),
            ("", ""),
        ] {
            assert_eq!(blotted(said), kept);
        }
        let deep = json!({"a": ["eyJhbGciOiJIUzI1NiJ9.e30.xyz", {"b": "x\u{1b}[2J\r\n\u{202e}y"}]});
        let deep = blotted_value(&deep);
        assert_eq!(
            deep,
            json!({"a": ["[credential]", {"b": "x\u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}y"}]})
        );
    }
}
