//! The HMAC holds with another spelling of the given secret: decoded, trimmed, mangled by a shell.
//!
//! Says which spelling, never the secret.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use claviger_token::{Code, Fact, Fault, base64url};
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use serde_json::Value;

use super::{Explained, SIGNATURE};
use crate::bench::{Bench, Subject, is_mac};
use crate::passage::Passage;

/// A spelling of a secret.
struct Spelling {
    code: Code,
    bytes: Vec<u8>,
    said: String,
}

pub(crate) fn spelling(bench: &Bench<'_>, subject: &Subject<'_>, _: &Passage) -> Option<Explained> {
    let algorithm = subject.algorithm.filter(|algorithm| algorithm.is_symmetric())?;
    let fits = |bytes: &[u8]| is_mac(algorithm, bytes, subject.input(), subject.signature());
    let found = bench.surroundings.secrets.iter().find_map(|secret| find(&secret.bytes, &fits))?;
    let fault = Fault::new(found.code)
        .with("alg", algorithm.name())
        .with("reason", Fact::Words(found.said));
    Some(Explained { explains: SIGNATURE, ..Explained::of(fault) })
}

/// The longest secret that is spelled anew, in bytes: each spelling is a copy.
const LONGEST: usize = 8 * 1024;
/// The longest that is spelled anew twice: no secret is longer, and all pairs of steps are tried.
const LONGEST_TWICE: usize = 1024;
/// The shortest part of a secret that counts as one.
const SHORTEST_PART: usize = 8;

/// The first spelling that fits: of one step, of two, or a part of the secret.
fn find(secret: &[u8], fits: &dyn Fn(&[u8]) -> bool) -> Option<Spelling> {
    // No secret is that long; what is has not been mangled by a shell.
    if secret.len() > LONGEST {
        return None;
    }
    let all = single(secret);
    if let Some(nth) = all.iter().position(|one| one.bytes != secret && fits(&one.bytes)) {
        return all.into_iter().nth(nth);
    }
    if secret.len() > LONGEST_TWICE {
        return None;
    }
    for first in all.iter().filter(|first| !first.bytes.is_empty() && first.bytes != secret) {
        // What is left empty by two steps is an empty secret, and no spelling of this one.
        let again = single(&first.bytes)
            .into_iter()
            .find(|again| again.bytes != secret && !again.bytes.is_empty() && fits(&again.bytes));
        if let Some(again) = again {
            let mangled = [first.code, again.code].contains(&Code::SecretMangled);
            return Some(Spelling {
                code: if mangled { Code::SecretMangled } else { Code::SecretEncoding },
                said: format!("{}, then {}", first.said, again.said),
                ..again
            });
        }
    }
    let parts = (SHORTEST_PART..secret.len()).rev();
    let part = parts.flat_map(|length| [&secret[..length], &secret[secret.len() - length..]]);
    let (part, said) =
        part.zip(["its beginning", "its end"].into_iter().cycle()).find(|(part, _)| fits(part))?;
    let said = format!("{said} alone, {} of {} bytes", part.len(), secret.len());
    Some(Spelling { code: Code::SecretMangled, bytes: part.to_vec(), said })
}

