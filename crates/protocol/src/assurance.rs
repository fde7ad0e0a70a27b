//! By what somebody proved who they are, how much that is worth, and what is still missing.
//!
//! Speaks the names of RFC 8176 (`amr`) and one `acr` for each step of certainty. Never looks at a password,
//! a code or a key: whoever calls has judged those.

/// One proof of who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The password.
    Password,
    /// A code of their authenticator (RFC 6238).
    Totp,
    /// One of the codes that were written down for the day the authenticator is lost.
    RecoveryCode,
    /// A passkey.
    Passkey {
        /// Whether it may lie on several devices (WebAuthn's backup eligibility).
        synced: bool,
        /// Whether the authenticator itself asked for a PIN, a finger or a face.
        user_verified: bool,
    },
}

/// The second factors that somebody has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Factors {
    /// An authenticator app was confirmed.
    pub totp: bool,
    /// At least one passkey.
    pub passkey: bool,
    /// Recovery codes that were not used yet.
    pub recovery_codes: u32,
}

impl Factors {
    /// Whether a password alone does not log in.
    #[must_use]
    pub const fn any(self) -> bool {
        self.totp || self.passkey
    }
}

/// What comes after a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// They are who they say: a session begins.
    Session,
    /// One more, of another kind.
    SecondFactor,
}

/// Decides whether the proofs so far make a session. Who has a second factor needs it; a passkey that verified
/// its user is two factors by itself, one that did not is the second beside a password.
#[must_use]
pub fn next(proofs: &[Proof], has: Factors) -> Next {
    let password = proofs.contains(&Proof::Password);
    let second = proofs.iter().any(|proof| *proof != Proof::Password);
    let alone =
        proofs.iter().any(|proof| matches!(proof, Proof::Passkey { user_verified: true, .. }));
    if alone || (password && (second || !has.any())) { Next::Session } else { Next::SecondFactor }
}

/// The `amr` of a session, separated by spaces (RFC 8176 §2).
#[must_use]
pub fn amr(proofs: &[Proof]) -> String {
    let mut names: Vec<&str> = Vec::new();
    let mut factors = 0;
    for proof in proofs {
        let name = match proof {
            Proof::Password => "pwd",
            // A recovery code is a password for one time, too.
            Proof::Totp | Proof::RecoveryCode => "otp",
            // Without attestation nobody knows that hardware holds it; that it cannot be copied is what the
            // authenticator says.
            Proof::Passkey { synced: false, .. } => "hwk",
            Proof::Passkey { synced: true, .. } => "swk",
        };
        factors += match proof {
            Proof::Passkey { user_verified: true, .. } => 2,
            _ => 1,
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if factors > 1 {
        names.push("mfa");
    }
    names.join(" ")
}

/// The names in an `amr` that is kept as one text.
pub fn names(amr: &str) -> impl Iterator<Item = &str> {
    amr.split(' ').filter(|name| !name.is_empty())
}

/// The values of `acr`, weakest first: one factor, two factors, phishing-resistant (OpenID Connect Extended
/// Authentication Profile §4). Its `phrh` is never given: it would need attestation.
pub const ACR_VALUES: [&str; 3] = ["1", "2", "phr"];

/// The `acr` that an `amr` is worth.
#[must_use]
pub fn acr(amr: &str) -> &'static str {
    let has = |name: &str| names(amr).any(|one| one == name);
    if has("hwk") || has("swk") {
        "phr"
    } else if has("mfa") {
        "2"
    } else {
        "1"
    }
}

/// Whether a session of this `amr` is what `acr_values` asks for (OpenID Connect Core §3.1.2.1): one of the
/// values is reached. Values of others' vocabularies ask for nothing that could be given here.
#[must_use]
pub fn reaches(amr: &str, acr_values: &[String]) -> bool {
    let rank = |value: &str| ACR_VALUES.iter().position(|known| *known == value);
    let wanted: Vec<usize> = acr_values.iter().filter_map(|value| rank(value)).collect();
    let own = rank(acr(amr)).unwrap_or(0);
    wanted.is_empty() || wanted.iter().any(|wanted| own >= *wanted)
}

/// Whether somebody with these factors could log in so that `acr_values` is reached.
#[must_use]
pub fn could_reach(has: Factors, acr_values: &[String]) -> bool {
    let best = if has.passkey {
        "hwk mfa"
    } else if has.totp {
        "pwd otp mfa"
    } else {
        "pwd"
    };
    reaches(best, acr_values)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: Proof = Proof::Passkey { synced: true, user_verified: true };
    const TOUCH: Proof = Proof::Passkey { synced: false, user_verified: false };

    #[test]
    fn who_has_a_second_factor_needs_it() {
        let none = Factors::default();
        let totp = Factors { totp: true, recovery_codes: 10, ..none };
        let passkey = Factors { passkey: true, ..none };
        for (proofs, has, expected) in [
            (&[Proof::Password][..], none, Next::Session),
            (&[Proof::Password], totp, Next::SecondFactor),
            (&[Proof::Password], passkey, Next::SecondFactor),
            (&[Proof::Password, Proof::Totp], totp, Next::Session),
            (&[Proof::Password, Proof::RecoveryCode], totp, Next::Session),
            (&[Proof::Password, TOUCH], passkey, Next::Session),
            (&[ALONE], passkey, Next::Session),
            (&[TOUCH], passkey, Next::SecondFactor),
            (&[TOUCH], none, Next::SecondFactor),
            // The same kind twice is one factor.
            (&[Proof::Password, Proof::Password], totp, Next::SecondFactor),
            (&[Proof::Totp], totp, Next::SecondFactor),
            (&[], none, Next::SecondFactor),
            // Codes alone are no second factor: they stand for one.
            (&[Proof::Password], Factors { recovery_codes: 3, ..none }, Next::Session),
        ] {
            assert_eq!(next(proofs, has), expected, "{proofs:?} {has:?}");
        }
    }

    #[test]
    fn a_session_says_by_what_it_was_proven() {
        for (proofs, expected, worth) in [
            (&[Proof::Password][..], "pwd", "1"),
            (&[Proof::Password, Proof::Totp], "pwd otp mfa", "2"),
            (&[Proof::Password, Proof::RecoveryCode], "pwd otp mfa", "2"),
            (&[Proof::Password, TOUCH], "pwd hwk mfa", "phr"),
            (&[ALONE], "swk mfa", "phr"),
        ] {
            assert_eq!((amr(proofs).as_str(), acr(&amr(proofs))), (expected, worth));
        }
        for (own, wanted, expected) in [
            ("pwd", "", true),
            ("pwd", "1", true),
            ("pwd", "2", false),
            ("pwd", "2 1", true),
            ("pwd", "urn:other", true),
            ("pwd otp mfa", "2", true),
            ("pwd otp mfa", "phr", false),
            ("swk mfa", "phr 2", true),
        ] {
            let wanted: Vec<String> = wanted.split_whitespace().map(str::to_owned).collect();
            assert_eq!(reaches(own, &wanted), expected, "{own} {wanted:?}");
        }
        let totp = Factors { totp: true, ..Factors::default() };
        assert!(could_reach(totp, &["2".into()]) && !could_reach(totp, &["phr".into()]));
        assert!(could_reach(Factors { passkey: true, ..totp }, &["phr".into()]));
        assert!(!could_reach(Factors::default(), &["2".into()]));
    }
}
