//! What an X.509 certificate says (RFC 5280 §4.1): whose it is, for how long, under which key.
//!
//! Reads, and compares names. Never says whether a certificate is to be trusted: no signature and no
//! chain is looked at here.

mod forwarded;

use core::net::IpAddr;

use jiff::Timestamp;

use crate::der;

pub use forwarded::{from_header, thumbprint};

const BOOLEAN: u8 = 0x01;
const OCTET_STRING: u8 = 0x04;
const UTF8_STRING: u8 = 0x0C;
const PRINTABLE_STRING: u8 = 0x13;
const TELETEX_STRING: u8 = 0x14;
const IA5_STRING: u8 = 0x16;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const BMP_STRING: u8 = 0x1E;
const SET: u8 = 0x31;
const VERSION: u8 = 0xA0;
const EXTENSIONS: u8 = 0xA3;
/// 2.5.29.17.
const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1D, 0x11];
/// A list in a certificate is read so far; honest ones hold a handful.
const MOST: usize = 1000;

/// A certificate, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate<'d> {
    /// The issuer's name as it is encoded.
    pub issuer: &'d [u8],
    /// The subject's name as it is encoded.
    pub subject: &'d [u8],
    /// The subject's name.
    pub subject_name: Name,
    /// The public key, a SubjectPublicKeyInfo.
    pub key: &'d [u8],
    /// From when it holds. Unix seconds.
    pub not_before: i64,
    /// Until when it holds. Unix seconds.
    pub not_after: i64,
    /// Further names of the subject.
    pub alternative: Vec<AlternativeName>,
}

/// A further name of a certificate's subject (RFC 5280 §4.2.1.6), of the kinds that RFC 8705 knows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AlternativeName {
    /// A host.
    Dns(String),
    /// A URI.
    Uri(String),
    /// An address.
    Ip(IpAddr),
    /// A mailbox.
    Email(String),
}

/// A distinguished name: a list of sets of attributes, each a type (an object identifier with dots)
/// and a value. Equal names have equal values, character by character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(Vec<Vec<(String, String)>>);

impl<'d> Certificate<'d> {
    /// Reads the DER of a certificate; none where it is not one.
    #[must_use]
    pub fn read(der: &'d [u8]) -> Option<Self> {
        let body = der::only(der, der::SEQUENCE)?;
        let (mut rest, _) = der::next(body, der::SEQUENCE)?;
        if let Some((_, behind)) = der::next(rest, VERSION) {
            rest = behind;
        }
        let (_serial, rest) = der::next(rest, der::INTEGER)?;
        let (_algorithm, rest) = der::next(rest, der::SEQUENCE)?;
        let (issuer, rest) = whole(rest)?;
        let (validity, rest) = der::next(rest, der::SEQUENCE)?;
        let (subject, rest) = whole(rest)?;
        let (key, mut rest) = whole(rest)?;
        let (not_before, until) = time(validity)?;
        let (not_after, _) = time(until)?;
        let mut alternative = Vec::new();
        while !rest.is_empty() {
            let (element, behind) = der::element(rest)?;
            if element.tag == EXTENSIONS {
                alternative = alternative_names(element.content)?;
            }
            rest = behind;
        }
        let subject_name = Name::of(subject)?;
        Some(Self { issuer, subject, subject_name, key, not_before, not_after, alternative })
    }

    /// Whether it names itself as its issuer.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }
}

/// The next value with tag and length, and what stands behind it.
fn whole(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (element, rest) = der::element(input)?;
    (element.tag == der::SEQUENCE).then(|| input.split_at(input.len() - rest.len()))
}

