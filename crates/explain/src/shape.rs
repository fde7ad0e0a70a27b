//! What a token looks like from outside: its segments, the length that its signature should have.
//!
//! Steers where to look and which repair to try first; decides nothing, for only a signature that
//! verifies is a proof.

use claviger_token::{Algorithm, base64url};
use serde_json::Value;

/// The first segment's JSON, read generously: either alphabet, padding or none.
pub(crate) fn header(text: &str) -> Option<Value> {
    let first = text.split('.').next()?;
    serde_json::from_slice(&decode(first)?).ok().filter(Value::is_object)
}

/// Base64 in either alphabet, padded or not, unused bits or not.
pub(crate) fn decode(segment: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
    const ANY: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::URL_SAFE,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let plain: String = segment
        .trim_end_matches('=')
        .chars()
        .map(|c| match c {
            '+' => '-',
            '/' => '_',
            c => c,
        })
        .collect();
    ANY.decode(plain).ok()
}

/// Whether a segment is JSON and no signature: an object's beginning, and text to the end, which may be cut.
pub(crate) fn is_object_text(segment: &str) -> bool {
    let whole = segment.get(..segment.len() / 4 * 4).and_then(decode).unwrap_or_default();
    let text = match std::str::from_utf8(&whole) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&whole[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    text.trim_start().starts_with('{')
}

/// The algorithm that the header names.
pub(crate) fn algorithm(text: &str) -> Option<Algorithm> {
    Algorithm::from_name(header(text)?.get("alg")?.as_str()?)
}

/// The characters that so many bytes take.
pub(crate) const fn characters(bytes: usize) -> usize {
    (bytes * 8).div_ceil(6)
}

/// The lengths that a signature of this algorithm may have, in characters.
pub(crate) fn signature_lengths(algorithm: Algorithm) -> Vec<usize> {
    match algorithm.signature_bytes() {
        Some(bytes) => vec![characters(bytes)],
        // RSA of 1024, 2048, 3072, 4096, 7680, 8192 bits.
        None => [128, 256, 384, 512, 960, 1024].map(characters).to_vec(),
    }
}

/// Whether a text is a compact token with nothing missing: three segments of the right alphabet, and a
/// signature as long as its algorithm's.
pub(crate) fn is_complete(text: &str) -> bool {
    let segments: Vec<&str> = text.split('.').collect();
    let [_, payload, signature] = segments.as_slice() else { return false };
    let fits = algorithm(text).is_none_or(|alg| signature_lengths(alg).contains(&signature.len()));
    fits && !payload.is_empty()
        && has_three_parts(text)
        && text.bytes().all(|byte| byte == b'.' || base64url::is_alphabet(byte))
}

/// Whether two dots part three non-empty stretches and the first is a header.
pub(crate) fn has_three_parts(text: &str) -> bool {
    let segments: Vec<&str> = text.split('.').collect();
    segments.len() == 3 && crate::recognise::is_header_like(segments[0]) && !segments[1].is_empty()
}

/// Whether a character may stand in a compact token.
pub(crate) fn is_token_character(c: char) -> bool {
    c == '.' || (c.is_ascii() && base64url::is_alphabet(c as u8))
}
