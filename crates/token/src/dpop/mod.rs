//! A DPoP proof (RFC 9449 §4): whether a request comes from who holds a key.
//!
//! Decides whether a proof is signed by the key that it brings, and made for this request and about now. What
//! needs a memory is the caller's to ask, of [`Used`] and [`Nonces`]: that a proof serves once, and that its
//! nonce is ours. Never decides which key a token is bound to.

mod nonce;
mod url;
mod used;

use std::fmt;

use aws_lc_rs::digest;

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::catalogue::Code;
use crate::compact::Token;
use crate::fault::{Fact, Fault};
use crate::json::Members;
use crate::key::{Key, KeyProblem};

pub use nonce::Nonces;
pub use used::{Use, Used};

/// The header field that brings a proof (§4.1), as HTTP types want it: in small letters.
pub const HEADER: &str = "dpop";
/// The one that says which nonce the next proof is to have (§8).
pub const NONCE_HEADER: &str = "dpop-nonce";
/// The `typ` of a proof.
pub const PROOF_TYPE: &str = "dpop+jwt";
/// The longest proof that is looked at, in bytes: an RSA key of 8192 bits and its signature fit twice.
pub const LONGEST_PROOF: usize = 8 * 1024;
/// A proof is made for one request: so many seconds it may have been on its way.
pub const LONGEST_AGE: i64 = 300;
/// So far its clock may be ahead, in seconds: FAPI 2.0 §5.3.2.1 has 10 accepted and more than 60 refused, and a
/// clock that is half a minute off is no attack.
pub const FURTHEST_AHEAD: i64 = 60;
/// The longest `jti` that is remembered, in bytes.
pub const LONGEST_ID: usize = 256;

words! {
    /// What is wrong with a proof.
    Misfit {
        /// There is more than one.
        Several => "several",
        /// It is no JWS of two objects, or too long.
        Shape => "shape",
        /// Its `typ` is another.
        Type => "type",
        /// Its `alg` is none that proves anything.
        Algorithm => "algorithm",
        /// It brings no public key that can be used.
        Key => "key",
        /// Its signature is not that key's.
        Signature => "signature",
        /// It has no `jti` that can be remembered.
        Id => "id",
        /// It was made for another method.
        Method => "method",
        /// It was made for another address.
        Address => "address",
        /// It is too old, or from the future.
        Time => "time",
        /// It was made for another access token, or for none.
        Token => "token",
        /// It bears no nonce of the server's, or an old one.
        Nonce => "nonce",
        /// It was used before.
        Replay => "replay",
    }
}

/// Why a proof does not fit: the cause, and the fault of the catalogue with its evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct ProofError {
    /// Which of them.
    pub misfit: Misfit,
    /// `sender-proof-invalid`, with what was found and what was expected.
    pub fault: Box<Fault>,
}

impl ProofError {
    /// A misfit in our own words.
    #[must_use]
    pub fn new(misfit: Misfit, reason: &str) -> Self {
        let fault = Fault::new(Code::SenderProofInvalid).with("reason", words(reason));
        Self { misfit, fault: Box::new(fault) }
    }

    fn differs(
        misfit: Misfit,
        member: &str,
        found: impl Into<Fact>,
        expected: impl Into<Fact>,
    ) -> Self {
        let fault = Fault::new(Code::SenderProofInvalid)
            .with("member", member)
            .with("found", found)
            .with("expected", expected);
        Self { misfit, fault: Box::new(fault) }
    }
}

impl fmt::Display for ProofError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.fault.detail())
    }
}
impl std::error::Error for ProofError {}

fn words(text: &str) -> Fact {
    Fact::Words(text.to_owned())
}

/// What a proof has to be made for.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The request's method.
    pub method: &'a str,
    /// The request's address as clients know it; its query does not matter.
    pub url: &'a str,
    /// The access token that came along, at a resource.
    pub token: Option<&'a str>,
}

/// A proof that fits the request. Only [`verify`] and [`Signed::judge`] make one.
#[derive(Clone, PartialEq, Eq)]
pub struct Proof {
    thumbprint: String,
    id: String,
    nonce: Option<String>,
    issued_at: i64,
}

impl fmt::Debug for Proof {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Proof").field("thumbprint", &self.thumbprint).finish_non_exhaustive()
    }
}

