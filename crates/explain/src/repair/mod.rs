//! Hypotheses about a signature that does not hold: each unit says when it applies, what it changes and
//! what it claims; the same verifier then judges.
//!
//! The order is that of research §8.1 step 5: what is cheap and common first, the search over single
//! edits last. The first hypothesis that verifies is the cause. None of them ever makes a token good:
//! the verdict stays refused, and says why.

mod algorithm;
pub(crate) mod character;
mod confusion;
mod embedded;
mod encoding;
mod graph;
mod input;
mod keys;
mod secret;
mod tail;
mod weak;

use claviger_token::{Code, Fault};

use crate::bench::{Bench, Subject};
use crate::passage::Passage;

/// A hypothesis that was proven.
pub(crate) struct Explained {
    /// The cause. Its span, if any, is over the characters of the subject's passage.
    pub(crate) fault: Fault,
    /// A token that takes the subject's place for all further checks.
    pub(crate) instead: Option<Passage>,
    /// The credential that the same policy would take.
    pub(crate) repaired: Option<String>,
    /// Whether the signature counts as good, so that the claims are facts.
    pub(crate) holds: bool,
    /// Faults of the first examination that this one explains away.
    pub(crate) explains: &'static [Code],
}

/// What a good explanation of a signature makes superfluous.
pub(crate) const SIGNATURE: &[Code] = &[
    Code::SignatureMismatch,
    Code::KeyUnknown,
    Code::KeyIdMissing,
    Code::KeyUseMismatch,
    Code::KeyTypeMismatch,
    Code::KeyTooWeak,
    Code::PolicyEmpty,
];

/// The same, where the key's own weakness stays a fault.
const SIGNATURE_NOT_KEY: &[Code] = &[
    Code::SignatureMismatch,
    Code::KeyUnknown,
    Code::KeyIdMissing,
    Code::KeyTypeMismatch,
    Code::KeyUseMismatch,
];

impl Explained {
    fn of(fault: Fault) -> Self {
        Self { fault, instead: None, repaired: None, holds: true, explains: SIGNATURE_NOT_KEY }
    }
}

/// A hypothesis, or a small family of them.
type Unit = fn(&Bench<'_>, &Subject<'_>, &Passage) -> Option<Explained>;

const UNITS: &[Unit] = &[
    keys::another,
    algorithm::mislabelled,
    algorithm::salt,
    encoding::signature,
    secret::spelling,
    weak::known,
    input::covered,
    embedded::brought,
    confusion::public_as_secret,
    graph::nonce,
    tail::cut,
    character::one_edit,
];

/// How many of them, at the end, look for damage.
const SEARCHES: usize = 2;

/// Tries one after the other.
pub(crate) fn explain(
    bench: &Bench<'_>,
    subject: &Subject<'_>,
    passage: &Passage,
) -> Option<Explained> {
    let unit = |unit: &Unit| unit(bench, subject, passage);
    let (cheap, search) = UNITS.split_at(UNITS.len() - SEARCHES);
    cheap.iter().find_map(unit).or_else(|| {
        // Whole and good by a key of its own: no character of it is wrong.
        let whole = embedded::is_own_proof(bench, subject);
        if whole { None } else { search.iter().find_map(unit) }
    })
}

/// What can be said of a signature without a key: its length and its form.
pub(crate) fn by_shape(bench: &Bench<'_>, subject: &Subject<'_>) -> Option<Fault> {
    encoding::by_shape(subject).or_else(|| tail::by_length(bench, subject))
}

/// The lengths that a token's signature may have, in characters: by its algorithm and the given keys.
pub(crate) fn lengths(bench: &Bench<'_>, text: &str) -> Vec<usize> {
    let Some(algorithm) = crate::shape::algorithm(text) else { return Vec::new() };
    let by_key = tail::expected(bench, algorithm);
    if by_key.is_empty() { crate::shape::signature_lengths(algorithm) } else { by_key }
}

/// What can be proven of a token whose `kid` is an attack, or without any key: forgeries with what
/// everybody knows, and a header that one edit makes whole.
pub(crate) fn without_key(
    bench: &Bench<'_>,
    subject: &Subject<'_>,
    passage: &Passage,
) -> Option<Explained> {
    weak::known(bench, subject, passage)
        .or_else(|| confusion::public_as_secret(bench, subject, passage))
        .or_else(|| character::in_header_alone(bench, passage))
}

/// A signature that is too short.
pub(crate) fn too_short(found: usize, expected: usize, length: usize) -> Fault {
    tail::fault(found, expected, length)
}

/// A dot that changed places with the character beside it.
pub(crate) fn of_moved_dot(bench: &Bench<'_>, passage: &Passage) -> Option<Explained> {
    character::moved_dot(bench, passage)
}

/// A text that is no token: its end is missing, or one character is wrong.
pub(crate) fn of_text(bench: &Bench<'_>, passage: &Passage) -> Option<Explained> {
    tail::restored(bench, passage).or_else(|| character::mended(bench, passage))
}

/// What marks alone show of a signature that no key verifies, or that is left `open` for want of one:
/// likely, never proven.
pub(crate) fn by_marks(subject: &Subject<'_>, open: bool) -> Option<Fault> {
    graph::by_marks(subject).or_else(|| if open { None } else { embedded::named(subject) })
}

/// Whether a signature's segment is hexadecimal.
pub(crate) fn is_hexadecimal(segment: &str) -> bool {
    encoding::is_hexadecimal(segment)
}

/// Whether a secret says that none was set.
pub(crate) fn is_unset_secret(secret: &[u8]) -> bool {
    weak::is_unset(secret)
}

/// Whether a secret is on the public lists.
pub(crate) fn is_known_secret(secret: &[u8]) -> bool {
    weak::is_known(secret)
}
