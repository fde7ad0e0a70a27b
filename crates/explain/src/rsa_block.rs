//! What an RSA signature says without the message: raised to *e* it gives up the block that was signed.
//!
//! For diagnosis only, with public numbers only: no verdict rests on this module, and nothing here is
//! secret or needs constant time. It exists because aws-lc-rs offers no raw public-key operation, and
//! because it turns a search over signatures into a search over hashes: with the digest in hand, a
//! repair of header or payload costs one hash (RFC 8017 §8.2.2, §9.1.2), and "altered" is told from
//! "other key". The verifier of the token crate still has the last word on every repair.

use aws_lc_rs::digest::{self, Algorithm as Hash};
use claviger_token::{Algorithm, Family, Key};
use num_bigint::BigUint;

/// What the block holds.
#[derive(Debug)]
pub(crate) enum Block {
    /// PKCS#1 v1.5: the hash's name and the digest that was signed.
    Pkcs1 { hash: &'static Hash, digest: Vec<u8> },
    /// PSS: every way in which the block can be read, the usual one first.
    Pss(Vec<Padding>),
    /// Neither: another key, or a damaged signature.
    Rubbish,
}

/// One reading of a PSS block: hash, mask hash, salt, and the hash over digest and salt.
#[derive(Debug)]
pub(crate) struct Padding {
    pub(crate) hash: &'static Hash,
    pub(crate) mask: &'static Hash,
    pub(crate) salt: Vec<u8>,
    h: Vec<u8>,
}

const HASHES: [&Hash; 4] =
    [&digest::SHA256, &digest::SHA384, &digest::SHA512, &digest::SHA1_FOR_LEGACY_USE_ONLY];

/// DER of DigestInfo up to the digest (RFC 8017 §9.2 note 1).
fn digest_info(hash: &Hash) -> &'static [u8] {
    if hash.output_len() == 32 {
        &[0x30, 0x31, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20]
    } else if hash.output_len() == 48 {
        &[0x30, 0x41, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2, 5, 0, 4, 0x30]
    } else if hash.output_len() == 64 {
        &[0x30, 0x51, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3, 5, 0, 4, 0x40]
    } else {
        &[0x30, 0x21, 0x30, 9, 6, 5, 0x2B, 0x0E, 3, 2, 0x1A, 5, 0, 4, 0x14]
    }
}

/// The hash's name as `alg` counts: 256, 384, 512; 1 for SHA-1.
pub(crate) fn bits(hash: &Hash) -> usize {
    match hash.output_len() {
        20 => 1,
        bytes => bytes * 8,
    }
}

/// The block inside a signature under this key; none where the key is not RSA or the length is wrong.
pub(crate) fn open(key: &Key, signature: &[u8]) -> Option<Block> {
    let (n, e) = key.rsa_numbers()?;
    if signature.len() != n.len() || n.len() > 1024 || e.len() > 8 {
        return None;
    }
    let modulus = BigUint::from_bytes_be(&n);
    let number = BigUint::from_bytes_be(signature);
    if number >= modulus {
        return Some(Block::Rubbish);
    }
    let opened = number.modpow(&BigUint::from_bytes_be(&e), &modulus).to_bytes_be();
    let mut block = vec![0; n.len().saturating_sub(opened.len())];
    block.extend(opened);
    Some(pkcs1(&block).or_else(|| pss(&block, key.bits())).unwrap_or(Block::Rubbish))
}

fn pkcs1(block: &[u8]) -> Option<Block> {
    let rest = block.strip_prefix(&[0, 1])?;
    let padding = rest.iter().take_while(|byte| **byte == 0xFF).count();
    let info = rest.get(padding..)?.strip_prefix(&[0])?;
    if padding < 8 {
        return None;
    }
    HASHES.iter().find_map(|hash| {
        let found = info.strip_prefix(digest_info(hash))?;
        (found.len() == hash.output_len()).then(|| Block::Pkcs1 { hash, digest: found.to_vec() })
    })
}

/// MGF1 (RFC 8017 B.2.1).
fn mask(seed: &[u8], length: usize, hash: &'static Hash) -> Vec<u8> {
    let mut out = Vec::with_capacity(length + hash.output_len());
    for counter in 0u32.. {
        if out.len() >= length {
            break;
        }
        let mut context = digest::Context::new(hash);
        context.update(seed);
        context.update(&counter.to_be_bytes());
        out.extend_from_slice(context.finish().as_ref());
    }
    out.truncate(length);
    out
}

