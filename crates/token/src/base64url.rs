//! Strict base64url without padding (RFC 7515 §2): one text for one sequence of bytes, nothing else; and what HTTP's
//! Basic scheme wants.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// Why a text is not base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotBase64url {
    /// A byte outside the alphabet, at this byte offset.
    Character {
        /// Byte offset.
        position: usize,
    },
    /// One character too many or too few: a length of 4n + 1 encodes nothing.
    Length,
    /// The last character carries bits that encode nothing, at this byte offset (RFC 4648 §3.5).
    TrailingBits {
        /// Byte offset.
        position: usize,
    },
}

/// Bytes as base64url without padding.
#[must_use]
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A client's id and secret as the value of `Authorization` (RFC 7617 §2), both in the form encoding already
/// (RFC 6749 §2.3.1).
#[must_use]
pub fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// Appends bytes as base64url without padding.
pub fn encode_into(bytes: impl AsRef<[u8]>, out: &mut String) {
    URL_SAFE_NO_PAD.encode_string(bytes, out);
}

/// The bytes of a base64url text.
///
/// # Errors
/// Where the text has a character outside the alphabet (padding included), an impossible length or
/// non-zero trailing bits.
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, NotBase64url> {
    use base64::DecodeError;
    let text = text.as_ref();
    URL_SAFE_NO_PAD.decode(text).map_err(|error| {
        // The library may name a length before it has seen the characters; a bad character says more.
        if let Some(position) = text.iter().position(|byte| !is_alphabet(*byte)) {
            return NotBase64url::Character { position };
        }
        match error {
            DecodeError::InvalidLastSymbol { .. } if text.len() % 4 != 1 => {
                NotBase64url::TrailingBits { position: text.len() - 1 }
            }
            _ => NotBase64url::Length,
        }
    })
}

/// Whether a byte belongs to the base64url alphabet.
#[must_use]
pub const fn is_alphabet(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_one_canonical_text_is_read() {
        assert_eq!(decode("TQ"), Ok(b"M".to_vec()));
        assert_eq!(decode("TR"), Err(NotBase64url::TrailingBits { position: 1 }));
        assert_eq!(decode("TQ=="), Err(NotBase64url::Character { position: 2 }));
        assert_eq!(decode("+A"), Err(NotBase64url::Character { position: 0 }));
        assert_eq!(decode("TQA0T"), Err(NotBase64url::Length));
        assert_eq!(decode(""), Ok(vec![]));
    }

    proptest! {
        #[test]
        fn every_sequence_has_exactly_one_text(bytes: Vec<u8>) {
            let text = encode(&bytes);
            prop_assert_eq!(decode(&text).unwrap(), bytes);
        }

        #[test]
        fn what_is_read_writes_back_the_same(text in "[A-Za-z0-9_=+/ -]{0,40}") {
            if let Ok(bytes) = decode(&text) {
                prop_assert_eq!(encode(bytes), text);
            }
        }
    }
}
