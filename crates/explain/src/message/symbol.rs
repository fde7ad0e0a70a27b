//! `Invalid symbol 32, offset 6`: the byte that a base64 decoder met, and where.
//!
//! Decides which layer of another notation that byte speaks for. The offset counts within the segment that was
//! decoded, so a place in the whole token is not told from it.

use claviger_token::{Code, Fact, Fault};

/// The byte and the offset of the first complaint in a text.
fn complaint(text: &str) -> Option<(u8, usize)> {
    // As Rust prints the error itself: the offset stands first.
    if let Some((_, rest)) = text.split_once("InvalidByte(") {
        let (offset, symbol) = rest.split_once(')')?.0.split_once(", ")?;
        return Some((symbol.parse().ok()?, offset.parse().ok()?));
    }
    let mark = ["Invalid symbol ", "Invalid byte "].into_iter().find(|mark| text.contains(mark))?;
    let rest = text.get(text.find(mark)? + mark.len()..)?;
    let (symbol, rest) = rest.split_once(", offset ")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((symbol.parse().ok()?, digits.parse().ok()?))
}

/// The candidates for it, and the first with its evidence.
pub(super) fn read(text: &str) -> Option<(Fault, Vec<Code>)> {
    use Code as C;
    let (symbol, offset) = complaint(text)?;
    let codes: &[Code] = match (symbol, offset) {
        (b' ', 6) => &[C::SchemeDoubled, C::WhitespaceInside],
        (b' ' | b'\t' | b'\r' | b'\n', 0) => &[C::WhitespaceAround, C::SchemeSeparator],
        (b' ' | b'\t' | b'\r' | b'\n', _) => {
            &[C::WhitespaceAround, C::WhitespaceInside, C::TrailingCharacters]
        }
        (b'"' | b'\'' | b'`', 0) => &[C::Quoted],
        (b'"' | b'\'' | b'`', _) => &[C::TrailingCharacters, C::Quoted],
        (b'{', 0) => &[C::ResponseInsteadOfToken, C::Bracketed, C::CredentialPlaceholder],
        (b'<' | b'[' | b'(', 0) => &[C::Bracketed, C::CredentialPlaceholder],
        (b'$', _) => &[C::CredentialPlaceholder],
        (b'.', _) => {
            &[C::TokenEncrypted, C::TokensConcatenated, C::TrailingCharacters, C::SegmentCount]
        }
        (b'+' | b'/', _) => &[C::Base64Alphabet],
        (b'=', _) => &[C::Base64Padding],
        (b'%', _) => &[C::PercentEncoded],
        (b'\\' | b'&', _) => &[C::EscapeSequence],
        (0xE2, _) => &[C::InvisibleCharacter, C::SmartPunctuation],
        (0x80.., _) => &[C::InvisibleCharacter, C::SmartPunctuation, C::CharacterError],
        (b',' | b';' | b'}' | b')' | b']' | b'>', _) => &[C::TrailingCharacters, C::Bracketed],
        _ => &[C::CharacterError, C::TrailingCharacters, C::TokenOpaque],
    };
    let first = codes.first().copied()?;
    let fault =
        Fault::new(first).with("character", Fact::Words(named(symbol))).with("offset", offset);
    Some((fault, codes.to_vec()))
}

/// The byte in words.
fn named(symbol: u8) -> String {
    match symbol {
        b' ' => "a space".to_owned(),
        b'\t' => "a tab".to_owned(),
        b'\n' => "a line feed".to_owned(),
        b'\r' => "a carriage return".to_owned(),
        0xEF => "the byte 239, which begins a byte order mark in UTF-8".to_owned(),
        0xC2 => "the byte 194, which begins a no-break space or a soft hyphen in UTF-8".to_owned(),
        0xE2 => {
            "the byte 226, which begins a zero-width space, a curly quote or an ellipsis in UTF-8"
                .to_owned()
        }
        0x21..=0x7E => format!("`{}`", char::from(symbol)),
        _ => format!("the byte {symbol}"),
    }
}

/// Where to look for it.
pub(super) fn note(text: &str) -> Option<String> {
    let (symbol, offset) = complaint(text)?;
    Some(format!(
        "print what is handed to the library and look for {} at offset {offset} of the segment that was decoded",
        named(symbol)
    ))
}