fn pss(block: &[u8], bits: usize) -> Option<Block> {
    // RFC 8017 §9.1.1: one bit shorter than the modulus.
    let length = (bits - 1).div_ceil(8);
    let block = block.get(block.len().checked_sub(length)?..)?;
    if block.last() != Some(&0xBC) {
        return None;
    }
    let mut readings: Vec<Padding> = Vec::new();
    for hash in HASHES {
        let Some(split) = block.len().checked_sub(hash.output_len() + 1) else { continue };
        let (masked, rest) = block.split_at(split);
        let h = &rest[..hash.output_len()];
        for mask_hash in HASHES {
            let mut data = mask(h, masked.len(), mask_hash);
            for (byte, covered) in data.iter_mut().zip(masked) {
                *byte ^= covered;
            }
            if let Some(first) = data.first_mut() {
                *first &= 0xFF >> (8 * length - (bits - 1));
            }
            let zeros = data.iter().take_while(|byte| **byte == 0).count();
            // One byte of 01 is met by chance; behind a zero, or where the salt fills the block, hardly.
            let by_rule = zeros > 0 || hash.output_len() == mask_hash.output_len();
            let salt = data.get(zeros..).and_then(|data| data.strip_prefix(&[1]));
            if let Some(salt) = salt.filter(|_| by_rule) {
                let (salt, h) = (salt.to_vec(), h.to_vec());
                readings.push(Padding { hash, mask: mask_hash, salt, h });
            }
        }
    }
    readings.sort_by_key(|one| {
        (one.hash.output_len() != one.mask.output_len(), one.salt.len() != one.hash.output_len())
    });
    (!readings.is_empty()).then_some(Block::Pss(readings))
}

impl Padding {
    fn covers(&self, message: &[u8]) -> bool {
        let mut context = digest::Context::new(self.hash);
        context.update(&[0; 8]);
        context.update(digest::digest(self.hash, message).as_ref());
        context.update(&self.salt);
        context.finish().as_ref() == self.h
    }
}

impl Block {
    /// Whether this block is over this message.
    pub(crate) fn covers(&self, message: &[u8]) -> bool {
        match self {
            Self::Pkcs1 { hash, digest } => digest::digest(hash, message).as_ref() == digest,
            Self::Pss(_) => self.padding(message).is_some(),
            Self::Rubbish => false,
        }
    }

    /// Whether this is what a signature of this algorithm over this message holds, to the letter.
    pub(crate) fn is_of(&self, algorithm: Algorithm, message: &[u8]) -> bool {
        match self {
            Self::Pkcs1 { hash, .. } => {
                algorithm.family() == Family::RsaPkcs1
                    && hash.output_len() == algorithm.hash_bytes()
                    && self.covers(message)
            }
            Self::Pss(_) => {
                algorithm.family() == Family::RsaPss
                    && self.padding(message).is_some_and(|one| {
                        [one.hash.output_len(), one.mask.output_len(), one.salt.len()]
                            == [algorithm.hash_bytes(); 3]
                    })
            }
            Self::Rubbish => false,
        }
    }

    /// The reading of a PSS block that is over this message.
    pub(crate) fn padding(&self, message: &[u8]) -> Option<&Padding> {
        match self {
            Self::Pss(readings) => readings.iter().find(|one| one.covers(message)),
            Self::Pkcs1 { .. } | Self::Rubbish => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_testkit::keys;
    use proptest::prelude::*;

    #[test]
    fn a_signature_gives_up_what_was_signed() {
        for algorithm in [Algorithm::Rs256, Algorithm::Rs512, Algorithm::Ps256, Algorithm::Ps384] {
            let key = keys::signing(algorithm);
            let signature = key.sign(b"message").unwrap();
            let block = open(&key.public().unwrap(), &signature).unwrap();
            assert!(block.covers(b"message"), "{algorithm}");
            assert!(!block.covers(b"massage"), "{algorithm}");
            assert!(block.is_of(algorithm, b"message"), "{algorithm}");
            for other in [Algorithm::Rs256, Algorithm::Rs384, Algorithm::Ps256, Algorithm::Ps512] {
                assert_eq!(block.is_of(other, b"message"), other == algorithm, "{algorithm}");
            }
            match &block {
                Block::Pkcs1 { hash, .. } => assert_eq!(bits(hash), algorithm.hash_bytes() * 8),
                Block::Pss(_) => {
                    let padding = block.padding(b"message").unwrap();
                    assert_eq!(bits(padding.hash), algorithm.hash_bytes() * 8);
                    assert_eq!(padding.salt.len(), algorithm.hash_bytes());
                }
                Block::Rubbish => panic!("{algorithm}"),
            }
            let other = keys::other_signing(algorithm, "x").public().unwrap();
            assert!(matches!(open(&other, &signature), Some(Block::Rubbish)));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 256)) {
            let _ = pkcs1(&bytes);
            let _ = pss(&bytes, 2048);
            let _ = pss(&bytes[..40], 321);
        }
    }
}