fn time(input: &[u8]) -> Option<(i64, &[u8])> {
    let (element, rest) = der::element(input)?;
    let digits = element.content.strip_suffix(b"Z")?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digits = std::str::from_utf8(digits).ok()?;
    let (year, rest_of) = match (element.tag, digits.len()) {
        // RFC 5280 §4.1.2.5.1: two digits from 50 on are of the last century.
        (UTC_TIME, 12) => {
            let (year, rest) = digits.split_at(2);
            (format!("{}{year}", if year >= "50" { 19 } else { 20 }), rest)
        }
        (GENERALIZED_TIME, 14) => {
            let (year, rest) = digits.split_at(4);
            (year.to_owned(), rest)
        }
        _ => return None,
    };
    let part = |nth: usize| &rest_of[2 * nth..2 * nth + 2];
    let written = format!("{year}-{}-{}T{}:{}:{}Z", part(0), part(1), part(2), part(3), part(4));
    Some((written.parse::<Timestamp>().ok()?.as_second(), rest))
}

fn alternative_names(extensions: &[u8]) -> Option<Vec<AlternativeName>> {
    let mut list = der::only(extensions, der::SEQUENCE)?;
    let mut names = Vec::new();
    while !list.is_empty() {
        let (extension, behind) = der::next(list, der::SEQUENCE)?;
        list = behind;
        let (id, mut rest) = der::next(extension, der::OBJECT_ID)?;
        if let Some((_critical, behind)) = der::next(rest, BOOLEAN) {
            rest = behind;
        }
        if id != SUBJECT_ALTERNATIVE_NAME {
            continue;
        }
        let mut rest = der::only(der::only(rest, OCTET_STRING)?, der::SEQUENCE)?;
        while !rest.is_empty() && names.len() < MOST {
            let (name, behind) = der::element(rest)?;
            rest = behind;
            let text = || String::from_utf8(name.content.to_vec()).ok();
            let read = match name.tag {
                0x81 => text().map(AlternativeName::Email),
                0x82 => text().map(AlternativeName::Dns),
                0x86 => text().map(AlternativeName::Uri),
                0x87 => match name.content.len() {
                    4 => <[u8; 4]>::try_from(name.content).ok().map(IpAddr::from),
                    _ => <[u8; 16]>::try_from(name.content).ok().map(IpAddr::from),
                }
                .map(AlternativeName::Ip),
                // Kinds that nobody is registered by.
                _ => continue,
            };
            names.push(read?);
        }
    }
    Some(names)
}

