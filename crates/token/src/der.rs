//! Just enough DER to open a public key (RFC 5280 §4.1, RFC 8017 A.1.1): sequences, integers, bit strings.
//!
//! Reads, never writes, and holds no opinion on what a key is good for.

/// One value: its tag and its content.
pub(crate) struct Element<'d> {
    pub(crate) tag: u8,
    pub(crate) content: &'d [u8],
}

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OBJECT_ID: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;

/// The first value of `input` and what stands behind it; none where the encoding is not DER.
pub(crate) fn element(input: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7F => (usize::from(first), rest),
        0x81 => {
            let (&length, rest) = rest.split_first()?;
            // The short form is the only one for short lengths.
            (length >= 0x80).then_some((usize::from(length), rest))?
        }
        0x82 => {
            let (bytes, rest) = rest.split_at_checked(2)?;
            let length = usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
            (length >= 0x100).then_some((length, rest))?
        }
        // Nothing longer than 64 KiB is a key.
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((Element { tag, content }, rest))
}

/// The content of the one value of this tag, with nothing behind it.
pub(crate) fn only(input: &[u8], tag: u8) -> Option<&[u8]> {
    let (found, rest) = element(input)?;
    (found.tag == tag && rest.is_empty()).then_some(found.content)
}

/// The next value of this tag, and what stands behind it.
pub(crate) fn next(input: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = element(input)?;
    (found.tag == tag).then_some((found.content, rest))
}

/// A non-negative integer without its leading zero.
pub(crate) fn natural(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (content, rest) = next(input, INTEGER)?;
    let (&first, behind) = content.split_first()?;
    if first & 0x80 != 0 {
        return None;
    }
    Some((if first == 0 && !behind.is_empty() { behind } else { content }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_der_is_read() {
        assert_eq!(only(&[0x30, 0x02, 1, 2], SEQUENCE), Some(&[1u8, 2][..]));
        assert_eq!(only(&[0x30, 0x81, 0x02, 1, 2], SEQUENCE), None);
        assert_eq!(only(&[0x30, 0x02, 1, 2, 3], SEQUENCE), None);
        assert_eq!(only(&[0x30, 0x03, 1, 2], SEQUENCE), None);
        assert_eq!(natural(&[0x02, 0x02, 0x00, 0xFF]).map(|(n, _)| n), Some(&[0xFFu8][..]));
        assert!(natural(&[0x02, 0x01, 0xFF]).is_none());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = element(&bytes);
            let _ = natural(&bytes);
        }
    }
}
