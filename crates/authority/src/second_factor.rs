//! Second factors, with the secrets open: codes of authenticator apps, recovery codes, and the signatures of
//! passkeys. What is accepted is `claviger_protocol`'s to decide; the cryptography is the library's.

use std::sync::Arc;

use aws_lc_rs::{digest, hmac, signature};
use claviger_protocol::{PasskeyKey, TOTP_SECRET, totp_step};
use claviger_store::HeldTotp;
use claviger_store::seal::{self, MasterKey, SealError};
use claviger_token::base64url;
use http::StatusCode;
use url::{Host, Url};

use crate::config::Issuer;
use crate::derived_key::derived;
use crate::random::{self, NoRandomness};
use crate::refusal::Refusal;

/// Codes that somebody gets at once.
const RECOVERY_CODES: usize = 10;
/// 50 random bits each, in letters that survive being written down.
const RECOVERY_LENGTH: usize = 10;

pub(crate) struct SecondFactors {
    master: Arc<MasterKey>,
    /// Digests of recovery codes are keyed: who only has the database cannot try them.
    recovery: hmac::Key,
    site: Option<PasskeySite>,
}

/// Where passkeys are for.
pub(crate) struct PasskeySite {
    /// The issuer's host (WebAuthn §5.1.2, `rp.id`).
    pub(crate) id: String,
    pub(crate) id_hash: [u8; 32],
    pub(crate) origin: String,
}

impl SecondFactors {
    pub(crate) fn new(master: Arc<MasterKey>, bytes: &[u8; 32], issuer: &Issuer) -> Self {
        Self {
            master,
            recovery: derived(bytes, "claviger recovery codes 1"),
            site: passkey_site(issuer),
        }
    }

    /// None where the issuer is a bare address: browsers know no passkeys for those.
    pub(crate) const fn passkey_site(&self) -> Option<&PasskeySite> {
        self.site.as_ref()
    }

    /// A new secret for an authenticator app.
    pub(crate) fn new_totp_secret() -> Result<[u8; TOTP_SECRET], NoRandomness> {
        random::bytes()
    }

    pub(crate) fn seal_totp(&self, sub: &str, secret: &[u8]) -> Result<Vec<u8>, SealError> {
        seal::seal(&self.master, &totp_name(sub), secret)
    }

    /// The step that a typed code is right for, if any.
    pub(crate) fn totp_step(
        &self,
        sub: &str,
        held: &HeldTotp,
        typed: &str,
        now: i64,
    ) -> Result<Option<i64>, SealError> {
        let secret = seal::open(&self.master, &totp_name(sub), &held.sealed)?;
        Ok(step_of(&secret, typed, held.last_step, now))
    }

    /// Whether a code that is not taken would have been right, had it not been used up.
    pub(crate) fn has_served(
        &self,
        sub: &str,
        held: &HeldTotp,
        typed: &str,
        now: i64,
    ) -> Result<bool, SealError> {
        let secret = seal::open(&self.master, &totp_name(sub), &held.sealed)?;
        Ok(step_of(&secret, typed, 0, now).is_some())
    }

    /// New recovery codes, as they are shown, with what is kept of them.
    pub(crate) fn new_recovery_codes(
        &self,
        sub: &str,
    ) -> Result<(Vec<String>, Vec<[u8; 32]>), NoRandomness> {
        let codes: Vec<String> = (0..RECOVERY_CODES)
            .map(|_| {
                let letters = random::readable(RECOVERY_LENGTH)?;
                let (one, other) = letters.split_at(RECOVERY_LENGTH / 2);
                Ok(format!("{one}-{other}"))
            })
            .collect::<Result<_, NoRandomness>>()?;
        let digests = codes.iter().filter_map(|code| self.recovery_digest(sub, code)).collect();
        Ok((codes, digests))
    }

    /// What is kept of a recovery code; none where the text cannot be one. Blanks, hyphens and capitals do not
    /// count: it was written down by hand.
    pub(crate) fn recovery_digest(&self, sub: &str, typed: &str) -> Option<[u8; 32]> {
        if typed.len() > 64 {
            return None;
        }
        let plain: String = typed
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| c.to_ascii_lowercase())
            .collect();
        if plain.len() != RECOVERY_LENGTH || !plain.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return None;
        }
        let mut out = [0; 32];
        let mac = hmac::sign(&self.recovery, format!("{sub}\0{plain}").as_bytes());
        out.copy_from_slice(mac.as_ref());
        Some(out)
    }
}

