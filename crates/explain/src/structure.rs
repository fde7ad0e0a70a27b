//! The structure of a compact token: base64url that is almost right, segments that are missing, JSON that is none.
//!
//! Decides what can be read in spite of it, and says what is wrong; whether the signature covers the text
//! as sent or as mended is proven elsewhere (RFC 7515 §2, RFC 4648 §3.5).

use claviger_token::{Code, Fact, Fault, Members, Strictness, base64url, is_unsigned};

use crate::opaque;
use crate::passage::Passage;
use crate::peel::code_point;
use crate::recognise::is_header_like;
use crate::shape;

/// A token whose segments are base64url again.
pub(crate) struct Mended {
    /// As it came.
    pub(crate) given: Passage,
    pub(crate) passage: Passage,
    /// What was mended; spans are over the input.
    pub(crate) faults: Vec<Fault>,
    /// The signing input as it came, where it differs from the mended one.
    pub(crate) as_sent: Option<String>,
}

const PARTS: [&str; 3] = ["header", "payload", "signature"];

/// Undoes padding, the other alphabet and unused bits in each of three segments. `lengths` are those that
/// the signature may have, in characters.
pub(crate) fn canonical(passage: &Passage, lengths: &[usize]) -> Mended {
    let text = passage.text();
    let untouched = Mended {
        given: passage.clone(),
        passage: passage.clone(),
        faults: Vec::new(),
        as_sent: None,
    };
    if text.matches('.').count() != 2 {
        return untouched;
    }
    let mut mended = untouched;
    let mut start = 0;
    for (part, segment) in PARTS.into_iter().zip(text.split('.')) {
        for (code, find) in [
            (Code::Base64Alphabet, segment.find(['+', '/'])),
            (
                Code::Base64Padding,
                segment.find('=').filter(|at| segment[*at..].bytes().all(|b| b == b'=')),
            ),
        ] {
            let Some(at) = find else { continue };
            let position = passage.character_at(start + at);
            let c = segment[at..].chars().next().unwrap_or('=');
            note(&mut mended.faults, code, part, Some(c), position, passage);
        }
        start += segment.len() + 1;
    }
    mended.passage = passage.mapped(|c| match c {
        '+' => '-',
        '/' => '_',
        c => c,
    });
    mended.passage = without_padding(&mended.passage);
    let mut start = 0;
    for (part, segment) in PARTS.into_iter().zip(mended.passage.clone().text().split('.')) {
        if let Err(base64url::NotBase64url::TrailingBits { position }) = base64url::decode(segment)
            && let Some(canonical) = shape::decode(segment).map(base64url::encode)
        {
            let at = mended.passage.character_at(start + position);
            // Where a text was cut, its last bits are no encoder's.
            let cut =
                part == "signature" && !lengths.is_empty() && !lengths.contains(&segment.len());
            // Hexadecimal digits never were base64url.
            let hex = part == "signature" && crate::repair::is_hexadecimal(segment);
            if !cut && !hex {
                note(&mut mended.faults, Code::Base64TrailingBits, part, None, at, &mended.passage);
            }
            if let Some(last) = canonical.get(position..) {
                mended.passage = mended.passage.with_replaced(at..at + 1, last);
            }
        }
        start += segment.len() + 1;
    }
    let input = |text: &str| text.rsplit_once('.').map(|(input, _)| input.to_owned());
    mended.as_sent = input(text).filter(|sent| input(mended.passage.text()).as_ref() != Some(sent));
    mended
}

/// One fault for each code, at its first place.
fn note(
    faults: &mut Vec<Fault>,
    code: Code,
    part: &'static str,
    c: Option<char>,
    position: usize,
    passage: &Passage,
) {
    if faults.iter().any(|fault| fault.code == code) {
        return;
    }
    faults.push(
        Fault::new(code)
            .with("part", Fact::Words(part.to_owned()))
            .with_some("character", c.map(|c| Fact::Words(code_point(c))))
            .with("position", position)
            .at(passage.span(position..position + 1)),
    );
}

fn without_padding(passage: &Passage) -> Passage {
    let mut out = Passage::empty(passage.whole().start);
    let mut nth = 0;
    for (segment_nth, segment) in passage.text().split('.').enumerate() {
        if segment_nth > 0 {
            out.push_from('.', passage, nth..nth + 1);
            nth += 1;
        }
        // `=` counts as padding only at a segment's end.
        let kept = segment.trim_end_matches('=').chars().count();
        for (at, c) in segment.chars().enumerate() {
            if at < kept {
                out.push_from(c, passage, nth..nth + 1);
            }
            nth += 1;
        }
    }
    out
}

