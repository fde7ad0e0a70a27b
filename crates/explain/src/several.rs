//! Several credentials in one input: the requests of a HAR file, the lines of a log.
//!
//! Decides only where one observation ends and the next begins; each part is an input of its own that
//! `explain` takes. The same credential twice is one part.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::recognise::{self, Input, InputKind, MAX_INPUT_BYTES, har, is_token_like};
use crate::shape;

/// More parts than this are not told apart: each is explained, and a damaged one costs a second.
pub const MAX_PARTS: usize = 32;

/// The longest line that is looked at.
const LONGEST_LINE: usize = recognise::MAX_CREDENTIAL_BYTES;

/// One credential of an input. Its `Debug` shows no text: it holds a token.
pub struct InputPart {
    /// What messages call it: `request 3`, `line 12`.
    pub name: String,
    /// An input of its own.
    pub input: Vec<u8>,
    /// When it was sent, unix seconds, where the input says so.
    pub at: Option<i64>,
}

impl std::fmt::Debug for InputPart {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "InputPart({}, {} bytes)", self.name, self.input.len())
    }
}

/// The credentials of an input, where it holds several different ones; else nothing.
#[must_use]
pub fn parts(input: &[u8]) -> Vec<InputPart> {
    if input.len() > MAX_INPUT_BYTES {
        return Vec::new();
    }
    let read = Input::read(input);
    let found = match recognise::recognise(&read).kind {
        InputKind::Har => of_har(&read.text),
        InputKind::Text => of_lines(&read.text),
        _ => Vec::new(),
    };
    if found.len() < 2 { Vec::new() } else { found }
}

/// The requests with a credential that no earlier one had.
fn of_har(text: &str) -> Vec<InputPart> {
    let text = text.trim_start_matches('\u{FEFF}');
    let Ok(mut har) = serde_json::from_str::<Value>(text) else { return Vec::new() };
    let entries = har.pointer_mut("/log/entries").and_then(Value::as_array_mut);
    let Some(entries) = entries.map(std::mem::take) else { return Vec::new() };
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for (nth, mut entry) in entries.into_iter().enumerate() {
        let Some(credential) = credential(&entry) else { continue };
        if !seen.insert(credential) {
            continue;
        }
        if all.len() == MAX_PARTS {
            break;
        }
        let at = entry.get("startedDateTime").and_then(Value::as_str).and_then(unix);
        let whose = entry.pointer("/request/url").and_then(Value::as_str).map(har::origin);
        let name = match whose {
            Some(origin) => {
                let origin: String = origin.chars().filter(|c| !c.is_control()).take(80).collect();
                format!("request {} to {origin}", nth + 1)
            }
            None => format!("request {}", nth + 1),
        };
        let status = entry.pointer("/response/status").cloned().unwrap_or(Value::Null);
        let request = entry.get_mut("request").map(Value::take).unwrap_or_default();
        let alone = json!({"request": request, "response": {"status": status}});
        let input = json!({"log": {"entries": [alone]}}).to_string().into_bytes();
        all.push(InputPart { name, input, at });
    }
    all
}

/// The value of `Authorization`, or of another header that holds a token.
fn credential(entry: &Value) -> Option<String> {
    let headers = entry.pointer("/request/headers")?.as_array()?;
    let pairs = headers
        .iter()
        .filter_map(|pair| Some((pair.get("name")?.as_str()?, pair.get("value")?.as_str()?)));
    pairs
        .filter(|(name, value)| {
            name.eq_ignore_ascii_case("authorization") || is_token_like(value.trim())
        })
        .map(|(_, value)| value.to_owned())
        .next()
}

/// The lines with a token that no earlier one had.
fn of_lines(text: &str) -> Vec<InputPart> {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for (nth, line) in text.lines().enumerate() {
        if line.len() > LONGEST_LINE || !line.contains("ey") {
            continue;
        }
        let words = line.split(|c: char| !shape::is_token_character(c));
        let Some(word) =
            words.map(|word| word.trim_matches('.')).find(|word| shape::has_three_parts(word))
        else {
            continue;
        };
        if seen.insert(word) {
            if all.len() == MAX_PARTS {
                break;
            }
            let name = format!("line {}", nth + 1);
            all.push(InputPart { name, input: line.as_bytes().to_vec(), at: None });
        }
    }
    all
}

/// `2026-11-18T11:06:40.123Z` or with an offset, as HAR writes it (RFC 3339), in unix seconds.
fn unix(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let digits = text.get(range)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 {
        return None;
    }
    let rest = text.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let offset = match rest.chars().next()? {
        'Z' | 'z' => 0,
        sign @ ('+' | '-') => {
            let at = text.len() - rest.len();
            let minutes = number(at + 1..at + 3)? * 60 + number(at + 4..at + 6)?;
            if sign == '-' { -minutes * 60 } else { minutes * 60 }
        }
        _ => return None,
    };
    // Days since 1970 in the Gregorian calendar; March begins the year, so that leap days end it.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    Some((days - 719_468) * 86_400 + hour * 3600 + minute * 60 + second - offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_a_har_are_read() {
        for (text, expected) in [
            ("2026-11-18T11:06:40.123Z", Some(1_795_000_000)),
            ("2026-11-18T12:06:40+01:00", Some(1_795_000_000)),
            ("2026-11-18T06:36:40-04:30", Some(1_795_000_000)),
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2024-02-29T00:00:00Z", Some(1_709_164_800)),
            ("2026-11-18", None),
            ("2026-11-18T11:06:40", None),
            ("yesterday, é, at noon or so", None),
            ("2026-13-18T11:06:40Z", None),
        ] {
            assert_eq!(unix(text), expected, "{text}");
        }
    }

    #[test]
    fn only_what_holds_several_is_parted() {
        let token = |name: &str| {
            let body = claviger_token::base64url::encode(format!("{{\"sub\":\"{name}\"}}"));
            format!("eyJhbGciOiJFUzI1NiJ9.{body}.c2lnbmF0dXJl")
        };
        let (one, other) = (token("a"), token("b"));
        let log = format!("start\n401 auth=\"Bearer {one}\"\nno token\n401 {one}\n401 {other}\n");
        let names: Vec<String> = parts(log.as_bytes()).into_iter().map(|part| part.name).collect();
        assert_eq!(names, ["line 2", "line 5"]);
        for single in
            [one.clone(), format!("Authorization: Bearer {one}"), format!("x {one}\n{one}")]
        {
            assert!(parts(single.as_bytes()).is_empty(), "{single}");
        }
        let entry = |token: &str| {
            json!({"startedDateTime": "2026-11-18T11:06:40Z", "request": {"method": "GET", "url": "https://h/a?b=c",
                "headers": [{"name": "Authorization", "value": format!("Bearer {token}")}]}, "response": {"status": 401}})
        };
        let har =
            json!({"log": {"entries": [entry(&one), entry(&other), entry(&one), {"request": {}}]}});
        let found = parts(har.to_string().as_bytes());
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].name, "request 2 to https://h");
        assert_eq!(found[1].at, Some(1_795_000_000));
        assert!(!format!("{found:?}").contains("eyJ"));
    }
}
