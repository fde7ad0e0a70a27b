//! Refresh tokens: how they look, and the two keys that only this authority has.
//!
//! `clv_rt_…` is the family's id (128 bits), the number (32 bits), a MAC over both (160 bits) and a CRC-32 in six
//! letters and digits. Nothing of it is in the database, and the successor of a number is computed. The last
//! answer is kept sealed under a key that takes the token it was given for: who reads the database cannot open
//! it. Never decides what a token is worth (`claviger_protocol::refresh`).

use aws_lc_rs::hmac;
use claviger_protocol::Secret;
use claviger_store::seal::{self, MasterKey};
use claviger_token::base64url;
use zeroize::Zeroizing;

use crate::credential::crc32;
use crate::derived_key::derived;
use crate::random;

const PREFIX: &str = "clv_rt_";
const ID: usize = 16;
const MAC: usize = 20;
const CHECK: usize = 6;

/// What a refresh token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Numbered {
    /// The family's id.
    pub(crate) family: String,
    /// The number.
    pub(crate) generation: u32,
}

/// The keys.
pub(crate) struct RefreshKeys {
    mac: hmac::Key,
    replay: hmac::Key,
}

impl std::fmt::Debug for RefreshKeys {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("[redacted]")
    }
}

impl RefreshKeys {
    pub(crate) fn new(master: &[u8; 32]) -> Self {
        Self {
            mac: derived(master, "claviger refresh token mac 1"),
            replay: derived(master, "claviger refresh replay 1"),
        }
    }

    /// The token of a number.
    pub(crate) fn token(&self, numbered: &Numbered) -> Option<Secret> {
        let id = base64url::decode(&numbered.family).ok().filter(|id| id.len() == ID)?;
        let mut body = Zeroizing::new(id);
        body.extend_from_slice(&numbered.generation.to_be_bytes());
        let mac = hmac::sign(&self.mac, &body);
        body.extend_from_slice(mac.as_ref().get(..MAC)?);
        // All of it at once: a text that grows leaves copies behind.
        let length = PREFIX.len() + body.len().div_ceil(3) * 4 + CHECK;
        let mut text = Zeroizing::new(String::with_capacity(length));
        text.push_str(PREFIX);
        base64url::encode_into(&*body, &mut text);
        let check = random::six_digits(crc32(text.as_bytes()));
        text.push_str(&check);
        Some(Secret::new(std::mem::take(&mut *text)))
    }

    /// What a text says, if it is a token of ours.
    pub(crate) fn read(&self, text: &str) -> Option<Numbered> {
        let rest = text.strip_prefix(PREFIX)?;
        let encoded = rest.get(..rest.len().checked_sub(CHECK)?)?;
        let body = base64url::decode(encoded).ok().filter(|body| body.len() == ID + 4 + MAC)?;
        let (signed, _) = body.split_at_checked(ID + 4)?;
        let (id, number) = signed.split_at_checked(ID)?;
        let numbered = Numbered {
            family: base64url::encode(id),
            generation: u32::from_be_bytes(number.try_into().ok()?),
        };
        // The whole text again, compared in constant time: MAC, checksum and spelling at once.
        let own = self.token(&numbered)?;
        let same: bool =
            subtle::ConstantTimeEq::ct_eq(own.expose().as_bytes(), text.as_bytes()).into();
        same.then_some(numbered)
    }

    /// Seals the answer that is given for a token.
    pub(crate) fn seal(&self, token: &str, answer: &[u8]) -> Option<Vec<u8>> {
        seal::seal(&self.replay_key(token)?, b"refresh replay", answer).ok()
    }

    /// Opens the answer that was given for a token.
    pub(crate) fn open(&self, token: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        seal::open(&self.replay_key(token)?, b"refresh replay", sealed).ok()
    }

    fn replay_key(&self, token: &str) -> Option<MasterKey> {
        let derived = hmac::sign(&self.replay, token.as_bytes());
        MasterKey::new(derived.as_ref().try_into().ok()?).ok()
    }
}

/// Whether a text looks like one, ours or not: so that a mistyped one is told from a foreign one.
pub(crate) fn is_refresh_token(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// A new family's id.
pub(crate) fn family_id() -> Result<String, random::NoRandomness> {
    Ok(base64url::encode(random::bytes::<ID>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_its_number_and_one_changed_letter_says_nothing() {
        let keys = RefreshKeys::new(&[7; 32]);
        let numbered = Numbered { family: family_id().unwrap(), generation: 41 };
        let token = keys.token(&numbered).unwrap();
        let text = token.expose();
        assert_eq!(keys.read(text), Some(numbered.clone()));
        assert_eq!(RefreshKeys::new(&[8; 32]).read(text), None);
        for place in 0..text.len() {
            let mut altered = text.as_bytes().to_vec();
            altered[place] = if altered[place] == b'a' { b'b' } else { b'a' };
            assert_eq!(keys.read(std::str::from_utf8(&altered).unwrap()), None, "{place}");
        }
        assert_eq!(keys.read(&text[..text.len() - 1]), None);
        let next = keys.token(&Numbered { generation: 42, ..numbered }).unwrap();
        assert_ne!(next.expose(), text);
    }

    #[test]
    fn an_answer_opens_with_the_token_it_was_given_for_only() {
        let keys = RefreshKeys::new(&[7; 32]);
        let sealed = keys.seal("a", b"answer").unwrap();
        assert_eq!(keys.open("a", &sealed).unwrap().as_slice(), b"answer");
        assert!(keys.open("b", &sealed).is_none());
        assert!(!sealed.windows(6).any(|part| part == b"answer"));
    }
}
