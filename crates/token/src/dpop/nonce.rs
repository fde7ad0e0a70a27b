//! Server nonces (RFC 9449 §8): computed from the time under a key, so that none is stored.
//!
//! Decides which nonces are ours and still good. A key that lives no longer than the memory of used proofs makes
//! a restart safe: what was used before it bears a nonce that is over.

use std::fmt;

use aws_lc_rs::hmac;

use crate::base64url;

/// A new nonce every so many seconds.
const PERIOD: i64 = 60;
/// So many periods before the present one are still good: a nonce lives two to three minutes.
const BEFORE: i64 = 2;
/// And one behind it: a clock that was set back makes our own nonces come from the future.
const BEHIND: i64 = 1;

/// What makes and knows nonces.
pub struct Nonces(hmac::Key);

impl fmt::Debug for Nonces {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Nonces([redacted])")
    }
}

impl Nonces {
    /// Nonces under a key of 32 random bytes.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The nonce of this time.
    #[must_use]
    pub fn at(&self, now: i64) -> String {
        let period = now.div_euclid(PERIOD).to_be_bytes();
        base64url::encode([&period, hmac::sign(&self.0, &period).as_ref()].concat())
    }

    /// Whether a nonce is ours, and from about now.
    #[must_use]
    pub fn accepts(&self, nonce: &str, now: i64) -> bool {
        let Ok(bytes) = base64url::decode(nonce) else { return false };
        let Some((period, tag)) = bytes.split_first_chunk::<8>() else { return false };
        // In constant time, the length included.
        if hmac::verify(&self.0, period, tag).is_err() {
            return false;
        }
        let present = now.div_euclid(PERIOD);
        (present - BEFORE..=present + BEHIND).contains(&i64::from_be_bytes(*period))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_428_000;

    #[test]
    fn a_nonce_lives_for_two_to_three_minutes_and_is_ours_alone() {
        let nonces = Nonces::new(&[7; 32]);
        for second in 0..60 {
            let nonce = nonces.at(NOW + second);
            assert!(nonces.accepts(&nonce, NOW + second));
            assert!(nonces.accepts(&nonce, NOW + second + 120));
            assert!(!nonces.accepts(&nonce, NOW + second + 180));
            assert!(nonces.accepts(&nonce, NOW + second - 60));
            assert!(!nonces.accepts(&nonce, NOW + second - 120));
            assert!(!Nonces::new(&[8; 32]).accepts(&nonce, NOW + second));
        }
        assert_ne!(nonces.at(NOW), nonces.at(NOW + 60));
    }

    #[test]
    fn a_changed_letter_makes_another() {
        let nonces = Nonces::new(&[7; 32]);
        let nonce = nonces.at(NOW);
        for place in 0..nonce.len() {
            let mut altered = nonce.clone().into_bytes();
            altered[place] = if altered[place] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).unwrap();
            assert!(!nonces.accepts(&altered, NOW), "{place}");
        }
        for bad in ["", "A", &nonce[..nonce.len() - 1], &format!("{nonce}A"), "ü"] {
            assert!(!nonces.accepts(bad, NOW), "{bad}");
        }
    }
}
