//! Which segment an edit must lie in, by what is plain without a key: alphabet, lengths, JSON.

use claviger_token::{Algorithm, Members, Strictness, base64url};

use super::edit::{Edit, Kinds};
use crate::bench::Bench;
use crate::repair::tail::expected;

/// What is plain about the damage.
pub(crate) enum Damage {
    /// In the header; `only` at this byte of it.
    Header { only: Option<usize> },
    /// In the payload.
    Payload { only: Option<usize> },
    /// In the signature.
    Signature { only: Option<usize>, kinds: Kinds },
    /// Nothing is seen: any segment may hold it.
    Unseen,
    /// More than one edit can explain.
    TooMuch,
}

/// The byte of the only foreign character of a segment; none where there is none.
fn foreign(segment: &str) -> Result<Option<usize>, ()> {
    let mut all =
        segment.char_indices().filter(|(_, c)| !(c.is_ascii() && base64url::is_alphabet(*c as u8)));
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some((at, _)), None) => Ok(Some(at)),
        // Two neighbours may be one swap, but not out of the alphabet.
        _ => Err(()),
    }
}

/// Reads a header that steers a verification: its algorithm and its `kid`.
pub(crate) fn steers(header: &str) -> Option<(Algorithm, Option<String>)> {
    let members = Members::parse(base64url::decode(header).ok()?, Strictness::EveryDepth).ok()?;
    let algorithm = Algorithm::from_name(&members.text("alg")?)?;
    if members.duplicate().is_some() || (members.contains("kid") && members.text("kid").is_none()) {
        return None;
    }
    Some((algorithm, members.text("kid").map(|kid| kid.into_owned())))
}

/// Whether a `kid` is one of the keys', or need not be.
pub(crate) fn kid_is_known(bench: &Bench<'_>, kid: Option<&str>) -> bool {
    kid.is_none_or(|kid| bench.keys().iter().any(|key| key.kid().is_none_or(|own| own == kid)))
}

fn is_object(segment: &str) -> bool {
    base64url::decode(segment)
        .ok()
        .and_then(|bytes| Members::parse(bytes, Strictness::TopLevel).ok())
        .is_some_and(|members| members.duplicate().is_none())
}

/// Where the damage must be.
pub(crate) fn damage(bench: &Bench<'_>, parts: [&str; 3]) -> Damage {
    let [Ok(in_header), Ok(in_payload), Ok(in_signature)] = parts.map(foreign) else {
        return Damage::TooMuch;
    };
    let steering = steers(parts[0]);
    let header_good = steering.as_ref().is_some_and(|(_, kid)| kid_is_known(bench, kid.as_deref()));
    let payload_good = is_object(parts[1]);
    let (signature_good, kinds) = match &steering {
        Some((algorithm, _)) => signature(bench, *algorithm, parts[2]),
        None => (base64url::decode(parts[2]).is_ok(), Kinds::ALL),
    };
    match (header_good, payload_good, signature_good) {
        (true, true, true) => Damage::Unseen,
        (false, true, true) => Damage::Header { only: in_header },
        (true, false, true) => Damage::Payload { only: in_payload },
        (true, true, false) => Damage::Signature { only: in_signature, kinds },
        _ => Damage::TooMuch,
    }
}

/// Whether a signature has its algorithm's length, and which edits could give it that.
fn signature(bench: &Bench<'_>, algorithm: Algorithm, text: &str) -> (bool, Kinds) {
    let lengths = expected(bench, algorithm);
    // A foreign character takes several bytes and is one all the same.
    let length = text.chars().count();
    if lengths.contains(&length) {
        return (base64url::decode(text).is_ok(), Kinds::SAME_LENGTH);
    }
    if lengths.contains(&(length + 1)) {
        return (false, Kinds::LONGER);
    }
    if lengths.contains(&(length.wrapping_sub(1))) {
        return (false, Kinds::SHORTER);
    }
    (false, Kinds::ALL)
}

/// Whether a segment still reads as an object after an edit: the cheap signs first.
pub(crate) fn reads_as_payload(segment: &str, at: usize, edit: Edit) -> bool {
    let mut out = String::with_capacity(segment.len() + 1);
    edit.write(segment, at, &mut out);
    if out.len() % 4 == 1 {
        return false;
    }
    // What stands behind a shift is noise: control characters show soon. Four characters are one group.
    let group = at / 4 * 4;
    let length = out.len().saturating_sub(group).min(32) / 4 * 4;
    // What cuts a character in two is a foreign one.
    let Some(window) = out.get(group..group + length) else { return false };
    match base64url::decode(window) {
        Ok(bytes) if bytes.iter().any(|byte| *byte < 0x20 && !byte.is_ascii_whitespace()) => {
            return false;
        }
        Ok(_) => {}
        Err(_) => return false,
    }
    is_object(&out)
}