impl Proof {
    /// The thumbprint of its key (RFC 7638): what `cnf.jkt` of a bound token has to be.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }
    /// Its `jti`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
    /// The server's nonce in it; not judged yet.
    #[must_use]
    pub fn nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }
    /// From when on it is refused for its age, so that its `jti` need not be remembered longer.
    #[must_use]
    pub const fn until(&self) -> i64 {
        self.issued_at.saturating_add(LONGEST_AGE + 1)
    }
}

/// A proof whose signature is that of the key it brings; for which request it was made is not judged yet.
pub struct Signed {
    key: Key,
    payload: Members,
}

impl fmt::Debug for Signed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Signed").field("key", &self.key).finish_non_exhaustive()
    }
}

/// The proof among the values of a request's `DPoP` fields; none where there is none.
///
/// # Errors
/// There is more than one (RFC 9449 §4.3).
pub fn only<'v>(values: impl IntoIterator<Item = &'v str>) -> Result<Option<&'v str>, ProofError> {
    let mut values = values.into_iter();
    let first = values.next();
    match values.next() {
        Some(_) => Err(ProofError::new(Misfit::Several, "the request carries more than one proof")),
        None => Ok(first),
    }
}

/// Judges the proof of a request.
///
/// # Errors
/// The first thing in it that does not fit.
pub fn verify(text: &str, expected: &Expected<'_>, now: i64) -> Result<Proof, ProofError> {
    Signed::read(text)?.judge(expected, now)
}

/// The algorithms that a proof may be signed with: those whose verifying key is no secret (RFC 9449 §4.2), and
/// whose key and signature fit into a header field.
pub fn algorithms() -> impl Iterator<Item = Algorithm> {
    Algorithm::asymmetric().filter(|algorithm| !algorithm.must_be_named())
}

impl Signed {
    /// Reads a proof and verifies its signature.
    ///
    /// # Errors
    /// What keeps it from being one.
    pub fn read(text: &str) -> Result<Self, ProofError> {
        if text.len() > LONGEST_PROOF {
            let reason = format!("the proof is longer than {LONGEST_PROOF} bytes");
            return Err(ProofError::new(Misfit::Shape, &reason));
        }
        let shape = |reason| ProofError::new(Misfit::Shape, reason);
        let token = Token::parse(text).map_err(|_| shape("the proof is no signed JWT"))?;
        let (Some(header), Some(payload)) = (token.header(), token.payload()) else {
            return Err(shape("the proof's header or payload is no JSON object"));
        };
        if header.duplicate().or_else(|| payload.duplicate()).is_some() {
            return Err(shape("a member stands twice in the proof"));
        }
        if header.contains("crit") {
            return Err(shape("the proof's header demands an extension (`crit`)"));
        }
        let typ = header.text("typ").unwrap_or_default();
        if !typ.eq_ignore_ascii_case(PROOF_TYPE) {
            let found = typ.into_owned();
            return Err(ProofError::differs(Misfit::Type, "typ", found, PROOF_TYPE));
        }
        let alg = header.text("alg").unwrap_or_default();
        let named = Algorithm::from_name(&alg);
        let Some(algorithm) = algorithms().find(|algorithm| Some(*algorithm) == named) else {
            let expected = words("an asymmetric signature such as `ES256`");
            return Err(ProofError::differs(Misfit::Algorithm, "alg", alg.into_owned(), expected));
        };
        let key = key(header, algorithm)?;
        if !key.verifies(algorithm, token.signing_input().as_bytes(), token.signature()) {
            let reason = "the proof's signature is not that of the key in its header";
            return Err(ProofError::new(Misfit::Signature, reason));
        }
        let Some((_, payload)) = token.into_members() else {
            return Err(shape("the proof's header or payload is no JSON object"));
        };
        Ok(Self { key, payload })
    }

    /// The key that it brings and was signed with.
    #[must_use]
    pub const fn key(&self) -> &Key {
        &self.key
    }
    /// What it says.
    #[must_use]
    pub const fn claims(&self) -> &Members {
        &self.payload
    }

