//! The token brings the key that verifies it (`jwk`, `x5c`), or says where to fetch one (`jku`, `x5u`).
//!
//! RFC 8725 §3.10, CVE-2018-0114: trust comes from configuration, never from the token. What is brought
//! is tried for the diagnosis; what is named is never fetched.

use claviger_token::{Code, Fact, Fault, Key, TokenKind, recognise_kind};

use super::Explained;
use crate::bench::{Bench, Subject};
use crate::key_text;
use crate::passage::Passage;

pub(crate) fn brought(bench: &Bench<'_>, subject: &Subject<'_>, _: &Passage) -> Option<Explained> {
    let header = subject.token.header()?;
    // A DPoP proof brings its key by design (RFC 9449 §4.2); that it is no access token is another fault.
    let payload = subject.token.payload()?;
    if recognise_kind(header, payload).0 == TokenKind::DpopProof {
        return None;
    }
    let algorithm = subject.algorithm?;
    let claim = |member: &'static str, reason: &str| {
        let fault = Fault::new(Code::KeyEmbedded)
            .with("member", member)
            .with("reason", Fact::Words(reason.to_owned()));
        let fault = match subject.token.span_of_member(member) {
            Some(span) => fault.at(span),
            None => fault,
        };
        Explained { holds: false, ..Explained::of(fault) }
    };
    let verifies = |key: &Key| bench.verifies(key, algorithm, subject.input(), subject.signature());
    if let Some(jwk) = header.get("jwk") {
        let key = Key::from_jwk(&jwk).ok().or_else(|| key_text::public_half(&jwk));
        if key.is_some_and(|key| verifies(&key)) {
            return Some(claim(
                "jwk",
                "the signature verifies with that key and with none of the trusted ones",
            ));
        }
    }
    if let Some(chain) = header.get("x5c")
        && key_text::first_certificate(&chain).is_some_and(|key| verifies(&key))
    {
        let reason =
            "the signature verifies with that certificate's key and with none of the trusted ones";
        return Some(claim("x5c", reason));
    }
    None
}

/// Whether this is a proof of possession that its own key verifies (RFC 9449 §4.2).
pub(crate) fn is_own_proof(bench: &Bench<'_>, subject: &Subject<'_>) -> bool {
    let key = || {
        let (header, payload) = (subject.token.header()?, subject.token.payload()?);
        let is_proof = recognise_kind(header, payload).0 == TokenKind::DpopProof;
        let jwk = header.get("jwk").filter(|_| is_proof)?;
        Key::from_jwk(&jwk).ok().or_else(|| key_text::public_half(&jwk))
    };
    match (key(), subject.algorithm) {
        (Some(key), Some(algorithm)) => {
            bench.verifies(&key, algorithm, subject.input(), subject.signature())
        }
        _ => false,
    }
}

/// Without a proof: the token names a place to fetch its key from, and no trusted key verifies it.
pub(crate) fn named(subject: &Subject<'_>) -> Option<Fault> {
    let header = subject.token.header()?;
    let member = ["jku", "x5u", "jwk", "x5c"].into_iter().find(|member| header.contains(member))?;
    let reason = if matches!(member, "jku" | "x5u") {
        "no trusted key verifies the token; what it names is never fetched"
    } else {
        "no trusted key verifies the token, and neither does the one that it brings"
    };
    let fault = Fault::new(Code::KeyEmbedded)
        .with("member", member)
        .with("reason", Fact::Words(reason.to_owned()));
    Some(match subject.token.span_of_member(member) {
        Some(span) => fault.at(span),
        None => fault,
    })
}
