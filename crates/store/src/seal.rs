//! Sealing: private keys rest in the database under a master key that does not.
//!
//! AES-256-GCM with a random nonce. The associated data says what was sealed (such as the `kid`), so
//! that one sealed key cannot be put in another's place. Never keeps or shows what it seals.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use zeroize::Zeroizing;

/// The first byte of what is sealed: how.
const VERSION: u8 = 1;
const TAG: usize = 16;

/// The key that seals the others.
pub struct MasterKey(RandomizedNonceKey);

impl MasterKey {
    /// Takes 32 random bytes.
    pub fn new(bytes: &[u8; 32]) -> Result<Self, SealError> {
        RandomizedNonceKey::new(&AES_256_GCM, bytes).map(Self).map_err(|_| SealError::Failed)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("[redacted]")
    }
}

/// Why something cannot be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The bytes are too short, or sealed in a way that is not known here.
    #[error("this was not sealed by a version that is known here, or it was cut")]
    Unknown,
    /// The master key is another one, or the bytes were changed.
    #[error("the master key is not the one this was sealed with, or the bytes were changed")]
    Refused,
    /// The crypto library failed; most likely there is no randomness.
    #[error("the crypto library failed")]
    Failed,
}

/// Seals `plain`; `about` must be said again to open it.
pub fn seal(key: &MasterKey, about: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut body = Zeroizing::new(Vec::with_capacity(plain.len() + TAG));
    body.extend_from_slice(plain);
    let nonce = key
        .0
        .seal_in_place_append_tag(Aad::from(about), &mut *body)
        .map_err(|_| SealError::Failed)?;
    let mut sealed = Vec::with_capacity(1 + NONCE_LEN + body.len());
    sealed.push(VERSION);
    sealed.extend_from_slice(nonce.as_ref());
    sealed.extend_from_slice(&body);
    Ok(sealed)
}

/// Opens what [`seal`] made.
pub fn open(key: &MasterKey, about: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let Some((&VERSION, rest)) = sealed.split_first() else {
        return Err(SealError::Unknown);
    };
    let Some((nonce, body)) = rest.split_at_checked(NONCE_LEN) else {
        return Err(SealError::Unknown);
    };
    if body.len() < TAG {
        return Err(SealError::Unknown);
    }
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Unknown)?;
    let mut body = Zeroizing::new(body.to_vec());
    let length = key
        .0
        .open_in_place(nonce, Aad::from(about), &mut body)
        .map_err(|_| SealError::Refused)?
        .len();
    body.truncate(length);
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_same_key_and_words_only() {
        let key = MasterKey::new(&[7; 32]).unwrap();
        for plain in [&b""[..], b"x", &[9; 4096]] {
            let sealed = seal(&key, b"kid-1", plain).unwrap();
            assert_eq!(open(&key, b"kid-1", &sealed).unwrap().as_slice(), plain);
            assert_eq!(open(&key, b"kid-2", &sealed), Err(SealError::Refused));
            let other = MasterKey::new(&[8; 32]).unwrap();
            assert_eq!(open(&other, b"kid-1", &sealed), Err(SealError::Refused));
            assert_ne!(seal(&key, b"kid-1", plain).unwrap(), sealed, "each time another nonce");
        }
    }

    #[test]
    fn a_changed_byte_is_seen_and_a_cut_one_too() {
        let key = MasterKey::new(&[7; 32]).unwrap();
        let sealed = seal(&key, b"", b"private").unwrap();
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(open(&key, b"", &changed).is_err());
            assert!(open(&key, b"", &sealed[..place]).is_err());
        }
        assert_eq!(format!("{key:?}"), "[redacted]");
    }
}
