//! Passkeys (WebAuthn Level 3 §7): whether what an authenticator says registers a key, or proves that somebody
//! holds one.
//!
//! Decides everything but the signature and the hashes, which the caller brings: `verify` is asked once, when all
//! the rest fits. Attestation is neither asked for nor judged, so nothing here says who made the authenticator.

use std::fmt;

use claviger_token::base64url;
use serde::{Deserialize, Serialize};

use crate::assurance::Proof;
use crate::cbor::{Cbor, cbor};

/// What browsers send at most, each part by itself.
const LONGEST_PART: usize = 16 * 1024;
/// WebAuthn §4: a credential id has at most 1023 bytes.
const LONGEST_ID: usize = 1023;
/// Passkeys of one person.
pub const MOST_PASSKEYS: u64 = 20;
/// What a person calls a passkey.
pub const LONGEST_PASSKEY_NAME: usize = 60;
/// The algorithms that are taken, best first (COSE): EdDSA, ES256, RS256.
pub const PASSKEY_ALGORITHMS: [i64; 3] = [-8, -7, -257];

/// A public key of an authenticator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "alg", deny_unknown_fields)]
pub enum PasskeyKey {
    /// ECDSA on P-256: the point, uncompressed.
    #[serde(rename = "ES256")]
    Es256 {
        /// `04`, x and y; base64url.
        #[serde(with = "bytes")]
        point: Vec<u8>,
    },
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa {
        /// 32 bytes; base64url.
        #[serde(with = "bytes")]
        x: Vec<u8>,
    },
    /// RSA with PKCS#1 v1.5 and SHA-256.
    #[serde(rename = "RS256")]
    Rs256 {
        /// The modulus; base64url.
        #[serde(with = "bytes")]
        n: Vec<u8>,
        /// The exponent; base64url.
        #[serde(with = "bytes")]
        e: Vec<u8>,
    },
}

mod bytes {
    use claviger_token::base64url;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&base64url::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        base64url::decode(&text).map_err(|_| de::Error::custom("no base64url"))
    }
}

/// A registered passkey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passkey {
    /// The credential id, base64url.
    pub id: String,
    /// Whose it is.
    pub sub: String,
    /// What they call it.
    pub name: String,
    /// Its public key.
    pub key: PasskeyKey,
    /// The signature counter that was seen last; 0 where the authenticator counts none.
    pub sign_count: u32,
    /// Whether it may lie on several devices.
    pub backup_eligible: bool,
    /// How a browser reaches the authenticator, as it said.
    #[serde(default)]
    pub transports: Vec<String>,
    /// Unix seconds.
    pub created_at: i64,
    /// When it logged somebody in last. Unix seconds.
    #[serde(default)]
    pub used_at: Option<i64>,
}

/// What is expected of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The challenge that was given out, base64url.
    pub challenge: &'a str,
    /// The issuer's origin, as browsers write it.
    pub origin: &'a str,
    /// SHA-256 of the relying party's id: the issuer's host.
    pub rp_id_hash: &'a [u8; 32],
    /// Whether the authenticator must have verified its user.
    pub user_verification: bool,
}

/// Why an answer is not taken: what does not fit. For the log; people read a simpler sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasskeyRefusal(pub &'static str);

impl fmt::Display for PasskeyRefusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the passkey's answer is not taken: {}", self.0)
    }
}

impl std::error::Error for PasskeyRefusal {}

const fn refuse<T>(what: &'static str) -> Result<T, PasskeyRefusal> {
    Err(PasskeyRefusal(what))
}

fn decoded(text: &str, what: &'static str) -> Result<Vec<u8>, PasskeyRefusal> {
    if text.len() > LONGEST_PART {
        return Err(PasskeyRefusal(what));
    }
    base64url::decode(text).map_err(|_| PasskeyRefusal(what))
}

/// A new passkey, as the page's script hands it over; binary parts are base64url.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// `clientDataJSON`.
    pub client_data: String,
    /// `attestationObject`.
    pub attestation: String,
    /// What `getTransports()` said.
    #[serde(default)]
    pub transports: Vec<String>,
}

/// A proof, as the page's script hands it over; binary parts are base64url.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    /// The credential id.
    pub id: String,
    /// `clientDataJSON`.
    pub client_data: String,
    /// `authenticatorData`.
    pub authenticator_data: String,
    /// `signature`.
    pub signature: String,
    /// `userHandle`: the `sub` that the passkey was made for.
    #[serde(default)]
    pub user_handle: Option<String>,
}

