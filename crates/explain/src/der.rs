//! Just enough DER to look inside what was given in the wrong wrapping: certificates, private keys, ECDSA
//! signatures; and to write public keys down in every spelling that a forger may have hashed.
//!
//! Reads generously (the input is under suspicion anyway) and decides nothing.

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const SEQUENCE: u8 = 0x30;

/// One value: its tag, its content, and the whole of it with tag and length.
#[derive(Clone, Copy)]
pub(crate) struct Element<'d> {
    pub(crate) tag: u8,
    pub(crate) content: &'d [u8],
    pub(crate) whole: &'d [u8],
}

/// The first value of `input`, and what stands behind it.
pub(crate) fn element(input: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7F => (usize::from(first), rest),
        0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
            (bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    let whole = &input[..input.len() - rest.len()];
    Some((Element { tag, content, whole }, rest))
}

/// The values of a constructed one, in order; stops where they stop being DER.
pub(crate) fn elements(mut input: &[u8]) -> Vec<Element<'_>> {
    let mut found = Vec::new();
    while let Some((one, rest)) = element(input) {
        found.push(one);
        input = rest;
        if found.len() >= 64 {
            break;
        }
    }
    found
}

/// The content of a sequence that begins `input`.
pub(crate) fn sequence(input: &[u8]) -> Option<&[u8]> {
    element(input).filter(|(one, _)| one.tag == SEQUENCE).map(|(one, _)| one.content)
}

/// An integer's bytes without leading zeros.
pub(crate) fn natural(content: &[u8]) -> &[u8] {
    let zeros = content.iter().take_while(|byte| **byte == 0).count();
    &content[zeros..]
}

/// The SubjectPublicKeyInfo of a certificate (RFC 5280 §4.1), whole.
pub(crate) fn certificate_key(certificate: &[u8]) -> Option<&[u8]> {
    let body = sequence(sequence(certificate)?)?;
    // version [0], serial, algorithm, issuer, validity, subject, key: the sequence that holds a
    // sequence and a bit string, and nothing else.
    elements(body).into_iter().find_map(|one| {
        let inner = elements(one.content);
        let is_key = one.tag == SEQUENCE
            && inner.len() == 2
            && inner[0].tag == SEQUENCE
            && inner[1].tag == BIT_STRING;
        is_key.then_some(one.whole)
    })
}

/// Modulus and exponent of an RSA private key, bare (RFC 8017 A.1.2) or inside PKCS#8 (RFC 5958).
pub(crate) fn rsa_numbers(private: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = elements(sequence(private)?);
    match inner.as_slice() {
        [_, algorithm, key, ..] if algorithm.tag == SEQUENCE && key.tag == OCTET_STRING => {
            rsa_numbers(key.content)
        }
        [_, n, e, ..] if n.tag == INTEGER && e.tag == INTEGER => {
            Some((natural(n.content), natural(e.content)))
        }
        _ => None,
    }
}

/// The uncompressed point inside an EC private key (RFC 5915 §3: `publicKey [1]`), without its `04`.
pub(crate) fn ec_point(private: &[u8]) -> Option<&[u8]> {
    elements(sequence(private)?)
        .into_iter()
        .find(|one| one.tag == 0xA1)
        .and_then(|one| element(one.content))
        .filter(|(bits, _)| bits.tag == BIT_STRING)
        .and_then(|(bits, _)| bits.content.strip_prefix(&[0, 4]))
}

/// R and S of an ECDSA signature (RFC 3279 §2.2.3), without leading zeros.
pub(crate) fn ecdsa(signature: &[u8]) -> Option<(&[u8], &[u8])> {
    let (outer, rest) = element(signature).filter(|(one, _)| one.tag == SEQUENCE)?;
    match elements(outer.content).as_slice() {
        [r, s] if r.tag == INTEGER && s.tag == INTEGER && rest.is_empty() => {
            Some((natural(r.content), natural(s.content)))
        }
        _ => None,
    }
}

/// A value with its tag and length.
pub(crate) fn write(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        short @ 0..=0x7F => out.push(short as u8),
        middle @ 0x80..=0xFF => out.extend([0x81, middle as u8]),
        long => out.extend([0x82, (long >> 8) as u8, long as u8]),
    }
    out.extend_from_slice(content);
    out
}

/// A non-negative integer.
pub(crate) fn write_natural(bytes: &[u8]) -> Vec<u8> {
    let bytes = natural(bytes);
    let mut content = Vec::with_capacity(bytes.len() + 1);
    if bytes.first().is_none_or(|first| first & 0x80 != 0) {
        content.push(0);
    }
    content.extend_from_slice(bytes);
    write(INTEGER, &content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_reads_back() {
        for length in [0usize, 1, 127, 128, 255, 256, 400] {
            let content = vec![7; length];
            let written = write(SEQUENCE, &content);
            assert_eq!(sequence(&written), Some(content.as_slice()), "{length}");
        }
        assert_eq!(write_natural(&[0, 0x80]), [INTEGER, 2, 0, 0x80]);
        let pair = [write_natural(&[0x90; 32]), write_natural(&[1; 31])].concat();
        let (r, s) = (&[0x90; 32][..], &[1; 31][..]);
        assert_eq!(ecdsa(&write(SEQUENCE, &pair)), Some((r, s)));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = elements(&bytes);
            let _ = certificate_key(&bytes);
            let _ = rsa_numbers(&bytes);
            let _ = ec_point(&bytes);
            let _ = ecdsa(&bytes);
        }
    }
}