/// Letters of one case only, in a text that was base64url: upper and lower carry different bits.
pub(crate) fn case_folded(passage: &Passage) -> Option<Fault> {
    let text = passage.text();
    // A brace with a quote or a blank behind it, or with a line end.
    let begins = text
        .get(..2)
        .is_some_and(|head| ["ey", "ew"].iter().any(|one| head.eq_ignore_ascii_case(one)));
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    if !begins || letters < 24 || !text.contains('.') {
        return None;
    }
    let lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    let upper = !text.bytes().any(|byte| byte.is_ascii_lowercase());
    if !(lower || upper) || shape::header(text).is_some_and(|header| header.get("alg").is_some()) {
        return None;
    }
    let found = if lower { "all lower case" } else { "all upper case" };
    Some(
        Fault::new(Code::CaseFolded)
            .with("found", Fact::Words(found.to_owned()))
            .at(passage.whole()),
    )
}

/// Lengths at which columns, cookies, input fields and headers cut.
const USUAL_LIMITS: &[usize] = &[
    100, 128, 191, 200, 250, 254, 255, 256, 500, 511, 512, 767, 1000, 1023, 1024, 2000, 2047, 2048,
    3000, 4000, 4093, 4094, 4095, 4096, 8000, 8190, 8191, 8192, 16_384,
];

/// The fault of a text that could not be taken apart, said as well as its shape allows.
pub(crate) fn named(fault: Fault, passage: &Passage, lengths: &[usize]) -> Fault {
    let text = passage.text();
    let segments: Vec<&str> = text.split('.').collect();
    let length = passage.len();
    let truncated = |reason: &str| {
        let reason = match USUAL_LIMITS.contains(&length) {
            true => format!(
                "{reason}; {length} characters are a usual limit of columns, cookies and fields"
            ),
            false => reason.to_owned(),
        };
        Fault::new(Code::Truncated)
            .with("length", length)
            .with("reason", Fact::Words(reason))
            .at(passage.span(length..length))
    };
    match (fault.code, segments.as_slice()) {
        (Code::TokenOpaque, [only])
            if begins_as_text(only) && !only.contains(char::is_whitespace) =>
        {
            truncated("it ends inside the header")
        }
        (Code::TokenOpaque, _) => {
            fault.with("reason", Fact::Words(opaque::looks(text))).at(passage.whole())
        }
        // Claims where the header should be: it is the beginning that is missing.
        (Code::SegmentCount, [claims, _])
            if shape::header(text).is_some_and(|header| header.get("alg").is_none())
                && is_whole_object(claims) =>
        {
            fault.at(passage.whole())
        }
        (Code::SegmentCount, [header, payload]) if is_header_like(header) => {
            // Unsigned and without the second dot: that no signature is due comes first.
            let unsigned = shape::header(header)
                .and_then(|header| header.get("alg")?.as_str().map(str::to_owned))
                .filter(|alg| is_unsigned(alg));
            if let Some(alg) = unsigned {
                let end = header.chars().count();
                return Fault::new(Code::AlgorithmNone).with("found", alg).at(passage.span(0..end));
            }
            if is_whole_object(payload) && !USUAL_LIMITS.contains(&length) {
                fault.at(passage.span(length..length))
            } else if is_whole_object(payload) {
                truncated("the signature is missing")
            } else {
                truncated("it ends inside the payload")
            }
        }
        // Two or three parts, and none of them begins as JSON does.
        (Code::SegmentCount, [first, second]) if is_foreign([first, second]) => {
            opaque(text, passage)
        }
        (Code::Base64Invalid, [first, second, _])
            if is_foreign([first, second]) && text.chars().all(shape::is_token_character) =>
        {
            opaque(text, passage)
        }
        (Code::SegmentCount, [header, ..])
            if shape::header(header).is_some_and(|header| header.get("enc").is_some()) =>
        {
            let literal =
                |name: &str| shape::header(header)?.get(name)?.as_str().map(str::to_owned);
            Fault::new(Code::TokenEncrypted)
                .with_some("alg", literal("alg"))
                .with_some("enc", literal("enc"))
                .at(passage.whole())
        }
        (Code::SegmentCount, _) => fault.at(passage.whole()),
        (Code::Base64Invalid, [header, payload, signature])
            if fault.fact("character").is_none()
                && is_header_like(header)
                && is_whole_object(payload)
                && lengths.iter().any(|expected| *expected > signature.len()) =>
        {
            let next = lengths.iter().copied().filter(|expected| *expected > signature.len()).min();
            let fault = crate::repair::too_short(signature.len(), next.unwrap_or_default(), length);
            let span = passage.span(length..length);
            fault.at(span)
        }
        (Code::Base64Invalid, _) => {
            let foreign: usize =
                text.chars().filter(|c| !shape::is_token_character(*c) && *c != '=').count();
            let fault = match fault.span {
                Some(span) => {
                    let span = passage.placed(span);
                    fault.at(span)
                }
                None => fault,
            };
            if foreign > 1 {
                let reason = format!("{foreign} characters of the text are foreign to base64url");
                fault.with("reason", Fact::Words(reason))
            } else if fault.fact("character").is_none() {
                fault.with(
                    "reason",
                    Fact::Words(
                        "its length is impossible: one character too many or too few".to_owned(),
                    ),
                )
            } else {
                fault
            }
        }
        _ => match fault.span {
            Some(span) => {
                let span = passage.placed(span);
                fault.at(span)
            }
            None => fault.at(passage.whole()),
        },
    }
}