/// Attribute types by the names that people write (RFC 4514 §3, and what OpenSSL prints).
const TYPES: &[(&str, &str)] = &[
    ("CN", "2.5.4.3"),
    ("SN", "2.5.4.4"),
    ("serialNumber", "2.5.4.5"),
    ("C", "2.5.4.6"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("STREET", "2.5.4.9"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("title", "2.5.4.12"),
    ("businessCategory", "2.5.4.15"),
    ("postalCode", "2.5.4.17"),
    ("GN", "2.5.4.42"),
    ("organizationIdentifier", "2.5.4.97"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("emailAddress", "1.2.840.113549.1.9.1"),
];

impl Name {
    /// Reads a name as RFC 4514 writes it, the most special part first: `CN=a,O=b,C=de`.
    ///
    /// # Errors
    /// What cannot be read, in words for whoever wrote it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut sets = Vec::new();
        let mut set = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (kind, behind) =
                rest.split_once('=').ok_or_else(|| format!("`{rest}` has no `=` in it"))?;
            let kind = kind.trim();
            let known = TYPES.iter().find(|(name, _)| name.eq_ignore_ascii_case(kind));
            let dotted =
                kind.contains('.') && kind.bytes().all(|b| b == b'.' || b.is_ascii_digit());
            let id = match known {
                Some((_, id)) => (*id).to_owned(),
                None if dotted => kind.to_owned(),
                None => {
                    return Err(format!("`{kind}` is no attribute of a name that is known here"));
                }
            };
            let (value, behind) = value(behind)?;
            set.push((id, value));
            let mut characters = behind.chars();
            match characters.next() {
                Some('+') => {}
                Some(_) => sets.push(std::mem::take(&mut set)),
                None => break,
            }
            rest = characters.as_str();
            if rest.trim().is_empty() {
                return Err("it ends in the middle".to_owned());
            }
        }
        if !set.is_empty() {
            sets.push(set);
        }
        if sets.is_empty() {
            return Err("it is empty".to_owned());
        }
        // RFC 4514 §2.1: the string has the last part first.
        sets.reverse();
        Ok(Self::sorted(sets))
    }

    fn of(der: &[u8]) -> Option<Self> {
        let mut rest = der::only(der, der::SEQUENCE)?;
        let mut sets = Vec::new();
        while !rest.is_empty() && sets.len() < MOST {
            let (mut of_set, behind) = der::next(rest, SET)?;
            rest = behind;
            let mut set = Vec::new();
            while !of_set.is_empty() {
                let (attribute, behind) = der::next(of_set, der::SEQUENCE)?;
                of_set = behind;
                let (id, value) = der::next(attribute, der::OBJECT_ID)?;
                let (value, _) = der::element(value)?;
                set.push((dotted(id)?, string(value.tag, value.content)));
            }
            sets.push(set);
        }
        Some(Self::sorted(sets))
    }

    /// A set has no order.
    fn sorted(mut sets: Vec<Vec<(String, String)>>) -> Self {
        for set in &mut sets {
            set.sort();
        }
        Self(sets)
    }
}

/// A value up to the next comma or plus, without its escapes (RFC 4514 §2.4).
fn value(text: &str) -> Result<(String, &str), String> {
    let text = text.trim_start_matches(' ');
    let mut out: Vec<u8> = Vec::new();
    // Blanks at the end belong to the value only where they are escaped.
    let mut kept = 0;
    let mut characters = text.char_indices();
    let mut end = text.len();
    while let Some((at, c)) = characters.next() {
        match c {
            ',' | '+' => {
                end = at;
                break;
            }
            '\\' => {
                let (_, next) = characters.next().ok_or("it ends in a backslash")?;
                match next.to_digit(16) {
                    Some(high) => {
                        let (_, low) = characters.next().ok_or("it ends within an escape")?;
                        let low = low.to_digit(16).ok_or("`\\` wants two hexadecimal digits")?;
                        out.push(u8::try_from(high << 4 | low).unwrap_or_default());
                    }
                    None if " \"#+,;<=>\\".contains(next) => {
                        out.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes());
                    }
                    None => return Err(format!("`\\{next}` is no escape")),
                }
                kept = out.len();
            }
            '"' | ';' | '<' | '>' => return Err(format!("`{c}` has to be written `\\{c}`")),
            c => {
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                if c != ' ' {
                    kept = out.len();
                }
            }
        }
    }
    out.truncate(kept);
    let value = String::from_utf8(out).map_err(|_| "an escape makes no UTF-8".to_owned())?;
    Ok((value, &text[end..]))
}

/// The text of a string of one of ASN.1's kinds; what is none, in the form of RFC 4514 §2.4.
fn string(tag: u8, content: &[u8]) -> String {
    let text = match tag {
        UTF8_STRING | PRINTABLE_STRING | IA5_STRING | TELETEX_STRING => {
            String::from_utf8(content.to_vec()).ok()
        }
        BMP_STRING => {
            let units = content.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            String::from_utf16(&units.collect::<Vec<_>>()).ok()
        }
        _ => None,
    };
    text.unwrap_or_else(|| {
        let hex: String = content.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("#{tag:02x}{hex}")
    })
}

