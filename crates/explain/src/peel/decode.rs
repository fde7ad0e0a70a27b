//! Encodings that a token was put into once too often: percent, escapes of JSON, HTML and mail, base64.
//!
//! Decides what stood there before; what an escape for white space stood for is dropped with it.

use claviger_token::{Code, Fault};

use super::Step;
use crate::passage::Passage;
use crate::recognise::{is_header_like, is_token_like};

/// A text with its encoded characters put back.
struct Decoded {
    text: Passage,
    /// The first encoded character: where it stands and what was written.
    position: usize,
    found: String,
    length: usize,
    /// How many there are.
    count: usize,
}

/// Puts back what `read` finds encoded at a place: the character (none where nothing belongs there) and how
/// many characters stand for it. None where nothing is encoded.
fn decoded(
    passage: &Passage,
    read: impl Fn(&[char], usize) -> Option<(Option<char>, usize)>,
) -> Option<Decoded> {
    let characters: Vec<char> = passage.text().chars().collect();
    let mut text = Passage::empty(passage.whole().start);
    let mut first = None;
    let mut count = 0usize;
    let mut at = 0;
    while at < characters.len() {
        let (c, length) = match read(&characters, at) {
            Some((c, length)) => {
                first.get_or_insert((at, length));
                count += 1;
                (c, length)
            }
            None => (Some(characters[at]), 1),
        };
        if let Some(c) = c {
            text.push_from(c, passage, at..at + length);
        }
        at += length;
    }
    let (position, length) = first?;
    let found = characters[position..position + length].iter().collect();
    Some(Decoded { text, position, found, length, count })
}

impl Decoded {
    /// The fault that its first place shows.
    fn fault(&self, code: Code, passage: &Passage) -> Fault {
        Fault::new(code)
            .with("found", self.found.clone())
            .with("position", self.position)
            .at(passage.span(self.position..self.position + self.length))
    }
}

/// `%2E`, also `%252E`.
pub(crate) fn percent(passage: &Passage) -> Option<Step> {
    let read = |characters: &[char], at| sequence(characters, at).map(|(c, n)| (Some(c), n));
    let decoded = decoded(passage, read)?;
    let fault = decoded.fault(Code::PercentEncoded, passage).with("count", decoded.count);
    // A blank or a line end at the end was encoded along with the token.
    Some(Step::new(fault, decoded.text.trimmed(|c| matches!(c, ' ' | '\r' | '\n' | '\t'))))
}

/// One encoded character: up to four bytes of UTF-8, encoded once or, as `%25…`, twice; or what
/// JavaScript's `escape` writes: `%u002E`.
fn sequence(characters: &[char], at: usize) -> Option<(char, usize)> {
    if let ['%', 'u' | 'U', digits @ ..] = &characters[at..]
        && let Some(c) = digits.get(..4).and_then(hex).and_then(char::from_u32)
    {
        return Some((c, 6));
    }
    let mut bytes = Vec::new();
    let mut length = 0;
    while bytes.len() < 4 {
        let here = at + length;
        let Some((byte, taken)) = encoded_byte(characters, here) else { break };
        bytes.push(byte);
        length += taken;
        if let Ok(text) = std::str::from_utf8(&bytes) {
            return text.chars().next().map(|c| (c, length));
        }
    }
    None
}

fn encoded_byte(characters: &[char], at: usize) -> Option<(u8, usize)> {
    if characters.get(at) != Some(&'%') {
        return None;
    }
    let mut skip = 1;
    // `%252E` is `%2E` encoded again, and so on.
    while characters.get(at + skip) == Some(&'2')
        && characters.get(at + skip + 1) == Some(&'5')
        && characters.get(at + skip + 2).is_some_and(char::is_ascii_hexdigit)
        && characters.get(at + skip + 3).is_some_and(char::is_ascii_hexdigit)
        && skip < 9
    {
        skip += 2;
    }
    let high = characters.get(at + skip)?.to_digit(16)?;
    let low = characters.get(at + skip + 1)?.to_digit(16)?;
    Some((u8::try_from(high * 16 + low).ok()?, skip + 2))
}

