//! What a refusal says of its own cause: a code of the catalogue, or the error of a challenge (RFC 6750 §3.1).
//!
//! Decides only where the cause is named outright. The texts of libraries and servers are read elsewhere:
//! whoever reads them hooks in at [`code`].

use claviger_token::Code;

/// The longest text that is searched.
const LONGEST: usize = 8 * 1024;

/// What stands before a code, where it is one.
const MARKS: &[&str] = &["code", "Code", "fault", "faults/", "urn:claviger:fault:"];

/// The cause that a text names.
pub(super) fn code(text: &str) -> Option<Code> {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text.get(..end)?;
    for mark in MARKS {
        let mut from = 0;
        while let Some(found) = text.get(from..).and_then(|rest| rest.find(mark)) {
            from += found + mark.len();
            let behind = text.get(from..).unwrap_or_default();
            let Some(behind) = assigned(mark, behind) else { continue };
            let end = behind
                .find(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '-')
                .unwrap_or(behind.len());
            if let Some(code) = behind.get(..end).and_then(|word| word.parse().ok()) {
                return Some(code);
            }
        }
    }
    challenge(text)
}

/// What is assigned to a mark; words that merely follow it are not.
fn assigned<'t>(mark: &str, behind: &'t str) -> Option<&'t str> {
    if mark.ends_with(['/', ':']) {
        return Some(behind);
    }
    let sign = behind.trim_start_matches(['"', '\\', '\'', ' ']);
    let value = sign.strip_prefix([':', '='])?;
    Some(value.trim_start_matches(['"', '\\', '\'', ' ']))
}

/// The errors of a challenge that stand for one cause; `invalid_token` stands for a hundred.
fn challenge(text: &str) -> Option<Code> {
    let (_, error) = text.split_once("error=")?;
    let error = error.trim_start_matches(['\\', '"', '\'']);
    if error.starts_with("insufficient_scope") {
        Some(Code::ScopeInsufficient)
    } else if error.starts_with("insufficient_user_authentication") {
        Some(Code::AuthenticationTooWeak)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_is_named_is_found() {
        for (text, expected) in [
            (r#""-" "curl" code=expired"#, Some(Code::Expired)),
            (r#"{"code":"audience-mismatch"}"#, Some(Code::AudienceMismatch)),
            (r#"Claviger-Code: key-unknown"#, Some(Code::KeyUnknown)),
            (
                r#"Bearer error="invalid_token", error_uri="https://id.example/faults/expired""#,
                Some(Code::Expired),
            ),
            (r#"urn:claviger:fault:token-revoked"#, Some(Code::TokenRevoked)),
            (r#"Bearer error=\"insufficient_scope\""#, Some(Code::ScopeInsufficient)),
            (r#"Bearer error="invalid_token""#, None),
            ("the code expired yesterday", None),
            ("exit code 401, decoded", None),
            ("", None),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
    }
}
