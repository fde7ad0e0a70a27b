//! The signature covers another text than `header.payload` as sent (RFC 7515 §5.1 step 5).
//!
//! Decides which of the usual other texts was signed: the decoded JSON, padded segments, claims
//! serialised anew, a hash of the input.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use claviger_token::{Code, Fact, Fault, Part, base64url};
use serde_json::{Map, Value};

use super::Explained;
use crate::bench::{Bench, Subject};
use crate::passage::Passage;

pub(crate) fn covered(bench: &Bench<'_>, subject: &Subject<'_>, _: &Passage) -> Option<Explained> {
    let algorithm = subject.algorithm?;
    let variants = variants(subject);
    let blocks = subject.blocks(bench);
    // With the digest in hand, a hash tells; without, every key is asked.
    let said = if blocks.is_empty() {
        let keys = bench.keys_for(algorithm, subject.kid.as_deref());
        variants.iter().find(|(message, _)| {
            keys.iter()
                .take(4)
                .any(|key| bench.verifies(key, algorithm, message, subject.signature()))
        })
    } else {
        variants.iter().find(|(message, _)| blocks.iter().any(|(_, block)| block.covers(message)))
    };
    let (_, said) = said?;
    let fault = Fault::new(Code::SigningInput)
        .with("reason", Fact::Words((*said).to_owned()))
        .at(subject.token.segment(Part::Signature));
    Some(Explained::of(fault))
}

/// A form of writing JSON.
type Style = fn(&Value) -> String;

fn variants(subject: &Subject<'_>) -> Vec<(Vec<u8>, &'static str)> {
    let token = subject.token;
    let (header, payload) = (token.header_bytes(), token.payload_bytes());
    let input = token.signing_input();
    let (first, second) = input.split_once('.').unwrap_or((input, ""));
    let join = |left: &[u8], dot: &[u8], right: &[u8]| [left, dot, right].concat();
    let text = |left: String, right: String| format!("{left}.{right}").into_bytes();
    let mut all: Vec<(Vec<u8>, &'static str)> = vec![
        (join(header, b".", payload), "the decoded JSON of both, with a dot between them"),
        (join(header, b"", payload), "the decoded JSON of both, one behind the other"),
        (payload.to_vec(), "the decoded JSON of the payload alone"),
        (header.to_vec(), "the decoded JSON of the header alone"),
        (second.as_bytes().to_vec(), "the payload's segment alone"),
        (first.as_bytes().to_vec(), "the header's segment alone"),
        (format!("{first}{second}").into_bytes(), "both segments without the dot"),
        (format!("{second}.{first}").into_bytes(), "the segments in reverse order"),
        (format!("{input}.").into_bytes(), "both segments and a second dot"),
        (format!("{input}\n").into_bytes(), "both segments and a line end"),
        (format!("{input}\r\n").into_bytes(), "both segments and a line end"),
        (format!("{input} ").into_bytes(), "both segments and a blank"),
        (format!("Bearer {input}").into_bytes(), "both segments with the scheme before them"),
        (format!("{first}:{second}").into_bytes(), "both segments with a colon between them"),
        (format!("{first}.").into_bytes(), "the header's segment and a dot: a detached payload"),
        (join(header, b"\n", payload), "the decoded JSON of both, with a line end between them"),
        (
            base64url::encode(join(header, b".", payload)).into_bytes(),
            "the decoded JSON of both, encoded as one",
        ),
        (text(first.to_owned(), URL_SAFE.encode(payload)), "the payload's segment with padding"),
        (text(URL_SAFE.encode(header), second.to_owned()), "the header's segment with padding"),
        (URL_SAFE.encode(payload).into_bytes(), "the payload's segment alone, with padding"),
        (format!("{first}. {second}").into_bytes(), "both segments with a blank behind the dot"),
        (format!("{first}\n{second}").into_bytes(), "both segments with a line end between them"),
        (join(first.as_bytes(), b".", payload), "the header's segment and the decoded payload"),
        (join(header, b".", second.as_bytes()), "the decoded header and the payload's segment"),
        (text(URL_SAFE.encode(header), URL_SAFE.encode(payload)), "the segments with padding"),
        (
            text(STANDARD.encode(header), STANDARD.encode(payload)),
            "the segments in standard base64, padded",
        ),
        (
            text(STANDARD_NO_PAD.encode(header), STANDARD_NO_PAD.encode(payload)),
            "the segments in standard base64",
        ),
        (text(hex(header), hex(payload)), "both in hexadecimal"),
        (input.to_lowercase().into_bytes(), "the segments in lower case"),
        (base64url::encode(input).into_bytes(), "the input encoded once more"),
        (input.encode_utf16().flat_map(u16::to_le_bytes).collect(), "the input as UTF-16"),
    ];
    for hash in [&digest::SHA256, &digest::SHA384, &digest::SHA512] {
        let digest = digest::digest(hash, input.as_bytes());
        all.push((digest.as_ref().to_vec(), "a hash of the input in place of the input"));
        all.push((hex(digest.as_ref()).into_bytes(), "a hash of the input, in hexadecimal"));
        all.push((base64url::encode(digest).into_bytes(), "a hash of the input, in base64url"));
    }
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok().filter(Value::is_object);
    if let (Some(header_json), Some(payload_json)) = (read(header), read(payload)) {
        const STYLES: &[(Style, &str)] = &[
            (|value| value.to_string(), "JSON serialised anew, without blanks"),
            (spaced, "JSON serialised anew, with blanks"),
            (|value| sorted(value).to_string(), "JSON serialised anew, its members sorted"),
            (|value| spaced(&sorted(value)), "JSON serialised anew, sorted and with blanks"),
            (
                |value| value.to_string().replace('/', "\\/"),
                "JSON serialised anew, with escaped slashes",
            ),
            (
                |value| value.to_string().replace("\\/", "/"),
                "JSON serialised anew, without escaped slashes",
            ),
            (|value| ascii(&value.to_string()), "JSON serialised anew, in ASCII alone"),
            (
                |value| ascii(&spaced(value)),
                "JSON serialised anew, with blanks and in ASCII alone (Python's default)",
            ),
            (
                |value| ascii(&sorted(value).to_string()),
                "JSON serialised anew, sorted and in ASCII alone",
            ),
            (
                |value| ascii(&value.to_string()).replace('/', "\\/"),
                "JSON serialised anew, with escaped slashes and in ASCII alone (PHP's default)",
            ),
            (
                |value| serde_json::to_string_pretty(value).unwrap_or_default(),
                "JSON serialised anew, indented",
            ),
            (|value| indented(value, b"    "), "JSON serialised anew, indented by four"),
            (|value| indented(value, b"\t"), "JSON serialised anew, indented by tabs"),
        ];
        for (style, said) in STYLES {
            let (left, right) = (style(&header_json), style(&payload_json));
            let parts = [
                (base64url::encode(&left), base64url::encode(&right)),
                (first.to_owned(), base64url::encode(&right)),
                (base64url::encode(&left), second.to_owned()),
                (left.clone(), right.clone()),
            ];
            all.extend(parts.into_iter().map(|(left, right)| (text(left, right), *said)));
            all.push((right.into_bytes(), *said));
        }
    }
    if let Some(header) = read(header) {
        // A header that is one character away was mistyped: the search of single edits shows where.
        all.extend(other_headers(&header).into_iter().filter_map(|(header, said)| {
            let other = base64url::encode(header.to_string());
            let mistyped = super::character::is_one_edit(first, &other);
            (!mistyped).then(|| (text(other, second.to_owned()), said))
        }));
    }
    let mut seen: Vec<Vec<u8>> = vec![input.as_bytes().to_vec()];
    all.retain(|(message, _)| {
        let new = !seen.contains(message);
        if new {
            seen.push(message.clone());
        }
        new
    });
    all
}

