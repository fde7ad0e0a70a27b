//! The HMAC holds with another spelling of the given secret: decoded, trimmed, mangled by a shell.
//!
//! Says which spelling, never the secret.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use claviger_token::{Code, Fact, Fault, base64url};
use serde_json::Value;

use super::{Explained, SIGNATURE};
use crate::bench::{Bench, Subject, is_mac};
use crate::passage::Passage;

/// A spelling of a secret.
struct Spelling {
    code: Code,
    bytes: Vec<u8>,
    said: &'static str,
}

pub(crate) fn spelling(bench: &Bench<'_>, subject: &Subject<'_>, _: &Passage) -> Option<Explained> {
    let algorithm = subject.algorithm.filter(|algorithm| algorithm.is_symmetric())?;
    for secret in &bench.surroundings.secrets {
        for spelling in spellings(&secret.bytes) {
            if is_mac(algorithm, &spelling.bytes, subject.input(), subject.signature()) {
                let fault = Fault::new(spelling.code)
                    .with("alg", algorithm.name())
                    .with("reason", Fact::Words(spelling.said.to_owned()));
                return Some(Explained { explains: SIGNATURE, ..Explained::of(fault) });
            }
        }
    }
    None
}

/// The longest secret that is spelled anew, in bytes: each spelling is a copy.
const LONGEST: usize = 8 * 1024;

/// All spellings, plain ones first, then two steps together; none of them the secret itself.
fn spellings(secret: &[u8]) -> Vec<Spelling> {
    // No secret is that long; what is has not been mangled by a shell.
    if secret.len() > LONGEST {
        return Vec::new();
    }
    let mut all = single(secret);
    let mut second = Vec::new();
    for first in &all {
        // A trimmed, unquoted or decoded secret may itself be encoded.
        if matches!(first.said, TRIMMED | UNQUOTED | NO_NAME | NO_BOM | LINE_END | NO_COMMA)
            || first.said.starts_with("decoded")
        {
            for mut next in single(&first.bytes) {
                if first.code == Code::SecretMangled {
                    next.code = Code::SecretMangled;
                }
                second.push(next);
            }
        }
    }
    all.extend(second);
    all.retain(|spelling| spelling.bytes != secret);
    all
}

const TRIMMED: &str = "without the white space at its ends";
const UNQUOTED: &str = "without the quotes around it";
const NO_NAME: &str = "without the variable's name before it";
const NO_BOM: &str = "without the byte order mark before it";
const LINE_END: &str = "with a line end or blank behind it";
const NO_COMMA: &str = "without the comma or semicolon behind it";

fn single(secret: &[u8]) -> Vec<Spelling> {
    let mut all = Vec::new();
    let mut add = |code, bytes: Vec<u8>, said| {
        all.push(Spelling { code, bytes, said });
    };
    use Code::{SecretEncoding as Encoding, SecretMangled as Mangled};
    add(Encoding, secret.trim_ascii().to_vec(), TRIMMED);
    for end in ["\n", "\r\n", " ", "\0"] {
        add(Encoding, [secret, end.as_bytes()].concat(), LINE_END);
    }
    if let Some(rest) = secret.strip_suffix(b"\0") {
        add(Encoding, rest.to_vec(), "without the zero byte behind it");
    }
    if let Some(text) = utf16(secret) {
        add(Encoding, text.trim().as_bytes().to_vec(), "decoded from UTF-16");
    }
    if let Some(rest) = secret.strip_prefix(b"\xEF\xBB\xBF") {
        add(Encoding, rest.to_vec(), NO_BOM);
    }
    for (said, bytes) in [
        ("base64-encoded", STANDARD.encode(secret)),
        ("base64-encoded", STANDARD_NO_PAD.encode(secret)),
        ("base64url-encoded", URL_SAFE.encode(secret)),
        ("base64url-encoded", URL_SAFE_NO_PAD.encode(secret)),
        ("hex-encoded", hex(secret)),
        ("hex-encoded", hex(secret).to_uppercase()),
    ] {
        add(Encoding, bytes.into_bytes(), said);
    }
    let Ok(text) = std::str::from_utf8(secret) else { return all };
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
    add(Encoding, text.to_lowercase().into_bytes(), "in lower case");
    add(Encoding, text.to_uppercase().into_bytes(), "in upper case");
    let percent = crate::peel::percent_decoded(&Passage::plain(text, 0));
    add(Encoding, percent.text().as_bytes().to_vec(), "percent-decoded");
    add(Encoding, percent_encoded(text).into_bytes(), "percent-encoded");

    // What shells, .env readers, compose files and ini readers do to a text.
    for quote in ['"', '\'', '`'] {
        let inner = text.trim_end().strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner {
            add(Mangled, inner.as_bytes().to_vec(), UNQUOTED);
        }
        add(Mangled, format!("{quote}{text}{quote}").into_bytes(), "with quotes around it");
    }
    if let Some(value) = assigned(text) {
        add(Mangled, value.as_bytes().to_vec(), NO_NAME);
    }
    for value in of_members(text) {
        add(Encoding, value.into_bytes(), "taken out of the JSON that the file holds");
    }
    let bare = text.trim_end();
    if let Some(rest) = bare.strip_suffix(',').or_else(|| bare.strip_suffix(';')) {
        add(Mangled, rest.as_bytes().to_vec(), NO_COMMA);
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
    add(
        Mangled,
        text.lines().next().unwrap_or_default().as_bytes().to_vec(),
        "its first line alone",
    );
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

/// The texts of a JSON object.
fn of_members(text: &str) -> Vec<String> {
    let Ok(Value::Object(members)) = serde_json::from_str(text) else { return Vec::new() };
    let texts = members.into_iter().filter_map(|(_, value)| match value {
        Value::String(text) => Some(text),
        _ => None,
    });
    texts.take(8).collect()
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
        ] {
            let found = spellings(given.as_bytes());
            assert!(found.iter().any(|one| one.bytes == used.as_bytes()), "{given:?} {used:?}");
        }
        assert!(spellings(b"abc").iter().all(|one| one.bytes != b"abc"));
    }
}
