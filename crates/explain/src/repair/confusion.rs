//! Algorithm confusion: an HMAC whose secret is the text of a public key (RFC 8725 §2.1).
//!
//! Decides which spelling of which key was used. A hit is a forgery: everybody can read a public key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_token::{Code, Fact, Fault, Key, KeyKind, base64url};
use serde_json::Value;

use super::{Explained, SIGNATURE};
use crate::bench::{Bench, Subject, is_mac};
use crate::der;
use crate::passage::Passage;

pub(crate) fn public_as_secret(
    bench: &Bench<'_>,
    subject: &Subject<'_>,
    _: &Passage,
) -> Option<Explained> {
    let algorithm = subject.algorithm.filter(|algorithm| algorithm.is_symmetric())?;
    let fits = |secret: &[u8]| {
        !secret.is_empty() && is_mac(algorithm, secret, subject.input(), subject.signature())
    };
    let claim = |source: Option<String>, reason: &str| {
        let fault = Fault::new(Code::AlgorithmConfusion)
            .with_some("source", source)
            .with("reason", Fact::Words(format!("as a secret served {reason}")));
        let fault = match subject.token.span_of_member("alg") {
            Some(span) => fault.at(span),
            None => fault,
        };
        Some(Explained { explains: SIGNATURE, holds: false, ..Explained::of(fault) })
    };
    for key in bench.keys().iter().filter(|key| key.kind() != KeyKind::Secret) {
        for (secret, said) in spellings(key) {
            if fits(&secret) {
                return claim(key.kid().map(str::to_owned), said);
            }
        }
    }
    for source in &bench.surroundings.sources {
        for (secret, said) in as_given(&source.bytes) {
            if fits(&secret) {
                return claim(Some(source.name.clone()), said);
            }
        }
    }
    None
}

/// The file as it was given, and its members.
fn as_given(bytes: &[u8]) -> Vec<(Vec<u8>, &'static str)> {
    let mut all = vec![(bytes.to_vec(), "the file as it is")];
    if let Ok(text) = std::str::from_utf8(bytes) {
        for variant in ends(text) {
            all.push((variant, "the file's text"));
        }
        if let Ok(value) = serde_json::from_str::<Value>(text) {
            let single = [value.clone()];
            let list =
                value.get("keys").and_then(Value::as_array).map_or(&single[..], Vec::as_slice);
            for jwk in list {
                all.push((jwk.to_string().into_bytes(), "the JWK's text"));
                if let Ok(pretty) = serde_json::to_string_pretty(jwk) {
                    all.push((pretty.into_bytes(), "the JWK's text, indented"));
                }
            }
        }
    }
    all
}

/// A text with the line ends that files and shells give it.
fn ends(text: &str) -> Vec<Vec<u8>> {
    let trimmed = text.trim();
    let unix = trimmed.replace("\r\n", "\n");
    vec![
        text.as_bytes().to_vec(),
        trimmed.as_bytes().to_vec(),
        unix.clone().into_bytes(),
        format!("{unix}\n").into_bytes(),
        unix.replace('\n', "\r\n").into_bytes(),
        format!("{}\r\n", unix.replace('\n', "\r\n")).into_bytes(),
        unix.replace('\n', "").into_bytes(),
        unix.replace('\n', "\\n").into_bytes(),
        format!("{}\\n", unix.replace('\n', "\\n")).into_bytes(),
        unix.replace('\n', " ").into_bytes(),
    ]
}

