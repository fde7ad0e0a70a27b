//! The secrets the authority makes up: how they look, and whether a text can be one at all.
//!
//! `clv_admin_…` and `clv_cs_…` are 43 letters and digits (256 bits) and a CRC-32 in six more: a
//! secret that was mistyped or cut is recognised without asking anybody, and one that leaks into a
//! repository is found by a scanner. Never decides whether a well-formed secret is the right one.

use aws_lc_rs::digest;
use claviger_protocol::Secret;
use zeroize::Zeroizing;

use crate::random::{self, NoRandomness};

/// The administrator's credential.
pub(crate) const ADMIN: &str = "clv_admin_";
/// A client's secret.
pub(crate) const CLIENT: &str = "clv_cs_";
/// The operator's leave to register a client.
pub(crate) const INITIAL_ACCESS: &str = "clv_iat_";
/// A registered client's access to its own registration.
pub(crate) const REGISTRATION: &str = "clv_rat_";

const BODY: usize = 43;
const CHECK: usize = 6;

/// Makes a new secret under `prefix`.
pub(crate) fn mint(prefix: &str) -> Result<Secret, NoRandomness> {
    let body = random::alphanumeric(BODY)?;
    let mut text = Zeroizing::new(String::with_capacity(prefix.len() + BODY + CHECK));
    text.push_str(prefix);
    text.push_str(&body);
    let check = random::six_digits(crc32(text.as_bytes()));
    text.push_str(&check);
    Ok(Secret::new(std::mem::take(&mut *text)))
}

/// What a text under a prefix of ours looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// It carries another prefix, or none.
    Foreign,
    /// Ours, but the length or the checksum says that it was mistyped or cut.
    Damaged,
    /// Ours and whole.
    Whole,
}

/// Judges the shape of `text` as a credential under `prefix`.
pub(crate) fn shape(prefix: &str, text: &str) -> Shape {
    let Some(rest) = text.strip_prefix(prefix) else {
        return Shape::Foreign;
    };
    if rest.len() != BODY + CHECK || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Shape::Damaged;
    }
    let (signed, check) = text.split_at(text.len() - CHECK);
    if random::six_digits(crc32(signed.as_bytes())) == check {
        Shape::Whole
    } else {
        Shape::Damaged
    }
}

/// How a secret of 256 random bits is kept: a plain digest. There is nothing to guess that a slow
/// hash could protect; secrets that people choose go through Argon2id (`secrets`).
pub(crate) fn digest(secret: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref());
    out
}

/// CRC-32 (IEEE 802.3), the checksum that GitHub and npm put into their tokens as well. Bit by bit:
/// it runs over 60 bytes when somebody presents an administrator's credential.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_published_crc32() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn a_minted_secret_is_whole_and_one_changed_letter_is_seen() {
        let secret = mint(ADMIN).unwrap();
        let text = secret.expose();
        assert_eq!(shape(ADMIN, text), Shape::Whole);
        assert_eq!(shape(CLIENT, text), Shape::Foreign);
        assert_eq!(shape(ADMIN, &text[..text.len() - 1]), Shape::Damaged);
        for place in ADMIN.len()..text.len() {
            let mut altered = text.as_bytes().to_vec();
            altered[place] = if altered[place] == b'a' { b'b' } else { b'a' };
            assert_eq!(shape(ADMIN, std::str::from_utf8(&altered).unwrap()), Shape::Damaged);
        }
    }

    #[test]
    fn two_secrets_differ_and_neither_is_printed() {
        let (one, two) = (mint(CLIENT).unwrap(), mint(CLIENT).unwrap());
        assert_ne!(one.expose(), two.expose());
        assert_eq!(format!("{one:?}"), "[redacted]");
    }
}