fn single(secret: &[u8]) -> Vec<Spelling> {
    let mut all = Vec::new();
    let mut add = |code, bytes: Vec<u8>, said: &str| {
        all.push(Spelling { code, bytes, said: said.to_owned() });
    };
    use Code::{SecretEncoding as Encoding, SecretMangled as Mangled};
    add(Encoding, secret.trim_ascii().to_vec(), "without the white space at its ends");
    for end in ["\n", "\r\n", " ", "\0"] {
        add(Encoding, [secret, end.as_bytes()].concat(), "with a line end or blank behind it");
    }
    if let Some(rest) = secret.strip_suffix(b"\0") {
        add(Encoding, rest.to_vec(), "without the zero byte behind it");
    }
    if let Some(text) = utf16(secret) {
        add(Encoding, text.trim().as_bytes().to_vec(), "decoded from UTF-16");
    }
    if let Some(rest) = secret.strip_prefix(b"\xEF\xBB\xBF") {
        add(Encoding, rest.to_vec(), "without the byte order mark before it");
    }
    for (said, bytes) in [
        ("base64-encoded", STANDARD.encode(secret)),
        ("base64-encoded", STANDARD_NO_PAD.encode(secret)),
        ("base64url-encoded", URL_SAFE.encode(secret)),
        ("base64url-encoded", URL_SAFE_NO_PAD.encode(secret)),
        ("base32-encoded", base32_encoded(secret)),
        ("hex-encoded", hex(secret)),
        ("hex-encoded", hex(secret).to_uppercase()),
    ] {
        add(Encoding, bytes.into_bytes(), said);
    }
    for columns in [64, 76] {
        let lines: Vec<String> = STANDARD
            .encode(secret)
            .as_bytes()
            .chunks(columns)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        add(Encoding, lines.join("\n").into_bytes(), "base64-encoded in several lines");
    }
    let latin: String = secret.iter().copied().map(char::from).collect();
    if !secret.is_ascii() {
        add(Encoding, latin.into_bytes(), "read as Latin-1 and written as UTF-8");
    }
    let Ok(text) = std::str::from_utf8(secret) else { return all };
    let unseen = |c: char| c.is_whitespace() || ('\u{200B}'..='\u{200F}').contains(&c);
    let seen = text.trim_matches(|c| unseen(c) || matches!(c, '\u{FEFF}' | '\u{2060}' | '\0'));
    add(Encoding, seen.as_bytes().to_vec(), "without what is not seen at its ends");
    let close: String = text.split_whitespace().collect();
    add(Mangled, close.into_bytes(), "without the blanks in it");
    if let Some(bytes) = crate::shape::decode(&text.split_ascii_whitespace().collect::<String>()) {
        add(Encoding, bytes, "decoded from base64");
    }
    // Laravel's `base64:…` and its like.
    if let Some((_, rest)) = text.trim().split_once(':')
        && let Some(bytes) = named_encoding(text, rest)
    {
        add(Encoding, bytes, "decoded as its prefix says");
    }
    if let Some(bytes) = of_jwk(text) {
        add(Encoding, bytes, "taken out of the JWK that the file holds");
    }
    if let Some(bytes) = unhex(text) {
        add(Encoding, bytes, "decoded from hexadecimal");
    }
    if let Some(bytes) = base32(text) {
        add(Encoding, bytes, "decoded from base32");
    }
    for wide in [u16::to_le_bytes, u16::to_be_bytes] {
        add(Encoding, text.encode_utf16().flat_map(wide).collect(), "as UTF-16");
    }
    if text.chars().all(|c| u32::from(c) < 256) && !text.is_ascii() {
        add(Encoding, text.chars().map(|c| c as u8).collect(), "as Latin-1");
    }
    if !text.is_ascii() {
        // `é` is one character or two; what types, pastes and saves a text decides which (UAX #15).
        let composed = ComposingNormalizerBorrowed::new_nfc().normalize(text);
        add(Encoding, composed.into_owned().into_bytes(), "in Unicode's composed form (NFC)");
        let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(text);
        add(Encoding, decomposed.into_owned().into_bytes(), "in Unicode's decomposed form (NFD)");
    }
    add(Encoding, text.to_lowercase().into_bytes(), "in lower case");
    add(Encoding, text.to_uppercase().into_bytes(), "in upper case");
    let percent = crate::peel::percent_decoded(&Passage::plain(text, 0));
    add(Encoding, percent.text().as_bytes().to_vec(), "percent-decoded");
    add(Encoding, percent_encoded(text).into_bytes(), "percent-encoded");

    // What shells, .env readers, compose files and ini readers do to a text.
    for quote in ['"', '\'', '`'] {
        let inner = text.trim_end().strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner {
            add(Mangled, inner.as_bytes().to_vec(), "without the quotes around it");
        }
        add(Mangled, format!("{quote}{text}{quote}").into_bytes(), "with quotes around it");
    }
    for line in std::iter::once(text).chain(text.lines().map(str::trim)).take(MOST_LINES) {
        if let Some(value) = assigned(line) {
            add(Mangled, value.as_bytes().to_vec(), "without the variable's name before it");
        }
        add(Mangled, line.as_bytes().to_vec(), "one of its lines alone");
    }
    for (open, close) in [('<', '>'), ('{', '}'), ('[', ']'), ('(', ')')] {
        if let Some(inner) =
            text.trim().strip_prefix(open).and_then(|rest| rest.strip_suffix(close))
        {
            add(Mangled, inner.as_bytes().to_vec(), "without the brackets around it");
        }
    }
    add(Mangled, text.repeat(2).into_bytes(), "twice, as if it had been pasted two times");
    for value in of_members(text) {
        add(Encoding, value.into_bytes(), "taken out of the JSON that the file holds");
    }
    let bare = text.trim_end();
    if let Some(rest) = bare.strip_suffix(',').or_else(|| bare.strip_suffix(';')) {
        add(Mangled, rest.as_bytes().to_vec(), "without the comma or semicolon behind it");
    }
    add(
        Mangled,
        expanded(text, false).into_bytes(),
        "with `$…` expanded to nothing, as a shell or compose file does",
    );
    add(
        Mangled,
        expanded(text, true).into_bytes(),
        "with `$…` expanded to nothing, as readers of .env files do",
    );
    add(Mangled, without_commands(text).into_bytes(), "with a command between backticks run");
    add(Mangled, text.replace("$$", "$").into_bytes(), "with `$$` read as `$`");
    add(Mangled, text.replace('$', "$$").into_bytes(), "with `$` doubled");
    add(Mangled, text.replace('$', "\\$").into_bytes(), "with a backslash before `$`");
    add(Mangled, before(text, '$'), "cut at the first `$`");
    add(Mangled, before(text, '#'), "cut at `#`, which starts a comment");
    if let Some(at) = text.find(" #") {
        add(
            Mangled,
            text[..at].trim_end().as_bytes().to_vec(),
            "cut at ` #`, which starts a comment",
        );
    }
    add(Mangled, text.replace('\\', "").into_bytes(), "with its backslashes eaten");
    add(Mangled, text.replace("\\\\", "\\").into_bytes(), "with doubled backslashes halved");
    add(Mangled, text.replace('\\', "\\\\").into_bytes(), "with its backslashes doubled");
    add(Mangled, unescaped(text).into_bytes(), "with its backslash escapes read");
    add(Mangled, text.replace("%%", "%").into_bytes(), "with `%%` read as `%`");
    add(Mangled, text.replace('%', "%%").into_bytes(), "with `%` doubled");
    add(Mangled, before(text, ' '), "cut at the first blank");
    add(Mangled, before(text, ';'), "cut at the first `;`");
    add(Mangled, before(text, '&'), "cut at the first `&`");
    add(Mangled, before(text, '\0'), "cut at a zero byte");
    add(Mangled, text.replace('+', " ").into_bytes(), "with `+` read as a blank");
    add(Mangled, text.replace(['"', '\''], "").into_bytes(), "with all quotes removed");
    add(
        Mangled,
        text.replace(['"', '\'', '\\'], "").into_bytes(),
        "with all quotes and backslashes removed",
    );
    add(
        Mangled,
        expanded(&unescaped(text), false).into_bytes(),
        "expanded as a shell does in double quotes",
    );
    add(
        Mangled,
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").into_bytes(),
        "escaped for HTML",
    );
    add(
        Mangled,
        text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").into_bytes(),
        "unescaped from HTML",
    );
    if let Ok(json) = serde_json::to_string(text) {
        add(Mangled, json.as_bytes()[1..json.len() - 1].to_vec(), "escaped for JSON");
    }
    add(Mangled, text.replace('!', "\\!").into_bytes(), "with a backslash before `!`");
    all
}

