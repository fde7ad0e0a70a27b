//! The end of the signature is missing: at most two characters can be found again.

use claviger_token::{Algorithm, Code, Fault, Part, Span, base64url};

use super::Explained;
use crate::bench::{Bench, Subject};
use crate::passage::Passage;
use crate::shape;

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub(crate) fn cut(bench: &Bench<'_>, _: &Subject<'_>, passage: &Passage) -> Option<Explained> {
    restored(bench, passage)
}

/// The lengths in characters that the signature should have: the key decides for RSA.
pub(crate) fn expected(bench: &Bench<'_>, algorithm: Algorithm) -> Vec<usize> {
    match algorithm.signature_bytes() {
        Some(bytes) => vec![shape::characters(bytes)],
        None => {
            let mut all: Vec<usize> = bench
                .keys()
                .iter()
                .filter_map(|key| Some(shape::characters(key.rsa_numbers()?.0.len())))
                .collect();
            all.sort_unstable();
            all.dedup();
            all
        }
    }
}

/// The same for a text that need not be decodable: a lost character often makes it none.
pub(crate) fn restored(bench: &Bench<'_>, passage: &Passage) -> Option<Explained> {
    let text = passage.text();
    let algorithm = shape::algorithm(text)?;
    let (input, signature) = text.rsplit_once('.')?;
    if input.matches('.').count() != 1 || signature.is_empty() {
        return None;
    }
    let kid = shape::header(text)?.get("kid").and_then(|kid| kid.as_str().map(str::to_owned));
    for wanted in expected(bench, algorithm) {
        let missing =
            wanted.checked_sub(signature.len()).filter(|missing| (1..=2).contains(missing));
        let Some(missing) = missing else { continue };
        for key in bench.keys_for(algorithm, kid.as_deref()).into_iter().take(4) {
            for tail in tails(missing) {
                // Most endings carry bits that belong to nothing: they are no candidates.
                let whole = format!("{signature}{tail}");
                let Ok(bytes) = base64url::decode(&whole) else { continue };
                if bench.verifies(key, algorithm, input.as_bytes(), &bytes) {
                    let repaired = format!("{input}.{whole}");
                    let fault = fault(signature.len(), wanted, passage.len());
                    return Some(Explained {
                        instead: Some(passage.with_replaced(passage.len()..passage.len(), &tail)),
                        repaired: Some(repaired),
                        ..Explained::of(fault)
                    });
                }
            }
        }
    }
    None
}

fn tails(missing: usize) -> Vec<String> {
    let singles = ALPHABET.iter().map(|byte| char::from(*byte).to_string());
    match missing {
        1 => singles.collect(),
        _ => singles
            .flat_map(|first| {
                ALPHABET.iter().map(move |byte| format!("{first}{}", char::from(*byte)))
            })
            .collect(),
    }
}

/// The fault, at the end of the text.
pub(crate) fn fault(found: usize, expected: usize, length: usize) -> Fault {
    Fault::new(Code::Truncated)
        .with("found", found)
        .with("expected", expected)
        .at(Span { start: length, end: length })
}

/// What the length alone shows: shorter than any signature of its algorithm.
pub(crate) fn by_length(bench: &Bench<'_>, subject: &Subject<'_>) -> Option<Fault> {
    let segment = subject.token.segment(Part::Signature);
    let length = segment.end - segment.start;
    let lengths = super::lengths(bench, subject.token.text());
    if length == 0 || lengths.contains(&length) {
        return None;
    }
    // A whole signature of another key's size was not cut: no cut would end just there. Of 1024 bits no
    // key is left, and it is half of 2048.
    let of_another = |algorithm: Algorithm| {
        algorithm.signature_bytes().is_none()
            && [256, 384, 512].map(shape::characters).contains(&length)
    };
    if subject.algorithm.is_some_and(of_another) {
        return None;
    }
    let next = lengths.into_iter().find(|expected| *expected > length)?;
    Some(fault(length, next, segment.end))
}
