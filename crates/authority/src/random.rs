//! Randomness of the authority: identifiers and credentials that nobody can guess.
//!
//! The bytes come from the crypto library's generator, which keeps its state per thread and is
//! reseeded by the system; nothing here decides what they are used for.

use aws_lc_rs::rand;
use claviger_token::base64url;
use zeroize::Zeroizing;

/// The system gave no randomness: nothing may be issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system's random generator failed")]
pub struct NoRandomness;

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut out = [0; N];
    rand::fill(&mut out).map_err(|_| NoRandomness)?;
    Ok(out)
}

/// A `jti`: 128 bits, which is what RFC 9068 §2.2 wants to be unique without a register.
pub(crate) fn token_id() -> Result<String, NoRandomness> {
    Ok(base64url::encode(bytes::<16>()?))
}

/// The id under which a refusal is looked up: 80 bits in letters and digits that survive being read
/// aloud and typed again (Crockford's 32: no i, l, o, u). Never fails: an id that is merely unusual is better than no answer.
pub(crate) fn diagnosis() -> String {
    told("dg_")
}

/// The id of an entry of the journal that nobody was told, made alike.
pub(crate) fn journal_id() -> String {
    told("jn_")
}

fn told(prefix: &str) -> String {
    let raw = bytes::<16>().unwrap_or_default();
    let letters = raw.iter().map(|byte| char::from(READABLE[usize::from(byte & 31)]));
    prefix.chars().chain(letters).collect()
}

/// `count` letters and digits that survive being read aloud and typed again.
pub(crate) fn readable(count: usize) -> Result<String, NoRandomness> {
    let mut out = String::with_capacity(count);
    while out.len() < count {
        let raw = bytes::<16>()?;
        let letters = raw.iter().map(|byte| char::from(READABLE[usize::from(byte & 31)]));
        out.extend(letters.take(count - out.len()));
    }
    Ok(out)
}

const READABLE: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `count` letters and digits, each drawn evenly.
pub(crate) fn alphanumeric(count: usize) -> Result<Zeroizing<String>, NoRandomness> {
    let mut out = Zeroizing::new(String::with_capacity(count));
    while out.len() < count {
        for byte in bytes::<64>()? {
            // 248 = 4 · 62: bytes above it would favour the first letters.
            if byte < 248 && out.len() < count {
                out.push(char::from(ALPHABET[usize::from(byte % 62)]));
            }
        }
    }
    Ok(out)
}

/// `count` letters out of twenty or any other alphabet of up to 256, each drawn evenly.
pub(crate) fn letters(alphabet: &[u8], count: usize) -> Result<String, NoRandomness> {
    let size = alphabet.len();
    // Bytes beyond the last whole round would favour the first letters.
    let fair = 256 - 256 % size;
    let mut out = String::with_capacity(count);
    while out.len() < count {
        for byte in bytes::<64>()? {
            if usize::from(byte) < fair && out.len() < count {
                out.push(char::from(alphabet[usize::from(byte) % size]));
            }
        }
    }
    Ok(out)
}

/// `value` in the same alphabet, six digits wide: 62^6 exceeds 2^32.
pub(crate) fn six_digits(mut value: u32) -> String {
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(value % 62) as usize];
        value /= 62;
    }
    digits.iter().map(|&digit| char::from(digit)).collect()
}