fn opaque(text: &str, passage: &Passage) -> Fault {
    Fault::new(Code::TokenOpaque)
        .with("reason", Fact::Words(opaque::looks(text)))
        .at(passage.whole())
}

/// Whether neither part begins as a JSON object does.
fn is_foreign(parts: [&str; 2]) -> bool {
    parts.iter().all(|part| !part.is_empty() && !begins_as_text(part))
}

/// Whether a segment begins as an object of text does, and not by chance with the byte of a brace.
fn begins_as_text(segment: &str) -> bool {
    is_header_like(segment)
        && segment.get(..8).and_then(shape::decode).is_some_and(|bytes| {
            bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
        })
}

fn is_whole_object(segment: &str) -> bool {
    shape::decode(segment)
        .and_then(|bytes| Members::parse(bytes, Strictness::TopLevel).ok())
        .is_some()
}

/// What bytes are that should have been a JSON object, in words.
pub(crate) fn said_of(bytes: &[u8]) -> Option<String> {
    let said = |text: &str| Some(text.to_owned());
    if bytes.is_empty() {
        return said("it is empty");
    }
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        return said("a byte order mark stands before the object");
    }
    match std::str::from_utf8(bytes) {
        Err(_) => {
            let latin: String = bytes.iter().map(|byte| char::from(*byte)).collect();
            if serde_json::from_str::<serde_json::Value>(&latin)
                .is_ok_and(|value| value.is_object())
            {
                return said("it is Latin-1 and not UTF-8");
            }
            said("it is binary")
        }
        Ok(text) => {
            let text = text.trim();
            if shape::has_three_parts(text) {
                return said("it is another token: a nested JWT");
            }
            if text.starts_with('<') {
                return said("it is XML or HTML");
            }
            match serde_json::from_str::<serde_json::Value>(text) {
                Ok(serde_json::Value::String(inner)) if inner.trim_start().starts_with('{') => {
                    said("it is a JSON text that holds JSON: it was serialised twice")
                }
                Ok(serde_json::Value::Array(_)) => said("it is a JSON list"),
                Ok(serde_json::Value::Object(_)) => None,
                Ok(_) => said("it is a JSON value, but no object"),
                Err(_) if text.starts_with('{') && !text.ends_with('}') => {
                    said("it begins as an object and does not end as one")
                }
                Err(_) if text.starts_with('{') => None,
                Err(_) => said("it is plain text"),
            }
        }
    }
}

/// The largest payload that is inflated: four times the largest token.
const MOST_INFLATED: usize = 256 * 1024;

/// A compressed payload, inflated: DEFLATE (RFC 1951), zlib, gzip.
pub(crate) fn inflated(bytes: &[u8]) -> Option<(Vec<u8>, &'static str)> {
    use miniz_oxide::inflate::{decompress_to_vec_with_limit, decompress_to_vec_zlib_with_limit};
    let object = |bytes: &Vec<u8>| bytes.trim_ascii_start().starts_with(b"{");
    if bytes.starts_with(&[0x1F, 0x8B, 8]) {
        let body = bytes.get(10..bytes.len().checked_sub(8)?)?;
        let plain = decompress_to_vec_with_limit(body, MOST_INFLATED).ok().filter(object)?;
        return Some((plain, "gzip"));
    }
    if let Some(plain) = decompress_to_vec_zlib_with_limit(bytes, MOST_INFLATED).ok().filter(object)
    {
        return Some((plain, "zlib"));
    }
    let plain = decompress_to_vec_with_limit(bytes, MOST_INFLATED).ok().filter(object)?;
    Some((plain, "DEFLATE"))
}
