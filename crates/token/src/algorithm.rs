//! The signature algorithms of RFC 7518 §3.1, RFC 8037 §3.1 and RFC 9964 §5, one table.

use std::fmt;

use aws_lc_rs::digest;

use crate::base64url;

/// A signature algorithm that this engine verifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// Ed25519 (RFC 8037); also written `Ed25519` (RFC 9864).
    EdDsa,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// HMAC with SHA-256.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
    /// ML-DSA-65 of FIPS 204 with an empty context (RFC 9964): withstands quantum computers, at 3309 bytes a
    /// signature. Counts only where it is named: see [`Algorithm::must_be_named`].
    MlDsa65,
}

/// What kind of arithmetic an algorithm rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// ECDSA.
    Ecdsa,
    /// EdDSA.
    EdDsa,
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1,
    /// RSASSA-PSS.
    RsaPss,
    /// HMAC: whoever can verify can also sign.
    Hmac,
    /// Module lattices.
    MlDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
        Self::MlDsa65,
    ];

    /// The registered name, as `alg` writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::MlDsa65 => "ML-DSA-65",
        }
    }

    /// The algorithm of a registered name; names are case-sensitive (RFC 7515 §4.1.1).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        if name == "Ed25519" {
            return Some(Self::EdDsa);
        }
        Self::ALL.iter().copied().find(|algorithm| algorithm.name() == name)
    }

    /// Which arithmetic.
    #[must_use]
    pub const fn family(self) -> Family {
        match self {
            Self::Es256 | Self::Es384 | Self::Es512 => Family::Ecdsa,
            Self::EdDsa => Family::EdDsa,
            Self::Rs256 | Self::Rs384 | Self::Rs512 => Family::RsaPkcs1,
            Self::Ps256 | Self::Ps384 | Self::Ps512 => Family::RsaPss,
            Self::Hs256 | Self::Hs384 | Self::Hs512 => Family::Hmac,
            Self::MlDsa65 => Family::MlDsa,
        }
    }

    /// Whether the verifying key is a secret.
    #[must_use]
    pub const fn is_symmetric(self) -> bool {
        matches!(self.family(), Family::Hmac)
    }

    /// Those whose verifying key is no secret.
    pub fn asymmetric() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|algorithm| !algorithm.is_symmetric())
    }

    /// Whether a policy accepts it only by name: it is young, its tokens are large, and most verifiers cannot
    /// read them.
    #[must_use]
    pub const fn must_be_named(self) -> bool {
        matches!(self.family(), Family::MlDsa)
    }

    /// The length of its hash in bytes. EdDSA and ML-DSA have none of their own to go by; for them it is that of
    /// SHA-512, which is as strong as they are. No RFC says so for ML-DSA.
    #[must_use]
    pub const fn hash_bytes(self) -> usize {
        match self {
            Self::Es256 | Self::Rs256 | Self::Ps256 | Self::Hs256 => 32,
            Self::Es384 | Self::Rs384 | Self::Ps384 | Self::Hs384 => 48,
            Self::Es512 | Self::EdDsa | Self::Rs512 | Self::Ps512 | Self::Hs512 | Self::MlDsa65 => {
                64
            }
        }
    }

    /// The left half of a text's hash, base64url, by which an ID token of this algorithm names a code or an access
    /// token (OpenID Connect Core §3.1.3.6).
    #[must_use]
    pub fn left_half(self, text: &[u8]) -> String {
        let hash = match self.hash_bytes() {
            32 => &digest::SHA256,
            48 => &digest::SHA384,
            _ => &digest::SHA512,
        };
        let hash = digest::digest(hash, text);
        base64url::encode(&hash.as_ref()[..hash.as_ref().len() / 2])
    }

    /// The length of a signature in bytes; none for RSA, where the key decides.
    #[must_use]
    pub const fn signature_bytes(self) -> Option<usize> {
        match self {
            Self::Es256 | Self::EdDsa => Some(64),
            Self::Es384 => Some(96),
            Self::Es512 => Some(132),
            Self::Hs256 => Some(32),
            Self::Hs384 => Some(48),
            Self::Hs512 => Some(64),
            Self::MlDsa65 => Some(3309),
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => {
                None
            }
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of OpenID Connect Core §A.3 (RS256): the access token of §A.3 and its `at_hash`.
    #[test]
    fn the_left_half_is_that_of_the_specification() {
        let token = b"jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(Algorithm::Rs256.left_half(token), "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(Algorithm::EdDsa.left_half(token).len(), 43);
        assert_eq!(Algorithm::MlDsa65.left_half(token), Algorithm::EdDsa.left_half(token));
    }
}
