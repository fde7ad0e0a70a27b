//! A verifying key, parsed once and kept parsed: from a JWK (RFC 7517), from PEM (RFC 7468) or a secret.
//!
//! Decides which algorithms a key can serve; never which key a token is judged with (that is `check`'s).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::{self as lc, ParsedPublicKey, RsaPublicKeyComponents};
use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use serde_json::{Value, json};

use crate::algorithm::Algorithm;
use crate::{base64url, der};

/// The mathematical kind of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// RSA.
    Rsa,
    /// The curve P-256.
    P256,
    /// The curve P-384.
    P384,
    /// The curve P-521.
    P521,
    /// Ed25519.
    Ed25519,
    /// ML-DSA-65 (RFC 9964).
    MlDsa65,
    /// A shared secret.
    Secret,
}

impl KeyKind {
    /// In words, for messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rsa => "RSA",
            Self::P256 => "EC P-256",
            Self::P384 => "EC P-384",
            Self::P521 => "EC P-521",
            Self::Ed25519 => "Ed25519",
            Self::MlDsa65 => "ML-DSA-65",
            Self::Secret => "secret",
        }
    }

    /// The algorithms that a key of this kind can serve.
    #[must_use]
    pub const fn algorithms(self) -> &'static [Algorithm] {
        use Algorithm as A;
        match self {
            Self::Rsa => &[A::Rs256, A::Rs384, A::Rs512, A::Ps256, A::Ps384, A::Ps512],
            Self::P256 => &[A::Es256],
            Self::P384 => &[A::Es384],
            Self::P521 => &[A::Es512],
            Self::Ed25519 => &[A::EdDsa],
            Self::MlDsa65 => &[A::MlDsa65],
            Self::Secret => &[A::Hs256, A::Hs384, A::Hs512],
        }
    }
}

/// What is wrong with a text that should have been a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyProblem {
    /// It is a private key: a verifier needs, and should hold, only the public half.
    Private,
    /// It is a certificate; the key stands inside it.
    Certificate,
    /// It is in OpenSSH's own format.
    OpenSsh,
    /// The line breaks of the PEM are written as the two characters `\n`.
    EscapedNewlines,
    /// A type or curve that this engine does not verify with.
    Unsupported,
    /// It does not parse, or its numbers make no key.
    Malformed,
}

/// A text that is no verifying key, and why. Never quotes the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyError {
    /// Which problem.
    pub problem: KeyProblem,
    /// In words, with the member or label it is about.
    pub reason: String,
}

impl KeyError {
    pub(crate) fn new(problem: KeyProblem, reason: impl Into<String>) -> Self {
        Self { problem, reason: reason.into() }
    }
}
impl fmt::Display for KeyError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.reason)
    }
}
impl std::error::Error for KeyError {}

enum Material {
    /// One parsed key for each algorithm of the kind, in the order of [`KeyKind::algorithms`].
    Public(Vec<ParsedPublicKey>),
    Secret {
        by_hash: Box<[hmac::Key; 3]>,
        bytes: usize,
    },
}

/// A verifying key.
pub struct Key {
    kind: KeyKind,
    bits: usize,
    material: Material,
    kid: Option<Arc<str>>,
    /// The JWK's `alg` as written: it may name an algorithm that is none of ours, and forbids all others.
    algorithm: Option<String>,
    usage: Option<String>,
    operations: Option<Vec<String>>,
    thumbprint: Arc<str>,
    /// The required public members of the JWK; null for secrets.
    public: Value,
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Key")
            .field("kind", &self.kind)
            .field("kid", &self.kid)
            .field("thumbprint", &self.thumbprint)
            .finish_non_exhaustive()
    }
}

const P256: [u8; 8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
const P384: [u8; 5] = [0x2B, 0x81, 0x04, 0x00, 0x22];
const P521: [u8; 5] = [0x2B, 0x81, 0x04, 0x00, 0x23];
const EC_PUBLIC_KEY: [u8; 7] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
const RSA_ENCRYPTION: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
const ED25519: [u8; 3] = [0x2B, 0x65, 0x70];
/// `id-ml-dsa-65` (RFC 9881 §2).
const ML_DSA_65: [u8; 9] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12];
/// The length of a public key of ML-DSA-65 (FIPS 204, table 2).
const ML_DSA_65_BYTES: usize = 1952;

