//! The signature holds under another algorithm than the header names, or with another salt length.

use aws_lc_rs::signature::{self as lc, UnparsedPublicKey};
use claviger_token::{Algorithm, Code, Fact, Family, Fault, Key, KeyKind, base64url};

use super::Explained;
use crate::bench::{Bench, Subject};
use crate::der;
use crate::passage::Passage;
use crate::rsa_block::{self, Block};

pub(crate) fn mislabelled(
    bench: &Bench<'_>,
    subject: &Subject<'_>,
    _: &Passage,
) -> Option<Explained> {
    let named = subject.token.header()?.text("alg")?.into_owned();
    let claim = |found: &str, key: &Key| {
        let fault = Fault::new(Code::AlgorithmMislabelled)
            .with("alg", named.as_str())
            .with("found", found)
            .with_some("kid", key.kid());
        let fault = match subject.token.span_of_member("alg") {
            Some(span) => fault.at(span),
            None => fault,
        };
        Some(Explained::of(fault))
    };
    for key in bench.keys() {
        for algorithm in key.algorithms().iter().filter(|one| Some(**one) != subject.algorithm) {
            if bench.verifies(key, *algorithm, subject.input(), subject.signature()) {
                return match subject.algorithm {
                    Some(_) => claim(algorithm.name(), key),
                    // A name that is none: the list of algorithms refuses it, not the signature.
                    None => Some(not_registered(&named, *algorithm)),
                };
            }
        }
        if let Some(found) = other_hash(bench, key, subject) {
            return claim(found, key);
        }
    }
    // SHA-1 has no name in JOSE at all, and its block is found only in the signature itself.
    for (nth, block) in subject.blocks(bench) {
        if block.covers(subject.input()) {
            let key = bench.keys().get(*nth)?;
            match block {
                Block::Pkcs1 { hash, .. } if rsa_block::bits(hash) == 1 => {
                    return claim("RSA with SHA-1, which has no name in JOSE", key);
                }
                Block::Pss(_) => {
                    let other = block
                        .padding(subject.input())
                        .is_some_and(|one| one.hash.output_len() != one.mask.output_len());
                    if other {
                        return claim("PSS with another hash in its mask (MGF1)", key);
                    }
                }
                _ => {}
            }
        }
    }
    None
}

fn not_registered(named: &str, verifies: Algorithm) -> Explained {
    let fault = Fault::new(Code::AlgorithmNotAllowed)
        .with("alg", named)
        .with("reason", Fact::Words(format!("the signature is {verifies}")));
    Explained { explains: &[Code::AlgorithmNotAllowed], ..Explained::of(fault) }
}

/// ECDSA with a hash that belongs to another curve.
fn other_hash(bench: &Bench<'_>, key: &Key, subject: &Subject<'_>) -> Option<&'static str> {
    let signature = subject.signature();
    let jwk = key.jwk()?;
    let part = |name: &str| base64url::decode(jwk.get(name)?.as_str()?).ok();
    type Choice = (&'static lc::EcdsaVerificationAlgorithm, &'static str);
    let choices: &[Choice] = match key.kind() {
        KeyKind::P256 if signature.len() == 64 => &[
            (&lc::ECDSA_P256_SHA384_ASN1, "ECDSA on P-256 with SHA-384"),
            (&lc::ECDSA_P256_SHA512_ASN1, "ECDSA on P-256 with SHA-512"),
        ],
        KeyKind::P384 if signature.len() == 96 => &[
            (&lc::ECDSA_P384_SHA256_ASN1, "ECDSA on P-384 with SHA-256"),
            (&lc::ECDSA_P384_SHA512_ASN1, "ECDSA on P-384 with SHA-512"),
        ],
        KeyKind::P521 if signature.len() == 132 => &[
            (&lc::ECDSA_P521_SHA256_ASN1, "ECDSA on P-521 with SHA-256"),
            (&lc::ECDSA_P521_SHA384_ASN1, "ECDSA on P-521 with SHA-384"),
        ],
        _ => return None,
    };
    let point = [&[4][..], &part("x")?, &part("y")?].concat();
    let (r, s) = signature.split_at(signature.len() / 2);
    let asn1 = der::write(der::SEQUENCE, &[der::write_natural(r), der::write_natural(s)].concat());
    choices
        .iter()
        .find(|(algorithm, _)| {
            bench.may()
                && UnparsedPublicKey::new(*algorithm, &point).verify(subject.input(), &asn1).is_ok()
        })
        .map(|(_, name)| *name)
}

/// RFC 7518 §3.5: the salt is as long as the hash. OpenSSL's default is "as long as fits".
pub(crate) fn salt(bench: &Bench<'_>, subject: &Subject<'_>, _: &Passage) -> Option<Explained> {
    let algorithm = subject.algorithm?;
    if !matches!(algorithm.family(), Family::RsaPss | Family::RsaPkcs1) {
        return None;
    }
    subject.blocks(bench).iter().find_map(|(nth, block)| {
        let padding = block.padding(subject.input())?;
        if padding.salt.len() == padding.hash.output_len() {
            return None;
        }
        let fault = Fault::new(Code::PssSaltLength)
            .with("alg", algorithm.name())
            .with("found", padding.salt.len())
            .with("expected", padding.hash.output_len())
            .with_some("kid", bench.keys().get(*nth).and_then(Key::kid))
            .at(subject.token.segment(claviger_token::Part::Signature));
        Some(Explained::of(fault))
    })
}