/// What a new passkey is, before it has an owner and a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPasskey {
    /// The credential id, base64url.
    pub id: String,
    /// Its public key.
    pub key: PasskeyKey,
    /// Where its counter stands.
    pub sign_count: u32,
    /// Whether it may lie on several devices.
    pub backup_eligible: bool,
    /// How a browser reaches it.
    pub transports: Vec<String>,
}

/// Judges a registration (WebAuthn §7.1).
pub fn register_passkey(
    registration: &Registration,
    expected: Expected<'_>,
) -> Result<NewPasskey, PasskeyRefusal> {
    let client_data = decoded(&registration.client_data, "the client data is no base64url")?;
    check_client_data(&client_data, "webauthn.create", expected)?;
    let attestation = decoded(&registration.attestation, "the attestation is no base64url")?;
    let Some((object, [])) = cbor(&attestation) else {
        return refuse("the attestation object is no CBOR of an authenticator");
    };
    let Some(bytes) = object.member("authData").and_then(Cbor::bytes) else {
        return refuse("the attestation object has no authenticator data");
    };
    let data = authenticator_data(bytes)?;
    check_flags(&data, expected)?;
    let Some((id, key)) = data.credential else {
        return refuse("the authenticator data has no credential");
    };
    let known = ["usb", "nfc", "ble", "smart-card", "hybrid", "internal"];
    let mut transports: Vec<String> = Vec::new();
    for transport in &registration.transports {
        if known.contains(&transport.as_str()) && !transports.contains(transport) {
            transports.push(transport.clone());
        }
    }
    Ok(NewPasskey {
        id: base64url::encode(id),
        key: public_key(&key)?,
        sign_count: data.sign_count,
        backup_eligible: data.flags & BACKUP_ELIGIBLE != 0,
        transports,
    })
}

/// What an accepted proof changes, and what it is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// The passkey as it is to be kept.
    pub passkey: Passkey,
    /// For the session.
    pub proof: Proof,
}

/// Judges a proof by the passkey that it names (WebAuthn §7.2). `digest` is SHA-256; `verify` says whether a
/// signature over a message is the key's.
pub fn use_passkey(
    passkey: &Passkey,
    assertion: &Assertion,
    expected: Expected<'_>,
    now: i64,
    digest: impl Fn(&[u8]) -> [u8; 32],
    verify: impl FnOnce(&PasskeyKey, &[u8], &[u8]) -> bool,
) -> Result<Used, PasskeyRefusal> {
    if passkey.id != assertion.id {
        return refuse("it names another credential");
    }
    if let Some(handle) = &assertion.user_handle {
        let handle = decoded(handle, "the user handle is no base64url")?;
        if handle != passkey.sub.as_bytes() {
            return refuse("the user handle is another person's");
        }
    }
    let client_data = decoded(&assertion.client_data, "the client data is no base64url")?;
    check_client_data(&client_data, "webauthn.get", expected)?;
    let bytes = decoded(&assertion.authenticator_data, "the authenticator data is no base64url")?;
    let data = authenticator_data(&bytes)?;
    check_flags(&data, expected)?;
    if (data.flags & BACKUP_ELIGIBLE != 0) != passkey.backup_eligible {
        return refuse("it was made as a passkey of another kind");
    }
    let signature = decoded(&assertion.signature, "the signature is no base64url")?;
    let message = [bytes.as_slice(), &digest(&client_data)].concat();
    if !verify(&passkey.key, &message, &signature) {
        return refuse("the signature is not the key's");
    }
    // §6.1.1: a counter that stands still or goes back tells of a copy.
    if (data.sign_count, passkey.sign_count) != (0, 0) && data.sign_count <= passkey.sign_count {
        return refuse("the signature counter did not move on: there may be a copy of the key");
    }
    let proof = Proof::Passkey {
        synced: passkey.backup_eligible,
        user_verified: data.flags & USER_VERIFIED != 0,
    };
    let passkey = Passkey { sign_count: data.sign_count, used_at: Some(now), ..passkey.clone() };
    Ok(Used { passkey, proof })
}

/// WebAuthn §5.8.1. What is not known is passed over, as it asks.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: Option<bool>,
    #[serde(rename = "topOrigin", default)]
    top_origin: Option<String>,
}