/// The members of a JWK that hold something private (RFC 7518 §6.2.2 and §6.3.2, RFC 9964 §3); `k` of a shared
/// secret aside.
pub const PRIVATE_MEMBERS: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "priv"];

impl Key {
    fn public(kind: KeyKind, bits: usize, parsed: Vec<ParsedPublicKey>, public: Value) -> Self {
        // RFC 7638 §3: the required members in lexicographic order, no white space. `json!` keeps the
        // order in which the constructors below write them.
        let thumbprint =
            base64url::encode(digest::digest(&digest::SHA256, public.to_string().as_bytes()))
                .into();
        Self {
            kind,
            bits,
            material: Material::Public(parsed),
            kid: None,
            algorithm: None,
            usage: None,
            operations: None,
            thumbprint,
            public,
        }
    }

    pub(crate) fn rsa(n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        let malformed = || KeyError::new(KeyProblem::Malformed, "the RSA numbers make no key");
        let n = &n[n.iter().position(|byte| *byte != 0).ok_or_else(malformed)?..];
        let e = &e[e.iter().position(|byte| *byte != 0).ok_or_else(malformed)?..];
        let bits = n.len() * 8 - n[0].leading_zeros() as usize;
        if bits > 8192 {
            return Err(KeyError::new(KeyProblem::Unsupported, "an RSA key over 8192 bits"));
        }
        if has_roca_fingerprint(n) {
            return Err(KeyError::new(
                KeyProblem::Unsupported,
                "an RSA key of a faulty generator (ROCA, CVE-2017-15361): it can be factored",
            ));
        }
        let components = RsaPublicKeyComponents { n, e };
        let parsed = if bits >= 2048 {
            [
                &lc::RSA_PKCS1_2048_8192_SHA256,
                &lc::RSA_PKCS1_2048_8192_SHA384,
                &lc::RSA_PKCS1_2048_8192_SHA512,
                &lc::RSA_PSS_2048_8192_SHA256,
                &lc::RSA_PSS_2048_8192_SHA384,
                &lc::RSA_PSS_2048_8192_SHA512,
            ]
            .into_iter()
            .map(|parameters| components.to_parsed_public_key(parameters))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| malformed())?
        } else if bits >= 1024 {
            // Too weak to be trusted (the check `key` refuses it), parsed so that examine can still
            // say whether the signature holds. The library offers RS256 only down here.
            vec![
                components
                    .to_parsed_public_key(&lc::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY)
                    .map_err(|_| malformed())?,
            ]
        } else {
            Vec::new()
        };
        let public = json!({"e": base64url::encode(e), "kty": "RSA", "n": base64url::encode(n)});
        Ok(Self::public(KeyKind::Rsa, bits, parsed, public))
    }

    pub(crate) fn ec(kind: KeyKind, x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        let (curve, bits, algorithm): (_, _, &'static dyn lc::VerificationAlgorithm) = match kind {
            KeyKind::P256 => ("P-256", 256, &lc::ECDSA_P256_SHA256_FIXED),
            KeyKind::P384 => ("P-384", 384, &lc::ECDSA_P384_SHA384_FIXED),
            _ => ("P-521", 521, &lc::ECDSA_P521_SHA512_FIXED),
        };
        let size = usize::div_ceil(bits, 8);
        // RFC 7518 §6.2.1.2: the full size of a coordinate, leading zeros included.
        if x.len() != size || y.len() != size {
            return Err(KeyError::new(
                KeyProblem::Malformed,
                format!("`x` and `y` of {curve} are {size} bytes long each"),
            ));
        }
        let point = [&[0x04], x, y].concat();
        let parsed = ParsedPublicKey::new(algorithm, point).map_err(|_| {
            KeyError::new(KeyProblem::Malformed, format!("`x` and `y` are no point of {curve}"))
        })?;
        let public = json!({
            "crv": curve, "kty": "EC", "x": base64url::encode(x), "y": base64url::encode(y)
        });
        Ok(Self::public(kind, bits, vec![parsed], public))
    }

    pub(crate) fn ed25519(x: &[u8]) -> Result<Self, KeyError> {
        let malformed = || KeyError::new(KeyProblem::Malformed, "`x` is no Ed25519 key");
        if x.len() != 32 {
            return Err(malformed());
        }
        let parsed = ParsedPublicKey::new(&lc::ED25519, x).map_err(|_| malformed())?;
        let public = json!({"crv": "Ed25519", "kty": "OKP", "x": base64url::encode(x)});
        Ok(Self::public(KeyKind::Ed25519, 256, vec![parsed], public))
    }

    pub(crate) fn ml_dsa_65(public: &[u8]) -> Result<Self, KeyError> {
        // The length first: the library would also take an SPKI here.
        let parsed = (public.len() == ML_DSA_65_BYTES)
            .then(|| ParsedPublicKey::new(&lc::ML_DSA_65, public).ok())
            .flatten()
            .ok_or_else(|| {
                let reason = format!("an ML-DSA-65 public key is {ML_DSA_65_BYTES} bytes long");
                KeyError::new(KeyProblem::Malformed, reason)
            })?;
        // RFC 9964 §6: `alg` is one of the members that make the thumbprint.
        let name = Algorithm::MlDsa65.name();
        let members = json!({"alg": name, "kty": "AKP", "pub": base64url::encode(public)});
        Ok(Self::public(KeyKind::MlDsa65, public.len() * 8, vec![parsed], members))
    }

    /// A key from a JWK (RFC 7517 §4). Private keys are refused: a verifier has no use for them.
    ///
    /// # Errors
    /// Where a required member is missing or wrong, the key is private, or its type unknown.
    pub fn from_jwk(jwk: &Value) -> Result<Self, KeyError> {
        let member = |name: &str| -> Result<Vec<u8>, KeyError> {
            let text = jwk.get(name).and_then(Value::as_str).ok_or_else(|| {
                KeyError::new(KeyProblem::Malformed, format!("the JWK has no text `{name}`"))
            })?;
            base64url::decode(text).map_err(|_| {
                KeyError::new(KeyProblem::Malformed, format!("the JWK's `{name}` is no base64url"))
            })
        };
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let kty = text("kty").ok_or_else(|| {
            KeyError::new(KeyProblem::Malformed, "no JWK: it has no text member `kty`")
        })?;
        if kty != "oct"
            && let Some(member) = PRIVATE_MEMBERS.iter().find(|member| jwk.get(member).is_some())
        {
            let reason = format!("the JWK is a private key (it has `{member}`)");
            return Err(KeyError::new(KeyProblem::Private, reason));
        }
        let mut key = match (kty, text("crv")) {
            ("RSA", _) => Self::rsa(&member("n")?, &member("e")?)?,
            ("EC", Some("P-256")) => Self::ec(KeyKind::P256, &member("x")?, &member("y")?)?,
            ("EC", Some("P-384")) => Self::ec(KeyKind::P384, &member("x")?, &member("y")?)?,
            ("EC", Some("P-521")) => Self::ec(KeyKind::P521, &member("x")?, &member("y")?)?,
            ("OKP", Some("Ed25519")) => Self::ed25519(&member("x")?)?,
            ("oct", _) => Self::from_secret(&member("k")?),
            // RFC 9964 §3: what an AKP key is, its `alg` says.
            ("AKP", _) if text("alg") == Some(Algorithm::MlDsa65.name()) => {
                Self::ml_dsa_65(&member("pub")?)?
            }
            ("AKP", _) if text("alg").is_none() => {
                let reason = "the JWK has no text `alg`, which says what an AKP key is";
                return Err(KeyError::new(KeyProblem::Malformed, reason));
            }
            (kty, crv) => {
                let what = match (kty, crv, text("alg")) {
                    ("AKP", _, Some(alg)) => format!(", algorithm `{alg}`"),
                    (_, Some(crv), _) => format!(", curve `{crv}`"),
                    _ => String::new(),
                };
                let reason = format!("a key type that is not supported (`{kty}`{what})");
                return Err(KeyError::new(KeyProblem::Unsupported, reason));
            }
        };
        key.kid = text("kid").map(Arc::from);
        key.algorithm = text("alg").map(str::to_owned);
        key.usage = text("use").map(str::to_owned);
        key.operations = jwk
            .get("key_ops")
            .and_then(Value::as_array)
            .map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        Ok(key)
    }

    /// A public key from PEM: `PUBLIC KEY` (SPKI) or `RSA PUBLIC KEY` (PKCS#1).
    ///
    /// # Errors
    /// For anything else, saying what it is instead.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let trimmed = text.trim();
        if trimmed.starts_with("ssh-") || trimmed.contains("BEGIN OPENSSH") {
            return Err(KeyError::new(
                KeyProblem::OpenSsh,
                "a key in OpenSSH's format; convert it: ssh-keygen -e -m PKCS8 -f KEY.pub",
            ));
        }
        let Some((before, behind)) = trimmed.split_once("-----BEGIN ") else {
            return Err(KeyError::new(
                KeyProblem::Malformed,
                "no PEM: `-----BEGIN PUBLIC KEY-----` is not there",
            ));
        };
        if trimmed.contains("\\n") {
            return Err(KeyError::new(
                KeyProblem::EscapedNewlines,
                "PEM with `\\n` written out in place of line breaks",
            ));
        }
        let Some((label, body)) = behind.split_once("-----") else {
            return Err(KeyError::new(KeyProblem::Malformed, "PEM with a broken first line"));
        };
        if label.contains("PRIVATE") {
            return Err(KeyError::new(
                KeyProblem::Private,
                format!("a private key (`{label}`), where the public key is due"),
            ));
        }
        if label.contains("CERTIFICATE") {
            return Err(KeyError::new(
                KeyProblem::Certificate,
                "a certificate, where its public key is due: openssl x509 -in CERT -pubkey -noout",
            ));
        }
        // RFC 7468 §2: each boundary stands on a line of its own; most libraries insist on it.
        let malformed = |reason: &str| KeyError::new(KeyProblem::Malformed, reason);
        if !before.is_empty() && !before.ends_with('\n') {
            return Err(malformed("PEM with something before its first line, such as a quote"));
        }
        let Some((body, _)) = body.split_once("-----END ") else {
            return Err(malformed("PEM without its last line"));
        };
        if !body.starts_with(['\r', '\n']) || !body.ends_with('\n') {
            return Err(malformed("PEM whose line breaks are lost"));
        }
        let body: String = body.split_ascii_whitespace().collect();
        let der = base64::engine::general_purpose::STANDARD
            .decode(body)
            .map_err(|_| KeyError::new(KeyProblem::Malformed, "PEM whose body is no base64"))?;
        match label {
            "PUBLIC KEY" => Self::from_spki(&der),
            "RSA PUBLIC KEY" => Self::from_pkcs1(&der),
            _ => Err(KeyError::new(
                KeyProblem::Unsupported,
                format!("PEM of a kind that is no public key (`{label}`)"),
            )),
        }
    }

    fn from_pkcs1(der: &[u8]) -> Result<Self, KeyError> {
        let numbers = der::only(der, der::SEQUENCE).and_then(|numbers| {
            let (n, rest) = der::natural(numbers)?;
            let (e, rest) = der::natural(rest)?;
            rest.is_empty().then_some((n, e))
        });
        let (n, e) = numbers
            .ok_or_else(|| KeyError::new(KeyProblem::Malformed, "a broken PKCS#1 public key"))?;
        Self::rsa(n, e)
    }

    /// A public key from the DER of a SubjectPublicKeyInfo (RFC 5280 §4.1).
    ///
    /// # Errors
    /// Where the DER is broken or of a type that is not supported.
    pub fn from_spki(der: &[u8]) -> Result<Self, KeyError> {
        let opened = der::only(der, der::SEQUENCE).and_then(|spki| {
            let (algorithm, rest) = der::next(spki, der::SEQUENCE)?;
            let (bits, rest) = der::next(rest, der::BIT_STRING)?;
            let (object, parameters) = der::next(algorithm, der::OBJECT_ID)?;
            // The first byte counts unused bits: none in a key.
            let (&0, key) = bits.split_first()? else { return None };
            rest.is_empty().then_some((object, parameters, key))
        });
        let (object, parameters, key) = opened
            .ok_or_else(|| KeyError::new(KeyProblem::Malformed, "a broken public key (SPKI)"))?;
        if object == RSA_ENCRYPTION {
            return Self::from_pkcs1(key);
        }
        if object == ED25519 {
            return Self::ed25519(key);
        }
        if object == ML_DSA_65 {
            return Self::ml_dsa_65(key);
        }
        if object == EC_PUBLIC_KEY {
            let curve = der::only(parameters, der::OBJECT_ID).unwrap_or_default();
            let kind = match curve {
                curve if curve == P256 => KeyKind::P256,
                curve if curve == P384 => KeyKind::P384,
                curve if curve == P521 => KeyKind::P521,
                _ => {
                    let reason = "an elliptic curve other than P-256, P-384 and P-521";
                    return Err(KeyError::new(KeyProblem::Unsupported, reason));
                }
            };
            let Some((0x04, coordinates)) = key.split_first().map(|(form, rest)| (*form, rest))
            else {
                let reason = "an EC point that is not written in full (uncompressed)";
                return Err(KeyError::new(KeyProblem::Unsupported, reason));
            };
            let (x, y) = coordinates.split_at(coordinates.len() / 2);
            return Self::ec(kind, x, y);
        }
        Err(KeyError::new(
            KeyProblem::Unsupported,
            "a public key that is neither RSA, EC, Ed25519 nor ML-DSA-65",
        ))
    }

    /// A shared secret, its bytes as they are.
    #[must_use]
    pub fn from_secret(secret: &[u8]) -> Self {
        let by_hash = [hmac::HMAC_SHA256, hmac::HMAC_SHA384, hmac::HMAC_SHA512]
            .map(|algorithm| hmac::Key::new(algorithm, secret));
        // A hash of the secret itself would let who sees it test guesses; this one identifies the key
        // inside one process's messages and no more.
        let tag = hmac::sign(&by_hash[0], b"claviger key identity");
        Self {
            kind: KeyKind::Secret,
            bits: secret.len() * 8,
            material: Material::Secret { by_hash: Box::new(by_hash), bytes: secret.len() },
            kid: None,
            algorithm: None,
            usage: None,
            operations: None,
            thumbprint: base64url::encode(tag).into(),
            public: Value::Null,
        }
    }

    /// Its `kid`, if it has one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }
    /// The same key under this `kid`.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<Arc<str>>) -> Self {
        self.kid = Some(kid.into());
        self
    }
    /// The same key, marked for this one algorithm.
    #[must_use]
    pub fn with_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = Some(algorithm.name().to_owned());
        self
    }
    /// The same key without the markings (`use`, `key_ops`, `alg`) that restrict it.
    #[must_use]
    pub fn without_markings(mut self) -> Self {
        self.algorithm = None;
        self.usage = None;
        self.operations = None;
        self
    }
    /// Its mathematical kind.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }
    /// Its size in bits: the modulus of RSA, the field of a curve, the length of a secret or of an ML-DSA key.
    #[must_use]
    pub const fn bits(&self) -> usize {
        self.bits
    }
    /// The JWK's `alg`, where it is one of ours.
    #[must_use]
    pub fn algorithm(&self) -> Option<Algorithm> {
        Algorithm::from_name(self.algorithm.as_deref()?)
    }
    /// The JWK's `alg` as written.
    #[must_use]
    pub fn algorithm_name(&self) -> Option<&str> {
        self.algorithm.as_deref()
    }
    /// The JWK's `use`.
    #[must_use]
    pub fn usage(&self) -> Option<&str> {
        self.usage.as_deref()
    }
    /// The JWK's `key_ops`.
    #[must_use]
    pub fn operations(&self) -> Option<&[String]> {
        self.operations.as_deref()
    }
    /// The algorithms that a key of this kind can serve.
    #[must_use]
    pub const fn algorithms(&self) -> &'static [Algorithm] {
        self.kind.algorithms()
    }
    /// The JWK thumbprint (RFC 7638, SHA-256, base64url); for a secret a name that does not reveal it.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// What a thumbprint is made of: the required members of the JWK, as RFC 7638 §3.3 writes them; `null` for a
    /// secret.
    #[must_use]
    pub fn required_members(&self) -> String {
        self.public.to_string()
    }

    /// Its `kid` and thumbprint, shared rather than copied: every verdict carries them.
    pub(crate) fn identity(&self) -> (Option<Arc<str>>, Arc<str>) {
        (self.kid.clone(), Arc::clone(&self.thumbprint))
    }

    /// Why this key may not serve the algorithm by its own markings (RFC 7517 §4.2–4.4); none if it may.
    #[must_use]
    pub fn forbids(&self, algorithm: Algorithm) -> Option<String> {
        if let Some(usage) = self.usage.as_deref().filter(|usage| *usage != "sig") {
            return Some(format!("its `use` is `{usage}`, not `sig`"));
        }
        if let Some(operations) = &self.operations
            && !operations.iter().any(|operation| operation == "verify")
        {
            return Some(format!("its `key_ops` ({}) lack `verify`", operations.join(", ")));
        }
        match &self.algorithm {
            Some(only) if Algorithm::from_name(only) != Some(algorithm) => {
                Some(format!("its `alg` is `{only}`"))
            }
            _ => None,
        }
    }

    /// The bits below which this key is too weak for the algorithm (RFC 7518 §3.2, §3.3); none if it is not.
    #[must_use]
    pub fn too_weak_for(&self, algorithm: Algorithm) -> Option<usize> {
        let minimum = match self.kind {
            KeyKind::Rsa => 2048,
            KeyKind::Secret => algorithm.hash_bytes() * 8,
            _ => return None,
        };
        (self.bits < minimum).then_some(minimum)
    }

    /// Whether `signature` is this key's over `message`. False as well where the key cannot serve the
    /// algorithm. Says nothing of what the key *may* do: see [`Key::forbids`], [`Key::too_weak_for`].
    #[must_use]
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let Some(nth) = self.algorithms().iter().position(|known| *known == algorithm) else {
            return false;
        };
        match &self.material {
            Material::Public(parsed) => {
                parsed.get(nth).is_some_and(|key| key.verify_sig(message, signature).is_ok())
            }
            Material::Secret { by_hash, .. } => {
                hmac::verify(&by_hash[nth], message, signature).is_ok()
            }
        }
    }

    /// The bytes of a secret; zero for public keys.
    #[must_use]
    pub const fn secret_bytes(&self) -> usize {
        match self.material {
            Material::Secret { bytes, .. } => bytes,
            Material::Public(_) => 0,
        }
    }

    /// The public JWK; none for a secret.
    #[must_use]
    pub fn jwk(&self) -> Option<Value> {
        let mut jwk = self.public.as_object()?.clone();
        let mut put = |name: &str, value: &Option<String>| {
            if let Some(value) = value {
                jwk.insert(name.to_owned(), json!(value));
            }
        };
        put("kid", &self.kid.as_deref().map(str::to_owned));
        put("alg", &self.algorithm);
        put("use", &self.usage);
        if let Some(operations) = &self.operations {
            jwk.insert("key_ops".to_owned(), json!(operations));
        }
        Some(Value::Object(jwk))
    }

    /// The modulus and the exponent of an RSA key, big-endian.
    #[must_use]
    pub fn rsa_numbers(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let number = |name: &str| base64url::decode(self.public.get(name)?.as_str()?).ok();
        Some((number("n")?, number("e")?))
    }
}

/// Whether a modulus bears the mark of the generator of CVE-2017-15361: modulo each of these primes it
/// is a power of 65537. A sound key passes all of them with a probability of about 2^-27.
fn has_roca_fingerprint(modulus: &[u8]) -> bool {
    const PRIMES: [u32; 17] =
        [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];
    PRIMES.iter().all(|prime| {
        let remainder =
            modulus.iter().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % prime);
        let generator = 65_537 % prime;
        let mut power = 1;
        (0..*prime).any(|_| {
            power = power * generator % prime;
            power == remainder
        })
    })
}
