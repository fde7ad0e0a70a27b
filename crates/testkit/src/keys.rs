//! Fixed keys, one per algorithm and a second one where a test needs a stranger's.
//!
//! They were generated once, are published with the source and protect nothing. Nothing outside
//! tests may use them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_token::{Algorithm, SigningKey};

/// A shared secret of 64 bytes: long enough for HS512.
pub const SECRET: &[u8; 64] = b"claviger-testkit-secret-which-protects-nothing-and-is-published!";

/// Another one, for a party that is not trusted.
pub const OTHER_SECRET: &[u8; 64] =
    b"claviger-testkit-another-secret-that-protects-nothing-either!!!!";

macro_rules! pem {
    ($name:literal) => {
        include_str!(concat!("../keys/", $name, ".pem"))
    };
}

/// The private key of an algorithm as PEM text (PKCS#8).
///
/// # Panics
/// For an HMAC algorithm, which signs with [`SECRET`].
#[must_use]
pub fn private_pem(algorithm: Algorithm) -> &'static str {
    armour(match algorithm {
        Algorithm::Es256 => pem!("es256"),
        Algorithm::Es384 => pem!("es384"),
        Algorithm::Es512 => pem!("es512"),
        Algorithm::EdDsa => pem!("ed25519"),
        Algorithm::MlDsa65 => pem!("mldsa65"),
        Algorithm::Rs256
        | Algorithm::Rs384
        | Algorithm::Rs512
        | Algorithm::Ps256
        | Algorithm::Ps384
        | Algorithm::Ps512 => pem!("rsa2048"),
        _ => panic!("{algorithm:?} signs with a secret: use keys::SECRET"),
    })
}

/// The private key of a stranger as PEM text; there is one each for ES256, EdDSA, ML-DSA-65 and RSA.
///
/// # Panics
/// For an algorithm without a second key.
#[must_use]
pub fn other_private_pem(algorithm: Algorithm) -> &'static str {
    armour(match algorithm {
        Algorithm::Es256 => pem!("es256-other"),
        Algorithm::EdDsa => pem!("ed25519-other"),
        Algorithm::MlDsa65 => pem!("mldsa65-other"),
        Algorithm::Rs256
        | Algorithm::Rs384
        | Algorithm::Rs512
        | Algorithm::Ps256
        | Algorithm::Ps384
        | Algorithm::Ps512 => pem!("rsa2048-other"),
        _ => panic!("testkit holds no second key for {algorithm:?}"),
    })
}

/// An RSA private key of 3072 bits as PEM text.
#[must_use]
pub fn rsa3072_pem() -> &'static str {
    armour(pem!("rsa3072"))
}

/// The DER inside a PEM text of this module.
///
/// # Panics
/// Where the text is no PEM.
#[must_use]
pub fn der(pem: &str) -> Vec<u8> {
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(base64).expect("the fixed keys are PEM")
}

/// The fixed signing key of an algorithm, called `test-<algorithm>`, for example `test-es256`.
///
/// # Panics
/// Never for the algorithms that exist; a new one needs its key here first.
#[must_use]
pub fn signing(algorithm: Algorithm) -> SigningKey {
    let kid = format!("test-{}", algorithm.name().to_lowercase());
    signing_as(algorithm, &kid)
}

/// The fixed signing key of an algorithm under a `kid` of the caller's.
///
/// # Panics
/// As [`signing`].
#[must_use]
pub fn signing_as(algorithm: Algorithm, kid: &str) -> SigningKey {
    if is_secret(algorithm) {
        return SigningKey::from_secret(algorithm, Some(kid.to_owned()), SECRET)
            .expect("a fixed secret");
    }
    SigningKey::from_pkcs8(algorithm, Some(kid.to_owned()), &der(private_pem(algorithm)))
        .expect("a fixed key")
}

/// A stranger's signing key under a `kid` of the caller's: give it the honest one to forge.
///
/// # Panics
/// For an algorithm without a second key.
#[must_use]
pub fn other_signing(algorithm: Algorithm, kid: &str) -> SigningKey {
    if is_secret(algorithm) {
        return SigningKey::from_secret(algorithm, Some(kid.to_owned()), OTHER_SECRET)
            .expect("a fixed secret");
    }
    SigningKey::from_pkcs8(algorithm, Some(kid.to_owned()), &der(other_private_pem(algorithm)))
        .expect("a fixed key")
}

/// The JWK set with the public halves of the given keys.
#[must_use]
pub fn jwks(keys: &[SigningKey]) -> serde_json::Value {
    let keys: Vec<_> = keys.iter().map(SigningKey::jwk).filter(|jwk| !jwk.is_null()).collect();
    serde_json::json!({ "keys": keys })
}

const fn is_secret(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512)
}

/// The key files open with a line that says what they are; a PEM reader need not see it.
fn armour(file: &'static str) -> &'static str {
    &file[file.find("-----BEGIN").expect("the fixed keys are PEM")..]
}