/// The usual spellings of a public key.
fn spellings(key: &Key) -> Vec<(Vec<u8>, &'static str)> {
    let mut all: Vec<(Vec<u8>, &'static str)> = Vec::new();
    let Some(jwk) = key.jwk() else { return all };
    let text = |name: &str| jwk.get(name).and_then(Value::as_str).map(str::to_owned);
    let bytes = |name: &str| text(name).and_then(|text| base64url::decode(text).ok());
    let mut der = |label: &str, bytes: Vec<u8>, pem: &'static str, raw: &'static str| {
        for variant in ends(&armour(label, &bytes)) {
            all.push((variant, pem));
        }
        let base64 = STANDARD.encode(&bytes);
        all.push((base64.clone().into_bytes(), "the base64 of its DER"));
        all.push((format!("{base64}\n").into_bytes(), "the base64 of its DER"));
        all.push((bytes, raw));
    };
    if let Some(spki) = spki(key, &jwk) {
        der("PUBLIC KEY", spki, "its PEM (SPKI)", "its DER (SPKI)");
    }
    if let Some(pkcs1) = pkcs1(key) {
        der("RSA PUBLIC KEY", pkcs1, "its PEM (PKCS#1)", "its DER (PKCS#1)");
    }
    for name in ["n", "x", "y", "kid"] {
        all.extend(text(name).map(|text| (text.into_bytes(), "a member of its JWK")));
        all.extend(bytes(name).map(|bytes| (bytes, "a number of its JWK")));
    }
    if let (Some(x), Some(y)) = (bytes("x"), bytes("y")) {
        all.push(([x.as_slice(), &y].concat(), "its point"));
        all.push(([&[4][..], &x, &y].concat(), "its point"));
    }
    all.push((jwk.to_string().into_bytes(), "its JWK's text"));
    all.push((key.thumbprint().as_bytes().to_vec(), "its thumbprint"));
    all
}

fn armour(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    // base64 is ASCII: every cut is a character's border.
    for line in base64.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    pem
}

fn pkcs1(key: &Key) -> Option<Vec<u8>> {
    let (n, e) = key.rsa_numbers()?;
    Some(der::write(der::SEQUENCE, &[der::write_natural(&n), der::write_natural(&e)].concat()))
}

/// SubjectPublicKeyInfo (RFC 5280 §4.1, RFC 5480 §2, RFC 8410 §4).
fn spki(key: &Key, jwk: &Value) -> Option<Vec<u8>> {
    let bytes = |name: &str| base64url::decode(jwk.get(name)?.as_str()?).ok();
    const RSA: &[u8] = &[6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1, 5, 0];
    const EC: &[u8] = &[6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1];
    const P256: &[u8] = &[6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7];
    const P384: &[u8] = &[6, 5, 0x2B, 0x81, 4, 0, 0x22];
    const P521: &[u8] = &[6, 5, 0x2B, 0x81, 4, 0, 0x23];
    const ED25519: &[u8] = &[6, 3, 0x2B, 0x65, 0x70];
    let point = || Some([&[4][..], &bytes("x")?, &bytes("y")?].concat());
    let (algorithm, content) = match key.kind() {
        KeyKind::Rsa => (RSA.to_vec(), pkcs1(key)?),
        KeyKind::P256 => ([EC, P256].concat(), point()?),
        KeyKind::P384 => ([EC, P384].concat(), point()?),
        KeyKind::P521 => ([EC, P521].concat(), point()?),
        KeyKind::Ed25519 => (ED25519.to_vec(), bytes("x")?),
        KeyKind::Secret => return None,
    };
    let bits = der::write(der::BIT_STRING, &[&[0][..], &content].concat());
    Some(der::write(der::SEQUENCE, &[der::write(der::SEQUENCE, &algorithm), bits].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_testkit::keys;
    use claviger_token::Algorithm;

    #[test]
    fn what_is_written_is_the_same_key() {
        for algorithm in [
            Algorithm::Es256,
            Algorithm::Es384,
            Algorithm::Es512,
            Algorithm::EdDsa,
            Algorithm::Rs256,
        ] {
            let key = keys::signing(algorithm).public().unwrap();
            let spki = spki(&key, &key.jwk().unwrap()).unwrap();
            let read = Key::from_pem(&armour("PUBLIC KEY", &spki)).unwrap();
            assert_eq!(read.thumbprint(), key.thumbprint(), "{algorithm}");
            if let Some(pkcs1) = pkcs1(&key) {
                let read = Key::from_pem(&armour("RSA PUBLIC KEY", &pkcs1)).unwrap();
                assert_eq!(read.thumbprint(), key.thumbprint());
            }
        }
    }
}