/// Literal `\n`, `\u002e`, `\056`, `&amp;`, `&#46;`, `=3D`, `<br>`.
pub(crate) fn escapes(passage: &Passage) -> Option<Step> {
    // An escape for white space or a quote stood for something that is no part of a token.
    let is_part = |c: &char| !c.is_whitespace() && !matches!(c, '"' | '\'');
    let read =
        |characters: &[char], at| escape(characters, at).map(|(c, n)| (c.filter(is_part), n));
    let decoded = decoded(passage, read)?;
    let fault = decoded.fault(Code::EscapeSequence, passage);
    (!decoded.text.is_empty()).then(|| Step::new(fault, decoded.text))
}

/// One escape: the character that it stands for (none for what stands for nothing), and its length.
fn escape(characters: &[char], at: usize) -> Option<(Option<char>, usize)> {
    let rest = &characters[at..];
    match rest.first()? {
        '\\' => backslash(rest),
        '&' => entity(rest),
        '=' => quoted_printable(rest),
        '<' => line_break(rest),
        _ => None,
    }
}

fn hex(characters: &[char]) -> Option<u32> {
    characters.iter().try_fold(0u32, |sum, c| Some((sum << 4) | c.to_digit(16)?))
}

/// `<br>` and `<wbr>`, as a page shows a line end and where a word may be broken.
fn line_break(rest: &[char]) -> Option<(Option<char>, usize)> {
    let end = rest.iter().take(8).position(|c| *c == '>')?;
    let tag: String = rest[1..end].iter().collect::<String>().to_ascii_lowercase();
    matches!(tag.trim_end_matches(['/', ' ']), "br" | "wbr").then_some((None, end + 1))
}

/// Three octal digits, as `printf` and C write what a token may hold: `\056`.
fn octal(digits: &[char]) -> Option<char> {
    let value = digits.get(..3)?.iter().try_fold(0u32, |sum, c| Some(sum * 8 + c.to_digit(8)?))?;
    char::from_u32(value).filter(|c| ".-_=\"'".contains(*c) || c.is_ascii_whitespace())
}

fn backslash(rest: &[char]) -> Option<(Option<char>, usize)> {
    // Escaped several times over, the backslashes double.
    let slashes = rest.iter().take(16).take_while(|c| **c == '\\').count();
    let c = *rest.get(slashes)?;
    let behind = slashes + 1;
    Some(match c {
        'n' | 'r' | 't' if !continues(rest, behind) => (None, behind),
        'u' if rest.get(behind) == Some(&'{') => {
            let end = rest.iter().skip(behind).take(9).position(|c| *c == '}')? + behind;
            (char::from_u32(hex(&rest[behind + 1..end])?), end + 1)
        }
        'u' => (char::from_u32(hex(rest.get(behind..behind + 4)?)?), behind + 4),
        'U' => (char::from_u32(hex(rest.get(behind..behind + 8)?)?), behind + 8),
        'x' => (char::from_u32(hex(rest.get(behind..behind + 2)?)?), behind + 2),
        '0' | '1' if octal(&rest[slashes..]).is_some() => (octal(&rest[slashes..]), slashes + 3),
        c if !c.is_alphanumeric() => (Some(c), behind),
        // Behind a backslash these are line ends even in the middle of a token.
        'n' | 'r' | 't' => (None, behind),
        c => (Some(c), behind),
    })
}

/// Whether a token's characters go on behind this place.
fn continues(rest: &[char], at: usize) -> bool {
    rest.get(at).is_some_and(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c))
}

