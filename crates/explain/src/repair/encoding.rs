//! The right signature in the wrong form: DER in place of R‖S, lost or added zeros, hexadecimal.
//!
//! RFC 7518 §3.4: R and S have the full length of the curve's order, one behind the other.

use claviger_token::{Algorithm, Code, Fact, Family, Fault, Part, base64url};

use super::Explained;
use crate::bench::{Bench, Subject};
use crate::der;
use crate::passage::Passage;

/// A way to read the bytes of a signature.
struct Reading {
    code: Code,
    bytes: Vec<u8>,
    said: String,
}

pub(crate) fn signature(
    bench: &Bench<'_>,
    subject: &Subject<'_>,
    _: &Passage,
) -> Option<Explained> {
    let algorithm = subject.algorithm?;
    let readings = readings(algorithm, subject);
    if readings.is_empty() {
        return None;
    }
    for key in bench.keys_for(algorithm, subject.kid.as_deref()) {
        for reading in &readings {
            if bench.verifies(key, algorithm, subject.input(), &reading.bytes) {
                let text = format!(
                    "{}.{}",
                    subject.token.signing_input(),
                    base64url::encode(&reading.bytes)
                );
                let mut explained = Explained::of(fault(reading, algorithm, subject));
                explained.repaired = Some(text);
                return Some(explained);
            }
        }
    }
    None
}

fn fault(reading: &Reading, algorithm: Algorithm, subject: &Subject<'_>) -> Fault {
    let expected = algorithm.signature_bytes();
    let fault = Fault::new(reading.code).at(subject.token.segment(Part::Signature));
    match reading.code {
        Code::SignatureDerEncoded => fault.with("bytes", subject.signature().len()),
        Code::SignatureUnpadded => fault
            .with("found", subject.signature().len())
            .with("alg", algorithm.name())
            .with_some("expected", expected),
        _ => fault.with("reason", Fact::Words(reading.said.clone())),
    }
}

/// Without a key: what the form alone shows.
pub(crate) fn by_shape(subject: &Subject<'_>) -> Option<Fault> {
    let algorithm = subject.algorithm?;
    if algorithm.signature_bytes() == Some(subject.signature().len()) {
        return None;
    }
    let reading = readings(algorithm, subject)
        .into_iter()
        .find(|reading| reading.code != Code::SignatureUnpadded)?;
    Some(fault(&reading, algorithm, subject))
}

fn readings(algorithm: Algorithm, subject: &Subject<'_>) -> Vec<Reading> {
    let raw = subject.signature();
    let mut unwrapped: Vec<(Vec<u8>, &str)> = Vec::new();
    if is_hexadecimal(subject.segment)
        && let Some(bytes) = hex(subject.segment.as_bytes())
    {
        unwrapped.push((bytes, "the segment is hexadecimal"));
    }
    if let Some(bytes) = hex(raw) {
        unwrapped.push((bytes, "the segment decodes to hexadecimal digits"));
    }
    // A digest printed as base64 and encoded again.
    if let Ok(inner) = std::str::from_utf8(raw)
        && inner.len() >= 40
        && let Some(bytes) = crate::shape::decode(inner)
    {
        unwrapped.push((bytes, "the segment was encoded twice"));
    }
    let mut all: Vec<Reading> = Vec::new();
    let is_ecdsa = algorithm.family() == Family::Ecdsa;
    if is_ecdsa {
        all.extend(ecdsa(algorithm, raw));
    }
    for (bytes, said) in unwrapped {
        if is_ecdsa {
            all.extend(ecdsa(algorithm, &bytes).into_iter().map(|inner| Reading {
                code: Code::SignatureHexEncoded,
                bytes: inner.bytes,
                said: format!("{said}; inside, {}", inner.said),
            }));
        }
        if algorithm.signature_bytes().is_none_or(|expected| expected == bytes.len()) {
            all.push(Reading { code: Code::SignatureHexEncoded, bytes, said: said.to_owned() });
        }
    }
    all
}

/// Whether a segment is hexadecimal: so many characters of base64url are no digits alone by chance.
pub(crate) fn is_hexadecimal(segment: &str) -> bool {
    // All zeros are base64url as well.
    let several = segment.bytes().any(|byte| Some(byte) != segment.bytes().next());
    several && hex(segment.as_bytes()).is_some()
}

/// Hexadecimal digits, with the separators that some tools put between them.
fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.strip_prefix(b"0x").unwrap_or(text).trim_ascii();
    let digits: Vec<u8> = text.iter().copied().filter(|byte| !b": ".contains(byte)).collect();
    if digits.len() < 32 || !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks_exact(2)
        .map(|pair| {
            let digit = |byte: u8| (byte as char).to_digit(16);
            u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()
        })
        .collect()
}

/// Other layouts of R and S.
fn ecdsa(algorithm: Algorithm, raw: &[u8]) -> Vec<Reading> {
    let Some(expected) = algorithm.signature_bytes() else { return Vec::new() };
    let half = expected / 2;
    let mut all = Vec::new();
    if let Some((r, s)) = der::ecdsa(raw)
        && let Some(bytes) = padded(r, s, half)
    {
        let said = "ASN.1 DER in place of R and S side by side".to_owned();
        all.push(Reading { code: Code::SignatureDerEncoded, bytes, said });
    }
    if raw.len() == expected || raw.len() + 8 < expected || raw.len() > expected + 4 {
        return all;
    }
    // Zeros were dropped, or DER's sign byte was kept: every border between R and S is tried.
    for border in raw.len().saturating_sub(half + 1)..=(half + 1).min(raw.len()) {
        let (r, s) = raw.split_at(border);
        if let Some(bytes) = padded(der::natural(r), der::natural(s), half) {
            let said = format!("R and S take {} bytes, {expected} are due", raw.len());
            all.push(Reading { code: Code::SignatureUnpadded, bytes, said });
        }
    }
    all
}

fn padded(r: &[u8], s: &[u8], half: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(half * 2);
    for number in [r, s] {
        bytes.resize(bytes.len() + half.checked_sub(number.len())?, 0);
        bytes.extend_from_slice(number);
    }
    Some(bytes)
}