    /// Judges for which request it was made, and when.
    ///
    /// # Errors
    /// The first thing in it that does not fit.
    pub fn judge(self, expected: &Expected<'_>, now: i64) -> Result<Proof, ProofError> {
        let id = id(&self.payload)?;
        let method = self.payload.text("htm").unwrap_or_default();
        if method != expected.method {
            let found = method.into_owned();
            return Err(ProofError::differs(Misfit::Method, "htm", found, expected.method));
        }
        address(&self.payload, expected.url)?;
        let issued_at = issued_at(&self.payload, now)?;
        if let Some(token) = expected.token {
            token_hash(&self.payload, token)?;
        }
        let nonce = match self.payload.text("nonce") {
            Some(nonce) => Some(nonce.into_owned()),
            None if self.payload.contains("nonce") => {
                return Err(ProofError::new(Misfit::Shape, "the proof's `nonce` is no text"));
            }
            None => None,
        };
        let thumbprint = self.key.thumbprint().to_owned();
        Ok(Proof { thumbprint, id, nonce, issued_at })
    }
}

/// The proof's key: public, of a kind and size that can serve the algorithm.
fn key(header: &Members, algorithm: Algorithm) -> Result<Key, ProofError> {
    let refused = |reason: &str| ProofError::new(Misfit::Key, reason);
    let jwk = header.get("jwk").ok_or_else(|| refused("the proof brings no key (`jwk`)"))?;
    // RFC 9449 §4.3: the key must hold no private part. A secret is one as a whole.
    if jwk.get("kty").and_then(serde_json::Value::as_str) == Some("oct") {
        return Err(refused("the proof's key (`jwk`) is a shared secret"));
    }
    let key = Key::from_jwk(&jwk).map_err(|error| match error.problem {
        KeyProblem::Private => {
            refused("the proof shows its private key (`jwk` has `d`); it is lost, make a new one")
        }
        _ => refused(&format!("the proof's key cannot be used: {error}")),
    })?;
    if !key.algorithms().contains(&algorithm) {
        let kind = key.kind().as_str();
        return Err(refused(&format!("the proof's key is {kind}, its `alg` is {algorithm}")));
    }
    if let Some(least) = key.too_weak_for(algorithm) {
        return Err(refused(&format!("the proof's key has fewer than {least} bits")));
    }
    if let Some(why) = key.forbids(algorithm) {
        return Err(refused(&format!("the proof's key forbids this use: {why}")));
    }
    Ok(key)
}

fn id(payload: &Members) -> Result<String, ProofError> {
    let found = payload.text("jti").filter(|id| !id.is_empty() && id.len() <= LONGEST_ID);
    found.map(std::borrow::Cow::into_owned).ok_or_else(|| {
        let reason = format!("the proof's `jti` is no text of 1 to {LONGEST_ID} bytes");
        ProofError::new(Misfit::Id, &reason)
    })
}

/// RFC 9449 §4.3: without query and fragment, compared after the normalisation of RFC 3986 §6.2.2 and §6.2.3.
fn address(payload: &Members, url: &str) -> Result<(), ProofError> {
    let found = payload.text("htu").unwrap_or_default();
    let normal = url::normal(&found);
    if normal.is_some() && normal == url::normal(url) {
        return Ok(());
    }
    // A query may hold what no log may keep.
    let shown = found.split(['?', '#']).next().unwrap_or_default().to_owned();
    Err(ProofError::differs(Misfit::Address, "htu", shown, url))
}

fn issued_at(payload: &Members, now: i64) -> Result<i64, ProofError> {
    let Some(iat) = payload.integer("iat") else {
        return Err(ProofError::new(Misfit::Time, "the proof has no time (`iat`)"));
    };
    if iat > now.saturating_add(FURTHEST_AHEAD) || iat < now.saturating_sub(LONGEST_AGE) {
        return Err(ProofError::differs(Misfit::Time, "iat", Fact::Time(iat), Fact::Time(now)));
    }
    Ok(iat)
}

fn token_hash(payload: &Members, token: &str) -> Result<(), ProofError> {
    let hash = base64url::encode(digest::digest(&digest::SHA256, token.as_bytes()));
    match payload.text("ath") {
        Some(found) if found == hash => Ok(()),
        Some(_) => {
            Err(ProofError::new(Misfit::Token, "the proof's `ath` is the hash of another token"))
        }
        None => Err(ProofError::new(Misfit::Token, "the proof has no `ath`, the token's hash")),
    }
}