/// The most lines, or members, of a file that are taken for the secret.
const MOST_LINES: usize = 16;

fn before(text: &str, c: char) -> Vec<u8> {
    text.split(c).next().unwrap_or_default().as_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let text: String =
        text.strip_prefix("0x").unwrap_or(text).split([':', '-', ' ', '\n', '\r']).collect();
    if text.is_empty() || !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

/// The rest behind `base64:` or `hex:`, decoded.
fn named_encoding(text: &str, rest: &str) -> Option<Vec<u8>> {
    let name = text.trim_start().to_ascii_lowercase();
    if name.starts_with("hex:") {
        return unhex(rest);
    }
    (name.starts_with("base64") || name.starts_with("b64:"))
        .then(|| crate::shape::decode(rest.trim()))
        .flatten()
}

/// The key of an `oct` JWK, alone or first in a set (RFC 7518 §6.4).
fn of_jwk(text: &str) -> Option<Vec<u8>> {
    let value: Value = serde_json::from_str(text).ok()?;
    let jwk = value.get("keys").and_then(|keys| keys.get(0)).unwrap_or(&value);
    base64url::decode(jwk.get("k")?.as_str()?).ok()
}

/// What is assigned in `NAME=value` (.env), `name: value` (YAML) or `a.name=value` (properties).
fn assigned(text: &str) -> Option<&str> {
    let plain = |name: &str| {
        let name = name.trim().trim_start_matches("export ").trim_matches(['"', '\'']);
        !name.is_empty()
            && name.len() <= 64
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
    };
    let (name, value) = text.split_once('=').filter(|(name, _)| plain(name)).or_else(|| {
        // Without the blank it may be any secret with a colon in it.
        text.split_once(": ").filter(|(name, _)| plain(name))
    })?;
    (!value.trim().is_empty() && plain(name)).then(|| value.trim())
}

/// The texts in a JSON object, at any depth.
fn of_members(text: &str) -> Vec<String> {
    fn collect(value: Value, texts: &mut Vec<String>) {
        match value {
            Value::String(text) => texts.push(text),
            Value::Object(members) => members.into_iter().for_each(|(_, one)| collect(one, texts)),
            Value::Array(list) => list.into_iter().for_each(|one| collect(one, texts)),
            _ => {}
        }
    }
    let mut texts = Vec::new();
    if let Ok(value @ (Value::Object(_) | Value::String(_))) = serde_json::from_str(text) {
        collect(value, &mut texts);
    }
    texts.truncate(MOST_LINES);
    texts
}

/// A text without what stands between backticks.
fn without_commands(text: &str) -> String {
    text.split('`').step_by(2).collect()
}

/// A file that an editor or PowerShell wrote as UTF-16.
fn utf16(bytes: &[u8]) -> Option<String> {
    let units = |body: &[u8], read: fn([u8; 2]) -> u16| -> Vec<u16> {
        body.chunks_exact(2).map(|pair| read([pair[0], pair[1]])).collect()
    };
    let units = match bytes {
        [0xFF, 0xFE, body @ ..] => units(body, u16::from_le_bytes),
        [0xFE, 0xFF, body @ ..] => units(body, u16::from_be_bytes),
        [first, 0, ..] if *first != 0 => units(bytes, u16::from_le_bytes),
        [0, second, ..] if *second != 0 => units(bytes, u16::from_be_bytes),
        _ => return None,
    };
    String::from_utf16(&units).ok()
}

/// As `encodeURIComponent` writes it.
fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn base32_encoded(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::new();
    for chunk in bytes.chunks(5) {
        let bits = (0..5).fold(0u64, |bits, nth| {
            bits << 8 | u64::from(chunk.get(nth).copied().unwrap_or_default())
        });
        let written = (chunk.len() * 8).div_ceil(5);
        for nth in 0..8 {
            let letter = ALPHABET[(bits >> (35 - 5 * nth) & 31) as usize];
            out.push(if nth < written { char::from(letter) } else { '=' });
        }
    }
    out
}

/// RFC 4648 §6, as authenticator secrets are written.
fn base32(text: &str) -> Option<Vec<u8>> {
    let text = text.trim().trim_end_matches('=');
    if text.len() < 16 {
        return None;
    }
    let (mut bits, mut held, mut out) = (0u32, 0u32, Vec::new());
    for c in text.chars() {
        let value = match c {
            'A'..='Z' => u32::from(c) - u32::from('A'),
            'a'..='z' => u32::from(c) - u32::from('a'),
            '2'..='7' => u32::from(c) - u32::from('2') + 26,
            _ => return None,
        };
        held = (held << 5 | value) & 0xFFFF;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits & 0xFF) as u8);
        }
    }
    Some(out)
}