/// An object identifier with dots (X.690 §8.19).
fn dotted(id: &[u8]) -> Option<String> {
    let mut arcs: Vec<u64> = Vec::new();
    let mut arc: u64 = 0;
    for byte in id {
        arc = arc.checked_mul(128)?.checked_add(u64::from(byte & 0x7F))?;
        if byte & 0x80 == 0 {
            if arcs.is_empty() {
                let first = (arc / 40).min(2);
                arcs.extend([first, arc - first * 40]);
            } else {
                arcs.push(arc);
            }
            arc = 0;
        }
    }
    let texts: Vec<String> = arcs.iter().map(u64::to_string).collect();
    Some(texts.join("."))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    fn sample() -> Vec<u8> {
        STANDARD.decode(SAMPLE.replace('\n', "")).unwrap()
    }

    #[test]
    fn a_certificate_of_openssl_is_read() {
        let der = sample();
        let certificate = Certificate::read(&der).unwrap();
        let name = Name::parse("CN=client\\, one,O=Ex + ample,C=DE").unwrap_err();
        assert!(name.contains("is no attribute"), "{name}");
        let name = Name::parse("CN=client\\, one,UID=7,OU=A,O=Exä,C=DE").unwrap();
        assert_eq!(certificate.subject_name, name);
        assert_eq!(certificate.not_before, 1_795_428_000);
        assert_eq!(certificate.not_after, 1_795_428_000 + 86_400);
        assert!(certificate.is_self_issued());
        assert_eq!(
            certificate.alternative,
            [
                AlternativeName::Dns("client.example".into()),
                AlternativeName::Uri("spiffe://example/client".into()),
                AlternativeName::Ip("192.0.2.7".parse().unwrap()),
                AlternativeName::Ip("2001:db8::7".parse().unwrap()),
                AlternativeName::Email("client@example.org".into()),
            ]
        );
        crate::Key::from_spki(certificate.key).unwrap();
    }

    #[test]
    fn names_are_compared_whole_and_in_order() {
        let name = |text: &str| Name::parse(text).unwrap();
        assert_eq!(name("CN=a, O=b"), name("cn=a,2.5.4.10=b"));
        assert_eq!(name("CN=a+OU=b"), name("OU=b+CN=a"));
        assert_eq!(name("CN=\\61\\C3\\A4\\ "), name("CN=aä\\20"));
        for other in ["O=b,CN=a", "CN=a", "CN=a,O=b,C=de", "CN=A,O=b", "CN=a,O=b "] {
            assert_eq!(name("CN=a,O=b") == name(other), other == "CN=a,O=b ", "{other}");
        }
        for bad in ["", "a", "X=a", "CN=a,", "CN=a\\", "CN=a;O=b", "CN=\\zz", "CN=\\C3"] {
            assert!(Name::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_damaged_certificate_makes_it_panic(at in 0_usize..600, byte: u8, cut in 0_usize..700) {
            let mut der = sample();
            if let Some(place) = der.get_mut(at) {
                *place = byte;
            }
            der.truncate(cut);
            let _ = Certificate::read(&der);
        }

        #[test]
        fn no_text_makes_a_name_panic(text in "\\PC{0,40}", written in "(CN|O|1.2)=[a-z\\\\,+=; \"]{0,9}") {
            let _ = Name::parse(&text);
            let _ = Name::parse(&written);
        }
    }

    /// Made by `openssl ca`.
    const SAMPLE: &str = "\
MIICEjCCAbmgAwIBAgIBATAKBggqhkjOPQQDAjBRMQswCQYDVQQGEwJERTENMAsGA1UECgwERXjDpDEKMAgGA1UECwwBQTERMA8G
CgmSJomT8ixkAQEMATcxFDASBgNVBAMMC2NsaWVudCwgb25lMB4XDTI2MTEyMzEwMDAwMFoXDTI2MTEyNDEwMDAwMFowUTELMAkG
A1UEBhMCREUxDTALBgNVBAoMBEV4w6QxCjAIBgNVBAsMAUExETAPBgoJkiaJk/IsZAEBDAE3MRQwEgYDVQQDDAtjbGllbnQsIG9u
ZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABDjc2YQMir05rFR4cIGnNKuFK4nGmUqZP+ZjygOmRZa49oYSl9zTsBsDGBHcyyXZ
so8GjYahnwNEqIbSnbGnGpmjgYEwfzBeBgNVHREEVzBVgg5jbGllbnQuZXhhbXBsZYYXc3BpZmZlOi8vZXhhbXBsZS9jbGllbnSH
BMAAAgeHECABDbgAAAAAAAAAAAAAAAeBEmNsaWVudEBleGFtcGxlLm9yZzAdBgNVHQ4EFgQU5kD+X5SwBZelFVwyXe1NUZy1Jr8w
CgYIKoZIzj0EAwIDRwAwRAIgX1PlInQv4Mi6wsMEJJmEPgcujnOrYwwDWdnCNwpZjKYCIEZZTu9XOKVIO7aGJ5bClxOoG+SkFJgJ
mWwGR7eB8X8o";
}
