//! A signing key and the sealing of claims into a compact JWS (RFC 7515 §3.1).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    self as lc, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, PqdsaKeyPair, RsaEncoding, RsaKeyPair,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::algorithm::{Algorithm, Family};
use crate::base64url;
use crate::key::{Key, KeyError, KeyKind, KeyProblem};

/// The header of what is sealed (RFC 7515 §4.1).
#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: &'a str,
}

enum Private {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(Arc<RsaKeyPair>, &'static dyn RsaEncoding),
    MlDsa(PqdsaKeyPair),
    Hmac(Box<hmac::Key>, Vec<u8>),
}

/// A private key that signs with one algorithm. Its `Debug` names it and shows nothing; it has no
/// `Serialize`.
pub struct SigningKey {
    algorithm: Algorithm,
    kid: String,
    private: Private,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid)
            .field("private", &"[redacted]")
            .finish()
    }
}

impl Drop for SigningKey {
    fn drop(&mut self) {
        if let Private::Hmac(_, secret) = &mut self.private {
            secret.fill(0);
        }
    }
}

/// Signing failed: the library refused, or the claims are no JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignError(&'static str);

impl fmt::Display for SignError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}
impl std::error::Error for SignError {}

impl SigningKey {
    /// A private key from PKCS#8; without a `kid` it is called by its thumbprint (RFC 7638).
    ///
    /// # Errors
    /// Where the bytes are no private key of the algorithm's type, or RSA under 2048 bits.
    pub fn from_pkcs8(
        algorithm: Algorithm,
        kid: Option<String>,
        pkcs8: &[u8],
    ) -> Result<Self, KeyError> {
        let refused = |_| {
            let reason = format!("no private key for {algorithm} (PKCS#8)");
            KeyError::new(KeyProblem::Malformed, reason)
        };
        let private = match algorithm {
            Algorithm::Es256 | Algorithm::Es384 | Algorithm::Es512 => {
                let scheme = match algorithm {
                    Algorithm::Es256 => &lc::ECDSA_P256_SHA256_FIXED_SIGNING,
                    Algorithm::Es384 => &lc::ECDSA_P384_SHA384_FIXED_SIGNING,
                    _ => &lc::ECDSA_P521_SHA512_FIXED_SIGNING,
                };
                Private::Ecdsa(EcdsaKeyPair::from_pkcs8(scheme, pkcs8).map_err(refused)?)
            }
            Algorithm::EdDsa => Private::Ed25519(
                Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).map_err(refused)?,
            ),
            Algorithm::Rs256
            | Algorithm::Rs384
            | Algorithm::Rs512
            | Algorithm::Ps256
            | Algorithm::Ps384
            | Algorithm::Ps512 => {
                let encoding: &'static dyn RsaEncoding = match algorithm {
                    Algorithm::Rs256 => &lc::RSA_PKCS1_SHA256,
                    Algorithm::Rs384 => &lc::RSA_PKCS1_SHA384,
                    Algorithm::Rs512 => &lc::RSA_PKCS1_SHA512,
                    Algorithm::Ps256 => &lc::RSA_PSS_SHA256,
                    Algorithm::Ps384 => &lc::RSA_PSS_SHA384,
                    _ => &lc::RSA_PSS_SHA512,
                };
                let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(refused)?;
                if pair.public_modulus_len() < 256 {
                    let reason = "an RSA key under 2048 bits is not signed with";
                    return Err(KeyError::new(KeyProblem::Unsupported, reason));
                }
                Private::Rsa(Arc::new(pair), encoding)
            }
            Algorithm::MlDsa65 => Private::MlDsa(
                PqdsaKeyPair::from_pkcs8(&lc::ML_DSA_65_SIGNING, pkcs8).map_err(refused)?,
            ),
            Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => {
                let reason = format!("{algorithm} signs with a secret, not with PKCS#8");
                return Err(KeyError::new(KeyProblem::Unsupported, reason));
            }
        };
        Self::named(algorithm, kid, private)
    }

    /// A shared secret. For a peer that cannot do better: our own authority never signs with one.
    ///
    /// # Errors
    /// Where the algorithm is not HMAC.
    pub fn from_secret(
        algorithm: Algorithm,
        kid: Option<String>,
        secret: &[u8],
    ) -> Result<Self, KeyError> {
        let hash = match algorithm {
            Algorithm::Hs256 => hmac::HMAC_SHA256,
            Algorithm::Hs384 => hmac::HMAC_SHA384,
            Algorithm::Hs512 => hmac::HMAC_SHA512,
            _ => {
                let reason = format!("{algorithm} does not sign with a secret");
                return Err(KeyError::new(KeyProblem::Unsupported, reason));
            }
        };
        Self::named(
            algorithm,
            kid,
            Private::Hmac(Box::new(hmac::Key::new(hash, secret)), secret.to_vec()),
        )
    }

    fn named(
        algorithm: Algorithm,
        kid: Option<String>,
        private: Private,
    ) -> Result<Self, KeyError> {
        let mut key = Self { algorithm, kid: String::new(), private };
        key.kid = match kid {
            Some(kid) => kid,
            None => key.verifying()?.thumbprint().to_owned(),
        };
        Ok(key)
    }

    fn verifying(&self) -> Result<Key, KeyError> {
        match &self.private {
            Private::Ecdsa(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = point[1..].split_at((point.len() - 1) / 2);
                let kind = match self.algorithm {
                    Algorithm::Es256 => KeyKind::P256,
                    Algorithm::Es384 => KeyKind::P384,
                    _ => KeyKind::P521,
                };
                Key::ec(kind, x, y)
            }
            Private::Ed25519(pair) => Key::ed25519(pair.public_key().as_ref()),
            Private::Rsa(pair, _) => {
                let public = pair.public_key();
                Key::rsa(
                    public.modulus().big_endian_without_leading_zero(),
                    public.exponent().big_endian_without_leading_zero(),
                )
            }
            Private::MlDsa(pair) => Key::ml_dsa_65(pair.public_key().as_ref()),
            Private::Hmac(_, secret) => Ok(Key::from_secret(secret)),
        }
    }

    /// The algorithm it signs with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
    /// The `kid` it writes into headers.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The verifying half, under the same `kid`, marked for the one algorithm.
    ///
    /// # Errors
    /// Where the library does not accept the public half; it comes from the private one, so it does.
    pub fn public(&self) -> Result<Key, KeyError> {
        Ok(self.verifying()?.with_kid(self.kid.clone()).with_algorithm(self.algorithm))
    }

    /// The public JWK as a key set publishes it; null for a secret, which nothing publishes.
    #[must_use]
    pub fn jwk(&self) -> Value {
        let Some(Value::Object(mut jwk)) = self.public().ok().and_then(|key| key.jwk()) else {
            return Value::Null;
        };
        jwk.insert("use".to_owned(), json!("sig"));
        Value::Object(jwk)
    }

    /// The signature over a message.
    ///
    /// # Errors
    /// Where the library refuses.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let refused = |_| SignError("the cryptographic library refused to sign");
        match &self.private {
            Private::Ecdsa(pair) => {
                Ok(pair.sign(&SystemRandom::new(), message).map_err(refused)?.as_ref().to_vec())
            }
            Private::Ed25519(pair) => {
                Ok(pair.try_sign(message).map_err(refused)?.as_ref().to_vec())
            }
            Private::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &SystemRandom::new(), message, &mut signature)
                    .map_err(refused)?;
                Ok(signature)
            }
            Private::MlDsa(pair) => {
                let mut signature = vec![0; pair.algorithm().signature_len()];
                pair.sign(message, &mut signature).map_err(refused)?;
                Ok(signature)
            }
            Private::Hmac(key, _) => Ok(hmac::sign(key, message).as_ref().to_vec()),
        }
    }

    /// Claims as a compact JWS with the header `alg`, `typ`, `kid`.
    ///
    /// # Errors
    /// Where the claims do not serialise or the library refuses.
    pub fn seal(&self, typ: &str, claims: &impl Serialize) -> Result<String, SignError> {
        let header = Header { alg: self.algorithm.name(), typ, kid: &self.kid };
        self.seal_with(&header, claims)
    }

    /// Claims as a compact JWS under a header of the caller's own.
    ///
    /// # Errors
    /// Where the claims do not serialise or the library refuses.
    pub fn seal_with(
        &self,
        header: &impl Serialize,
        claims: &impl Serialize,
    ) -> Result<String, SignError> {
        // Room for what most headers and claims need.
        let (mut header_json, mut claims_json) = (Vec::with_capacity(128), Vec::with_capacity(512));
        serde_json::to_writer(&mut header_json, header)
            .map_err(|_| SignError("the header cannot be written as JSON"))?;
        serde_json::to_writer(&mut claims_json, claims)
            .map_err(|_| SignError("the claims cannot be written as JSON"))?;
        let mut token =
            String::with_capacity((header_json.len() + claims_json.len()) * 4 / 3 + 128);
        base64url::encode_into(header_json, &mut token);
        token.push('.');
        base64url::encode_into(claims_json, &mut token);
        let signature = self.sign(token.as_bytes())?;
        token.push('.');
        base64url::encode_into(signature, &mut token);
        Ok(token)
    }

    /// Whether the verifying key is a secret too.
    #[must_use]
    pub const fn is_symmetric(&self) -> bool {
        matches!(self.algorithm.family(), Family::Hmac)
    }
}