/// `$name` and `${name}` expanded to nothing, `${name:-default}` to its default. For a shell `$1` is a
/// name of one character; readers of .env files take any letters and `digits`.
fn expanded(text: &str, digits: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let skip = if let Some(inner) = behind.strip_prefix('{') {
            inner.find('}').map(|end| {
                let default =
                    inner[..end].split_once(":-").or_else(|| inner[..end].split_once('-'));
                out.push_str(default.map_or("", |(_, default)| default));
                end + 2
            })
        } else {
            let name = behind
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .unwrap_or(behind.len());
            match behind.chars().next() {
                // `$1`, `$$`, `$!`: one character.
                Some(c) if !digits && c.is_ascii_digit() => Some(1),
                Some(c) if "$!?#*@-".contains(c) => Some(1),
                _ => (name > 0).then_some(name),
            }
        };
        match skip {
            Some(skip) => rest = &behind[skip..],
            None => {
                out.push('$');
                rest = behind;
            }
        }
    }
    out.push_str(rest);
    out
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match characters.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_do_to_a_secret_is_undone() {
        for (given, used) in [
            ("abc\n", "abc"),
            ("abc", "abc\n"),
            ("\"abc\"", "abc"),
            ("a$bc/d", "a/d"),
            ("a${x}b", "ab"),
            ("a$$b", "a$b"),
            ("ab#cd", "ab"),
            ("ab #cd", "ab"),
            ("a\\b", "ab"),
            ("a\\nb", "a\nb"),
            ("a%%b", "a%b"),
            ("616263", "abc"),
            ("YWJj", "abc"),
            ("abc", "YWJj"),
            ("abc", "616263"),
            ("JWT_SECRET=abc", "abc"),
            ("\"YWJj\"\n", "abc"),
            ("61:62:63", "abc"),
            ("base64:YWJj", "abc"),
            ("hex:616263", "abc"),
            ("{\"kty\":\"oct\",\"k\":\"YWJj\"}", "abc"),
            ("\u{0}a\u{0}b", "ab"),
            ("a\u{0}b\u{0}\n\u{0}", "ab"),
            ("abc\u{0}", "abc"),
            ("abc,", "abc"),
            ("a+b", "a%2Bb"),
            ("a${X:-y}b", "ayb"),
            ("a$1xy-b", "a-b"),
            ("a$1xy-b", "axy-b"),
            ("a`date`b", "ab"),
            ("secret: abc", "abc"),
            ("JWT_SECRET: \"abc\"", "abc"),
            ("jwt.secret=abc", "abc"),
            ("{\"secret\":\"abc\"}", "abc"),
            ("abc", "YWJjCg=="),
            ("abc", "YWJj\n"),
            ("abc", "MFRGG==="),
            ("abc\\n", "abc"),
            ("\u{A0}abc\u{200B}", "abc"),
            ("A=1\nJWT_SECRET=abc\nB=2", "abc"),
            ("data:\n  secret: YWJj\n", "abc"),
            ("{\"jwt\":{\"secret\":\"abc\"}}", "abc"),
            ("# the secret\nabc\n", "abc"),
            ("<abc>", "abc"),
            ("abc", "abcabc"),
            ("ab c", "abc"),
            ("abcdefgh@ij", "abcdefgh"),
            ("zz|abcdefgh", "abcdefgh"),
        ] {
            let found = find(given.as_bytes(), &|bytes| bytes == used.as_bytes());
            assert!(found.is_some(), "{given:?} {used:?}");
        }
        for (given, used) in [("abc", "abc"), ("abcdefghij", "abcdefg"), ("a b", "")] {
            let found = find(given.as_bytes(), &|bytes| bytes == used.as_bytes());
            assert!(found.is_none(), "{given:?} {used:?}");
        }
    }
}