fn check_client_data(
    bytes: &[u8],
    kind: &str,
    expected: Expected<'_>,
) -> Result<(), PasskeyRefusal> {
    let Ok(data) = serde_json::from_slice::<ClientData>(bytes) else {
        return refuse("the client data is no JSON of a browser");
    };
    if data.kind != kind {
        return refuse("the client data is of another ceremony");
    }
    // What was given out is as long as a digest and serves once; comparing it tells nobody anything.
    if data.challenge != expected.challenge {
        return refuse("the challenge is not the one that was given out");
    }
    if data.origin != expected.origin {
        return refuse("it was made on a page of another origin");
    }
    if data.cross_origin == Some(true) || data.top_origin.is_some() {
        return refuse("it was made in a frame");
    }
    Ok(())
}

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;
const EXTENSIONS: u8 = 1 << 7;

struct AuthenticatorData<'a> {
    rp_id_hash: &'a [u8],
    flags: u8,
    sign_count: u32,
    /// The id and the key of a new credential.
    credential: Option<(&'a [u8], Cbor<'a>)>,
}

/// WebAuthn §6.1.
fn authenticator_data(bytes: &[u8]) -> Result<AuthenticatorData<'_>, PasskeyRefusal> {
    read_authenticator_data(bytes)
        .ok_or(PasskeyRefusal("the authenticator data is cut, or has something behind its end"))
}

fn read_authenticator_data(bytes: &[u8]) -> Option<AuthenticatorData<'_>> {
    let (rp_id_hash, rest) = bytes.split_at_checked(32)?;
    let (&flags, rest) = rest.split_first()?;
    let (count, mut rest) = rest.split_first_chunk::<4>()?;
    let mut credential = None;
    if flags & ATTESTED != 0 {
        let (_model, behind) = rest.split_at_checked(16)?;
        let (length, behind) = behind.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        if length == 0 || length > LONGEST_ID {
            return None;
        }
        let (id, behind) = behind.split_at_checked(length)?;
        let (key, behind) = cbor(behind)?;
        credential = Some((id, key));
        rest = behind;
    }
    if flags & EXTENSIONS != 0 {
        let (_, behind) = cbor(rest)?;
        rest = behind;
    }
    rest.is_empty().then_some(AuthenticatorData {
        rp_id_hash,
        flags,
        sign_count: u32::from_be_bytes(*count),
        credential,
    })
}

fn check_flags(data: &AuthenticatorData<'_>, expected: Expected<'_>) -> Result<(), PasskeyRefusal> {
    if data.rp_id_hash != expected.rp_id_hash {
        return refuse("it was made for another site");
    }
    if data.flags & USER_PRESENT == 0 {
        return refuse("nobody was there");
    }
    if expected.user_verification && data.flags & USER_VERIFIED == 0 {
        return refuse("the authenticator did not verify its user");
    }
    if data.flags & (BACKUP_ELIGIBLE | BACKED_UP) == BACKED_UP {
        return refuse("it says to be backed up and that it cannot be");
    }
    Ok(())
}

/// COSE (RFC 9053 §7, RFC 8230 §4): the three kinds of key that are asked for.
fn public_key(key: &Cbor<'_>) -> Result<PasskeyKey, PasskeyRefusal> {
    let integer = |label| key.numbered(label).and_then(Cbor::integer);
    let bytes = |label| key.numbered(label).and_then(Cbor::bytes);
    match (integer(1), integer(3), integer(-1)) {
        (Some(2), Some(-7), Some(1)) => match (bytes(-2), bytes(-3)) {
            (Some(x), Some(y)) if x.len() == 32 && y.len() == 32 => {
                Ok(PasskeyKey::Es256 { point: [&[4], x, y].concat() })
            }
            _ => refuse("the point of the key is not whole"),
        },
        (Some(1), Some(-8), Some(6)) => match bytes(-2) {
            Some(x) if x.len() == 32 => Ok(PasskeyKey::EdDsa { x: x.to_vec() }),
            _ => refuse("the key has not 32 bytes"),
        },
        (Some(3), Some(-257), _) => match (bytes(-1), bytes(-2)) {
            (Some(n), Some(e)) if (256..=512).contains(&n.len()) && (1..=4).contains(&e.len()) => {
                Ok(PasskeyKey::Rs256 { n: n.to_vec(), e: e.to_vec() })
            }
            _ => refuse("the RSA key is shorter than 2048 bits, longer than 4096, or odd"),
        },
        _ => refuse("the key is of an algorithm that was not asked for"),
    }
}

#[cfg(test)]
mod tests;
