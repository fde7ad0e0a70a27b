//! Algorithm confusion: an HMAC whose secret is the text of a public key (RFC 8725 §2.1).
//!
//! Decides which spelling of which key was used. A hit is a forgery: everybody can read a public key.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
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
    let mut all = Vec::new();
    dressed(bytes, "the file as it is", &mut all);
    let Ok(text) = std::str::from_utf8(bytes) else { return all };
    all.extend(ends(text).into_iter().map(|variant| (variant, "the file's text")));
    let Ok(value) = serde_json::from_str::<Value>(text) else { return all };
    let single = [value.clone()];
    let list = value.get("keys").and_then(Value::as_array).map_or(&single[..], Vec::as_slice);
    for jwk in list.iter().take(MOST_MEMBERS) {
        all.extend(texts_of(jwk).into_iter().map(|text| (text.into_bytes(), "the JWK's text")));
        let chain = jwk.get("x5c").and_then(|chain| chain.get(0)).and_then(Value::as_str);
        if let Some(certificate) = chain.and_then(|text| STANDARD.decode(text).ok()) {
            let pem = armour("CERTIFICATE", &certificate);
            all.extend(ends(&pem).into_iter().map(|variant| (variant, "its certificate's PEM")));
            all.push((certificate, "its certificate"));
        }
    }
    all
}

/// The most members of one set whose texts are tried.
const MOST_MEMBERS: usize = 32;

/// A JWK as programs write it: all of it or what names the key alone (RFC 7638 §3.2), in its own order or
/// sorted, close or with blanks.
fn texts_of(jwk: &Value) -> Vec<String> {
    let Some(members) = jwk.as_object() else { return Vec::new() };
    let of = |names: &[&str]| -> Value {
        let kept = members.iter().filter(|(name, _)| names.contains(&name.as_str()));
        Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
    };
    let required: &[&str] = if jwk.get("kty").and_then(Value::as_str) == Some("AKP") {
        &["alg", "kty", "pub"]
    } else {
        &["crv", "e", "kty", "n", "x", "y"]
    };
    let with_name = [required, &["kid"]].concat();
    let styles: [fn(&Value) -> String; 3] = [
        |value| value.to_string(),
        super::input::spaced,
        |value| serde_json::to_string_pretty(value).unwrap_or_default(),
    ];
    let mut all = Vec::new();
    for set in [jwk.clone(), of(required), of(&with_name)] {
        for value in [super::input::sorted(&set), set] {
            all.extend(styles.iter().map(|style| style(&value)));
        }
    }
    all
}

/// Bytes, and the texts that carry bytes.
fn dressed(bytes: &[u8], said: &'static str, all: &mut Vec<(Vec<u8>, &'static str)>) {
    let base64 = STANDARD.encode(bytes);
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap_or_default())
        .collect();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    for text in [
        lines.join("\n"),
        base64.trim_end_matches('=').to_owned(),
        base64,
        base64url::encode(bytes),
        URL_SAFE.encode(bytes),
        hex.to_uppercase(),
        hex,
    ] {
        all.push((format!("{text}\n").into_bytes(), said));
        all.push((text.into_bytes(), said));
    }
    all.push((bytes.to_vec(), said));
}

/// A text with the line ends that files and shells give it, and as it is carried in one variable.
fn ends(text: &str) -> Vec<Vec<u8>> {
    let trimmed = text.trim();
    let unix = trimmed.replace("\r\n", "\n");
    let windows = unix.replace('\n', "\r\n");
    let escaped = unix.replace('\n', "\\n");
    let mut all: Vec<Vec<u8>> = vec![
        text.as_bytes().to_vec(),
        trimmed.as_bytes().to_vec(),
        unix.replace('\n', "").into_bytes(),
        unix.replace('\n', " ").into_bytes(),
        format!("{escaped}\\n").into_bytes(),
        format!("\n{unix}\n").into_bytes(),
        format!("\n{unix}").into_bytes(),
        format!("{unix} ").into_bytes(),
        format!("\"{unix}\"").into_bytes(),
        format!("\"{escaped}\"").into_bytes(),
        format!("\"{escaped}\\n\"").into_bytes(),
        escaped.into_bytes(),
    ];
    for end in ["", "\n", "\n\n"] {
        let whole = format!("{unix}{end}");
        all.push(STANDARD.encode(&whole).into_bytes());
        all.push(format!("{}\n", STANDARD.encode(&whole)).into_bytes());
        all.push(base64url::encode(&whole).into_bytes());
        all.push(whole.into_bytes());
        all.push(format!("{windows}{}", end.replace('\n', "\r\n")).into_bytes());
    }
    all
}