/// The step that a code is right for under a secret that is not kept yet.
pub(crate) fn step_of(secret: &[u8], typed: &str, last: i64, now: i64) -> Option<i64> {
    // RFC 6238 has SHA-1 for its default, and apps know nothing else; as a MAC it is unbroken.
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let mac = |step: [u8; 8]| {
        let mut out = [0; 20];
        out.copy_from_slice(hmac::sign(&key, &step).as_ref());
        out
    };
    totp_step(typed, mac, last, now)
}

fn totp_name(sub: &str) -> Vec<u8> {
    format!("claviger totp\0{sub}").into_bytes()
}

fn passkey_site(issuer: &Issuer) -> Option<PasskeySite> {
    let url = Url::parse(&issuer.text).ok()?;
    let Host::Domain(host) = url.host()? else { return None };
    let id = host.to_owned();
    Some(PasskeySite {
        id_hash: sha256(id.as_bytes()),
        id,
        origin: url.origin().ascii_serialization(),
    })
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// Whether a signature over a message is the key's.
pub(crate) fn verify_passkey(key: &PasskeyKey, message: &[u8], signed: &[u8]) -> bool {
    match key {
        // WebAuthn §6.5.5: ECDSA signatures are DER.
        PasskeyKey::Es256 { point } => {
            signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_ASN1, point)
                .verify(message, signed)
        }
        PasskeyKey::EdDsa { x } => {
            signature::UnparsedPublicKey::new(&signature::ED25519, x).verify(message, signed)
        }
        PasskeyKey::Rs256 { n, e } => signature::RsaPublicKeyComponents { n, e }.verify(
            &signature::RSA_PKCS1_2048_8192_SHA256,
            message,
            signed,
        ),
    }
    .is_ok()
}

/// A challenge: 256 random bits (WebAuthn §13.4.3 wants 128).
pub(crate) fn challenge() -> Result<String, NoRandomness> {
    Ok(base64url::encode(random::bytes::<32>()?))
}

/// What is told when a secret does not open: that is the operator's trouble, and no wrong code.
pub(crate) fn unopened(error: SealError) -> Box<Refusal> {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "factor-sealed")
        .detail("the second factor cannot be checked at the moment")
        .fix("the operator looks whether the master key is the right one")
        .evidence("inside", error.to_string())
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, SHA-1, the last six of eight digits.
        let secret = b"12345678901234567890";
        for (now, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(step_of(secret, code, 0, now), Some(now / 30), "{now}");
            assert_eq!(step_of(secret, code, now / 30, now), None);
        }
    }

    #[test]
    fn passkeys_are_for_hosts_with_a_name() {
        let site = |text: &str| {
            passkey_site(&Issuer {
                text: text.to_owned(),
                base: text.to_owned(),
                path: String::new(),
                secure: false,
            })
            .map(|site| (site.id, site.origin))
        };
        let pair = |id: &str, origin: &str| Some((id.to_owned(), origin.to_owned()));
        assert_eq!(site("http://127.0.0.1:8600"), None);
        assert_eq!(site("http://localhost:8600"), pair("localhost", "http://localhost:8600"));
        assert_eq!(site("https://id.example/acme"), pair("id.example", "https://id.example"));
    }

    #[test]
    fn recovery_codes_are_read_as_people_write_them() {
        let master = Arc::new(MasterKey::new(&[1; 32]).unwrap());
        let issuer = Issuer {
            text: "https://id.example".into(),
            base: String::new(),
            path: String::new(),
            secure: true,
        };
        let factors = SecondFactors::new(master, &[1; 32], &issuer);
        let (codes, digests) = factors.new_recovery_codes("ada").unwrap();
        assert_eq!((codes.len(), digests.len()), (10, 10));
        let sloppy = codes[0].to_uppercase().replace('-', " ");
        assert_eq!(factors.recovery_digest("ada", &sloppy), Some(digests[0]));
        assert_ne!(factors.recovery_digest("bob", &codes[0]), Some(digests[0]));
        for bad in ["", "abcde", "abcde-fghi\u{e9}", &"a".repeat(100)] {
            assert_eq!(factors.recovery_digest("ada", bad), None);
        }
    }
}
