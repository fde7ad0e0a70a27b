//! New signing keys: made here, sealed before they are handed on, opened again at start.
//!
//! Decides the form a private key is kept in. Never decides when a key is made (`claviger_protocol::key`).

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, ML_DSA_65_SIGNING, PqdsaKeyPair,
    RsaKeyPair,
};
use claviger_protocol::{KeyRecord, KeyState};
use claviger_store::seal::{self, MasterKey, SealError};
use claviger_token::{Algorithm, SigningKey};
use zeroize::Zeroizing;

/// A key that could not be made, sealed or opened. Says which and why, never what is in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyTrouble {
    #[error("a new {algorithm} key could not be made: {reason}")]
    Making { algorithm: String, reason: String },
    #[error("the key `{kid}` cannot be opened with this master key ({reason})")]
    Sealed { kid: String, reason: SealError },
    #[error("the key `{kid}` is damaged: {reason}")]
    Damaged { kid: String, reason: String },
}

/// A new key and its record. RSA takes its time: call it where blocking is allowed.
pub(crate) fn make(
    algorithm: Algorithm,
    rsa_bits: u32,
    master: &MasterKey,
    state: KeyState,
    activates_at: i64,
    now: i64,
) -> Result<(KeyRecord, Vec<u8>), KeyTrouble> {
    let trouble = |reason: String| KeyTrouble::Making { algorithm: algorithm.to_string(), reason };
    let private = private(algorithm, rsa_bits)
        .map_err(|()| trouble("the cryptographic library refused".to_owned()))?;
    // Named by its thumbprint (RFC 7638): no other key can ever get the same `kid`.
    let key = SigningKey::from_pkcs8(algorithm, None, &private)
        .map_err(|error| trouble(error.to_string()))?;
    let kid = key.kid().to_owned();
    let sealed = seal::seal(master, &context(&kid), &private)
        .map_err(|reason| KeyTrouble::Sealed { kid: kid.clone(), reason })?;
    let record = KeyRecord::created(kid, algorithm.name(), state, activates_at, now);
    Ok((record, sealed))
}

/// Opens a sealed key.
pub(crate) fn open(
    record: &KeyRecord,
    sealed: &[u8],
    master: &MasterKey,
) -> Result<SigningKey, KeyTrouble> {
    let kid = &record.kid;
    let private = seal::open(master, &context(kid), sealed)
        .map_err(|reason| KeyTrouble::Sealed { kid: kid.clone(), reason })?;
    let damaged = |reason: String| KeyTrouble::Damaged { kid: kid.clone(), reason };
    let algorithm = Algorithm::from_name(&record.algorithm)
        .ok_or_else(|| damaged(format!("there is no algorithm `{}`", record.algorithm)))?;
    SigningKey::from_pkcs8(algorithm, Some(kid.clone()), &private)
        .map_err(|error| damaged(error.to_string()))
}

/// What a sealed key is bound to, so that two rows cannot be swapped.
fn context(kid: &str) -> Vec<u8> {
    format!("signing-key:{kid}").into_bytes()
}

/// PKCS#8 of a new private key.
fn private(algorithm: Algorithm, rsa_bits: u32) -> Result<Zeroizing<Vec<u8>>, ()> {
    let random = SystemRandom::new();
    match algorithm {
        Algorithm::Es256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
            .map(|document| Zeroizing::new(document.as_ref().to_vec()))
            .map_err(drop),
        Algorithm::EdDsa => Ed25519KeyPair::generate_pkcs8(&random)
            .map(|document| Zeroizing::new(document.as_ref().to_vec()))
            .map_err(drop),
        Algorithm::Ps256 | Algorithm::Rs256 => {
            let size = match rsa_bits {
                4096 => KeySize::Rsa4096,
                3072 => KeySize::Rsa3072,
                _ => KeySize::Rsa2048,
            };
            let pair = RsaKeyPair::generate(size).map_err(drop)?;
            let document = pair.as_der().map_err(drop)?;
            Ok(Zeroizing::new(document.as_ref().to_vec()))
        }
        // Its PKCS#8 holds the seed alone, 32 bytes (RFC 9881 §6).
        Algorithm::MlDsa65 => PqdsaKeyPair::generate(&ML_DSA_65_SIGNING)
            .and_then(|pair| pair.to_pkcs8v1())
            .map(|document| Zeroizing::new(document.as_ref().to_vec()))
            .map_err(drop),
        // The configuration names no other.
        _ => Err(()),
    }
}