/// More members would be too many orders.
const MOST_MEMBERS: usize = 4;

/// The header as it may have been when it was signed: in another order, without a member, of another type.
fn other_headers(header: &Value) -> Vec<(Value, &'static str)> {
    let Some(members) = header.as_object() else { return Vec::new() };
    let all: Vec<(String, Value)> =
        members.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut sets = vec![(all.clone(), "the header with its members in another order")];
    for (name, _) in &all {
        let rest = all.iter().filter(|(other, _)| other != name).cloned().collect();
        sets.push((rest, "the header without one of its members"));
    }
    for typ in ["JWT", "at+jwt", "jwt"] {
        let mut other: Vec<_> = all.iter().filter(|(name, _)| name != "typ").cloned().collect();
        other.push(("typ".to_owned(), Value::from(typ)));
        sets.push((other, "the header with another `typ`"));
    }
    sets.retain(|(set, _)| set.len() <= MOST_MEMBERS);
    let in_order = |(set, said): (Vec<(String, Value)>, &'static str)| {
        orders(&set)
            .into_iter()
            .map(move |order| (Value::Object(order.into_iter().collect()), said))
    };
    sets.into_iter().flat_map(in_order).collect()
}

/// All orders of a few members.
fn orders(members: &[(String, Value)]) -> Vec<Vec<(String, Value)>> {
    let mut all = vec![Vec::new()];
    for (nth, member) in members.iter().enumerate() {
        let longer = |order: &Vec<(String, Value)>| {
            (0..=nth)
                .map(|at| {
                    let mut order = order.clone();
                    order.insert(at, member.clone());
                    order
                })
                .collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort();
            let sorted: Map<String, Value> =
                names.into_iter().map(|name| (name.clone(), sorted(&members[name]))).collect();
            Value::Object(sorted)
        }
        Value::Array(list) => Value::Array(list.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// `{"a": 1, "b": 2}`.
pub(super) fn spaced(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{}: {}", Value::String(name.clone()), spaced(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Array(list) => {
            format!("[{}]", list.iter().map(spaced).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Over several lines, each step of so many blanks.
fn indented(value: &Value, step: &[u8]) -> String {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(step);
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    match serde::Serialize::serialize(value, &mut serializer) {
        Ok(()) => String::from_utf8(out).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// With `\uXXXX` for what is not ASCII.
fn ascii(json: &str) -> String {
    let mut out = String::new();
    for c in json.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::repair::character::is_one_edit;

    #[test]
    fn one_edit_is_damage() {
        for (one, other, expected) in [
            ("abc", "abd", true),
            ("abc", "ab", true),
            ("abc", "abbc", true),
            ("abcd", "acbd", true),
            ("abc", "abc", false),
            ("abcd", "badc", false),
            ("abc", "a", false),
            ("abc", "xbz", false),
            ("", "a", true),
        ] {
            assert_eq!(is_one_edit(one, other), expected, "{one} {other}");
        }
    }
}
