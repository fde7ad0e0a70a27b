//! What can be said of a signature that no repair explains: by marks, by shape, by what RSA gives up.
//!
//! Claims likelihood, not proof, except where a value in hand contradicts another.

use claviger_token::{Algorithm, Code, Fact, Fault, Part};

use crate::bench::{Bench, Subject};
use crate::kid_text;
use crate::repair;
use crate::report::Certainty;
use crate::rsa_block::Block;

/// No repair verifies: what can be said all the same.
pub(crate) fn unexplained(
    bench: &Bench<'_>,
    subject: &Subject<'_>,
    mut faults: Vec<Fault>,
    lead: &mut Vec<(Fault, Certainty, Option<String>)>,
) -> Vec<Fault> {
    let is_about_signature = |fault: &Fault| {
        matches!(
            fault.code,
            Code::SignatureMismatch
                | Code::KeyUnknown
                | Code::KeyIdMissing
                | Code::KeyTypeMismatch
                | Code::PolicyEmpty
        )
    };
    let open = bench.keys().is_empty();
    if !open && !faults.iter().any(is_about_signature) {
        return faults;
    }
    if let Some((kid, reason)) =
        subject.kid.as_deref().and_then(|kid| Some((kid, kid_text::injected(kid)?)))
        && !bench.keys().iter().any(|key| key.kid() == Some(kid))
    {
        let fault = kid_text::fault(subject.token, kid, reason);
        faults.retain(|fault| fault.code != Code::KeyUnknown);
        lead.push((fault, Certainty::Proven, None));
        return faults;
    }
    if let Some((fault, certainty)) = unset_secret(bench, subject) {
        let told = [Code::SignatureMismatch, Code::KeyTooWeak];
        faults.retain(|fault| !told.contains(&fault.code));
        lead.push((fault, certainty, None));
        return faults;
    }
    if let Some(fault) = repair::by_marks(subject, open) {
        faults.retain(|fault| {
            fault.code != Code::KeyUnknown && fault.code != Code::SignatureMismatch
        });
        lead.push((fault, Certainty::Likely, None));
        return faults;
    }
    if let Some(fault) = repair::by_shape(bench, subject) {
        faults.retain(|fault| fault.code != Code::SignatureMismatch);
        lead.push((fault, Certainty::Likely, None));
        return faults;
    }
    let named = subject.kid.as_deref().map(str::to_owned);
    if let Some(unusable) =
        named.and_then(|kid| bench.surroundings.unusable.iter().find(|(known, _)| *known == kid))
    {
        let fault = Fault::new(Code::KeySetInvalid).with(
            "reason",
            Fact::Words(format!("its key `{}` cannot be used: {}", unusable.0, unusable.1)),
        );
        faults.retain(|fault| fault.code != Code::KeyUnknown);
        lead.push((fault, Certainty::Proven, None));
        return faults;
    }
    let missing = faults.iter().any(|fault| fault.code == Code::KeyIdMissing);
    if missing {
        // None of the keys verifies: that the header does not say which is the lesser fault.
        lead.push((
            Fault::new(Code::SignatureMismatch)
                .with_some("alg", subject.algorithm.map(Algorithm::name))
                .at(subject.token.segment(Part::Signature)),
            Certainty::Likely,
            None,
        ));
    }
    said_by_block(bench, subject, &mut faults);
    faults
}

/// The given secret is none, and whoever signed had one: a variable was not set on this side.
fn unset_secret(bench: &Bench<'_>, subject: &Subject<'_>) -> Option<(Fault, Certainty)> {
    subject.algorithm.filter(|algorithm| algorithm.is_symmetric())?;
    let [secret] = bench.surroundings.secrets.as_slice() else { return None };
    let (reason, certainty) = if repair::is_unset_secret(&secret.bytes) {
        let reason = "the given secret is blank, or the text of a variable that was not set";
        (reason, Certainty::Proven)
    } else if repair::is_known_secret(&secret.bytes) {
        let reason = "the given secret is a well-known default; whoever signed had another";
        (reason, Certainty::Likely)
    } else {
        return None;
    };
    // An empty one is a fault of the configuration, and already said.
    let said = bench.surroundings.faults.iter().any(|fault| fault.code == Code::SecretEmpty);
    let fault = Fault::new(Code::SecretEmpty).with("reason", Fact::Words(reason.to_owned()));
    (!said).then_some((fault, certainty))
}

/// What RSA says of content that was changed after signing.
pub(crate) const SAME_KEY: &str =
    "this very key signed, and header or payload were changed afterwards";

/// RSA tells whether the content was changed after signing, or another key signed.
fn said_by_block(bench: &Bench<'_>, subject: &Subject<'_>, faults: &mut [Fault]) {
    let is_rsa = bench.keys().iter().any(|key| key.rsa_numbers().is_some());
    let of_rsa = subject.algorithm.is_some_and(|algorithm| algorithm.signature_bytes().is_none());
    if !is_rsa || !of_rsa {
        return;
    }
    let signed = subject.blocks(bench).iter().any(|(_, block)| !matches!(block, Block::Rubbish));
    let reason =
        if signed { SAME_KEY } else { "another key signed, or the signature itself is damaged" };
    for fault in faults.iter_mut().filter(|fault| fault.code == Code::SignatureMismatch) {
        *fault = fault.clone().with("reason", Fact::Words(reason.to_owned()));
    }
}

pub(crate) fn is_published(secret: &crate::surroundings::Secret, subject: &Subject<'_>) -> bool {
    subject.algorithm.is_some_and(Algorithm::is_symmetric) && repair::is_known_secret(&secret.bytes)
}

pub(crate) fn published_secret(subject: &Subject<'_>) -> Fault {
    let reason = "its secret is on the public lists of well-known ones";
    Fault::new(Code::KeyTooWeak)
        .with_some("kid", subject.kid.clone())
        .with("reason", Fact::Words(reason.to_owned()))
}