/// The usual spellings of a public key.
fn spellings(key: &Key) -> Vec<(Vec<u8>, &'static str)> {
    let mut all: Vec<(Vec<u8>, &'static str)> = Vec::new();
    let Some(jwk) = key.jwk() else { return all };
    let text = |name: &str| jwk.get(name).and_then(Value::as_str).map(str::to_owned);
    let bytes = |name: &str| text(name).and_then(|text| base64url::decode(text).ok());
    let mut der = |label: &str, bytes: &[u8], pem: &'static str, raw: &'static str| {
        all.extend(ends(&armour(label, bytes)).into_iter().map(|variant| (variant, pem)));
        dressed(bytes, raw, &mut all);
    };
    if let Some(spki) = spki(key, &jwk) {
        der("PUBLIC KEY", &spki, "its PEM (SPKI)", "its DER (SPKI)");
    }
    if let Some(pkcs1) = pkcs1(key) {
        der("RSA PUBLIC KEY", &pkcs1, "its PEM (PKCS#1)", "its DER (PKCS#1)");
    }
    for name in ["n", "x", "y", "pub", "kid"] {
        all.extend(text(name).map(|text| (text.into_bytes(), "a member of its JWK")));
        if let Some(bytes) = bytes(name) {
            dressed(&bytes, "a number of its JWK", &mut all);
        }
    }
    if let (Some(x), Some(y)) = (bytes("x"), bytes("y")) {
        let sign = 2 + (y.last().copied().unwrap_or_default() & 1);
        for point in
            [[x.as_slice(), &y].concat(), [&[4][..], &x, &y].concat(), [&[sign][..], &x].concat()]
        {
            dressed(&point, "its point", &mut all);
        }
    }
    if let Some(line) = open_ssh(key, &jwk) {
        all.extend(ends(&line).into_iter().map(|variant| (variant, "its line in OpenSSH's form")));
    }
    all.extend(texts_of(&jwk).into_iter().map(|text| (text.into_bytes(), "its JWK's text")));
    all.push((key.thumbprint().as_bytes().to_vec(), "its thumbprint"));
    all
}

/// `ssh-rsa AAAA…` and its like (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4).
fn open_ssh(key: &Key, jwk: &Value) -> Option<String> {
    let bytes = |name: &str| base64url::decode(jwk.get(name)?.as_str()?).ok();
    let point = || Some([&[4][..], &bytes("x")?, &bytes("y")?].concat());
    let (kind, fields): (&str, Vec<Vec<u8>>) = match key.kind() {
        KeyKind::Rsa => {
            let (n, e) = key.rsa_numbers()?;
            // A natural number of RFC 4251 §5 is written as DER's is.
            let natural = |number: &[u8]| {
                let sign = number.first().is_some_and(|first| *first > 127);
                [vec![0; usize::from(sign)], number.to_vec()].concat()
            };
            ("ssh-rsa", vec![natural(der::natural(&e)), natural(der::natural(&n))])
        }
        KeyKind::Ed25519 => ("ssh-ed25519", vec![bytes("x")?]),
        KeyKind::P256 => ("ecdsa-sha2-nistp256", vec![b"nistp256".to_vec(), point()?]),
        KeyKind::P384 => ("ecdsa-sha2-nistp384", vec![b"nistp384".to_vec(), point()?]),
        KeyKind::P521 => ("ecdsa-sha2-nistp521", vec![b"nistp521".to_vec(), point()?]),
        // OpenSSH has no form for it.
        KeyKind::MlDsa65 | KeyKind::Secret => return None,
    };
    let mut blob = Vec::new();
    for field in std::iter::once(kind.as_bytes()).chain(fields.iter().map(Vec::as_slice)) {
        blob.extend_from_slice(&u32::try_from(field.len()).ok()?.to_be_bytes());
        blob.extend_from_slice(field);
    }
    Some(format!("{kind} {}", STANDARD.encode(blob)))
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

/// SubjectPublicKeyInfo (RFC 5280 §4.1, RFC 5480 §2, RFC 8410 §4, RFC 9881 §4).
fn spki(key: &Key, jwk: &Value) -> Option<Vec<u8>> {
    let bytes = |name: &str| base64url::decode(jwk.get(name)?.as_str()?).ok();
    const RSA: &[u8] = &[6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1, 5, 0];
    const EC: &[u8] = &[6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1];
    const P256: &[u8] = &[6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7];
    const P384: &[u8] = &[6, 5, 0x2B, 0x81, 4, 0, 0x22];
    const P521: &[u8] = &[6, 5, 0x2B, 0x81, 4, 0, 0x23];
    const ED25519: &[u8] = &[6, 3, 0x2B, 0x65, 0x70];
    const ML_DSA_65: &[u8] = &[6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 0x12];
    let point = || Some([&[4][..], &bytes("x")?, &bytes("y")?].concat());
    let (algorithm, content) = match key.kind() {
        KeyKind::Rsa => (RSA.to_vec(), pkcs1(key)?),
        KeyKind::P256 => ([EC, P256].concat(), point()?),
        KeyKind::P384 => ([EC, P384].concat(), point()?),
        KeyKind::P521 => ([EC, P521].concat(), point()?),
        KeyKind::Ed25519 => (ED25519.to_vec(), bytes("x")?),
        KeyKind::MlDsa65 => (ML_DSA_65.to_vec(), bytes("pub")?),
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
