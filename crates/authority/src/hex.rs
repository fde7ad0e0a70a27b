//! 32 bytes as hex digits: how settings keep digests, and one of the ways in which a master key may be written.

use zeroize::Zeroizing;

/// The digits of these bytes.
pub(crate) fn encode(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of 64 digits; none for anything else.
pub(crate) fn decode(digits: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = Zeroizing::new([0; 32]);
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(high << 4 | low).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let bytes = std::array::from_fn(|nth| u8::try_from(nth * 8 + 7).unwrap());
        assert_eq!(decode(encode(&bytes).as_bytes()).as_deref(), Some(&bytes));
        for damaged in ["", "zz", &"g".repeat(64), &"0".repeat(63), &"0".repeat(65)] {
            assert_eq!(decode(damaged.as_bytes()), None);
        }
    }
}