fn entity(rest: &[char]) -> Option<(Option<char>, usize)> {
    let end = rest.iter().take(12).position(|c| *c == ';')?;
    let name: String = rest[1..end].iter().collect();
    let c = match name.as_str() {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "period" => '.',
        "lowbar" | "UnderBar" => '_',
        "hyphen" | "dash" => '-',
        "equals" => '=',
        "plus" => '+',
        "sol" => '/',
        "ndash" => '–',
        "mdash" => '—',
        "minus" => '−',
        "hellip" => '…',
        "ensp" | "emsp" | "thinsp" => ' ',
        "lsquo" | "rsquo" => '\'',
        "ldquo" | "rdquo" => '"',
        "lpar" => '(',
        "rpar" => ')',
        "shy" | "zwnj" | "zwj" | "lrm" | "rlm" => return Some((None, end + 1)),
        number => {
            let number = number.strip_prefix('#')?;
            let value = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(value)?
        }
    };
    Some((Some(c), end + 1))
}

/// RFC 2045 §6.7: `=2E`, and `=` before a line end. Two digits behind padding are met nowhere else.
fn quoted_printable(rest: &[char]) -> Option<(Option<char>, usize)> {
    match (rest.get(1), rest.get(2)) {
        (Some('\r'), Some('\n')) => Some((None, 3)),
        (Some('\n'), _) => Some((None, 2)),
        (Some(high), Some(low)) => {
            let upper = |c: &char| c.is_ascii_digit() || ('A'..='F').contains(c);
            if !upper(high) || !upper(low) {
                return None;
            }
            let c = char::from_u32(hex(&[*high, *low])?)?;
            // Only what a token may hold, and what was put around it.
            ("=.-_+/\"'".contains(c) || c.is_ascii_whitespace()).then_some((Some(c), 3))
        }
        _ => None,
    }
}

/// Whether a text is a token that was encoded so many times at most.
fn is_encoded_again(text: &str, times: u8) -> bool {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let decoded = match compact.contains('.') {
        true => None,
        false => crate::shape::decode(&compact).and_then(|bytes| String::from_utf8(bytes).ok()),
    };
    decoded.is_some_and(|inner| {
        is_token_like(&inner) || (times > 1 && is_encoded_again(&inner, times - 1))
    })
}

/// Bytes as text, and how many make a letter: what .NET calls Unicode has a zero beside each.
fn text_of(bytes: Vec<u8>) -> Option<(String, usize)> {
    let wide =
        bytes.len().is_multiple_of(2) && bytes.iter().skip(1).step_by(2).all(|byte| *byte == 0);
    let width = if wide { 2 } else { 1 };
    Some((String::from_utf8(bytes.into_iter().step_by(width).collect()).ok()?, width))
}

/// The whole token encoded once more.
pub(crate) fn base64(passage: &Passage) -> Option<Step> {
    let text = passage.text();
    if text.contains('.') || text.len() < 24 {
        return None;
    }
    // Something of the surrounding text behind it is seen before what it encodes.
    let digit = |c: char| c.is_ascii_alphanumeric() || "+/-_=".contains(c);
    let end = text.trim_end_matches(|c| !digit(c)).len();
    if end < text.len() {
        base64(&passage.bytes(0..end))?;
        return Some(super::extent::cut(passage, end));
    }
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (decoded, width) = text_of(crate::shape::decode(&compact)?)?;
    let begins = decoded.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    let inner = begins
        .get(..7)
        .filter(|head| head.eq_ignore_ascii_case("bearer "))
        .map_or(begins, |_| &begins[7..]);
    let speaks = is_header_like(inner)
        || (decoded.contains("access_token") && decoded.contains("ey"))
        || is_encoded_again(inner, 3)
        || crate::opaque::recognise(decoded.trim()).is_some();
    if !speaks || decoded.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        return None;
    }
    let count = passage.len();
    let mut out = Passage::empty(passage.whole().start);
    let mut byte = 0;
    for c in decoded.chars() {
        // Four characters carry three bytes.
        let first = byte * 4 / 3;
        byte += c.len_utf8() * width;
        let last = (byte * 4).div_ceil(3);
        out.push_from(c, passage, first.min(count)..last.min(count));
    }
    let fault = Fault::new(Code::Base64OfToken).at(passage.whole());
    // `echo TOKEN | base64` encodes the line end as well.
    Some(Step::new(fault, out.trimmed(|c| matches!(c, '\n' | '\r'))))
}
