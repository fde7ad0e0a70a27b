//! The key that a token is bound to (`cnf`, RFC 7800 §3.1), and whether who presents it has proven to hold it
//! (RFC 9449 §7.1, RFC 8705 §3).
//!
//! Decides by what was proven; verifies no proof.

use serde_json::Value;

use crate::catalogue::Code;
use crate::fault::{Fact, Fault};
use crate::json::Members;

/// What a token is bound to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bond {
    /// The thumbprint of a key that makes DPoP proofs (`jkt`, RFC 9449 §6.1).
    key: Option<String>,
    /// The SHA-256 of a client certificate (`x5t#S256`, RFC 8705 §3.1).
    certificate: Option<String>,
}

/// What the sender of a request has proven to hold, by its thumbprint.
#[derive(Clone, Copy, Debug, Default)]
pub struct Proven<'p> {
    /// The key that made the request's DPoP proof.
    pub key: Option<&'p str>,
    /// The certificate of the connection.
    pub certificate: Option<&'p str>,
}

impl Bond {
    /// What the claims bind the token to; none where they bind it to nothing. One of no kind that is known here
    /// can be proven by nobody.
    #[must_use]
    pub fn read(claims: &Members) -> Option<Self> {
        let confirmation = claims.get("cnf").filter(|cnf| !cnf.is_null())?;
        let of = |name| confirmation.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self { key: of("jkt"), certificate: of("x5t#S256") })
    }

    /// Whether it is bound to a DPoP key.
    #[must_use]
    pub const fn is_to_key(&self) -> bool {
        self.key.is_some()
    }

    /// Judges the bond of a token by what was proven; a certificate binds nothing that is not bound.
    ///
    /// # Errors
    /// `sender-proof-missing`, `sender-proof-invalid`, and `scheme-wrong` for a proof with a token that is bound
    /// to no DPoP key.
    pub fn check(bond: Option<&Self>, proven: Proven<'_>) -> Result<(), Box<Fault>> {
        if proven.key.is_some() && !bond.is_some_and(Self::is_to_key) {
            return Err(Box::new(unbound()));
        }
        let Some(bond) = bond else { return Ok(()) };
        let pairs = [
            ("key", &bond.key, proven.key),
            ("certificate", &bond.certificate, proven.certificate),
        ];
        if bond.key.is_none() && bond.certificate.is_none() {
            return Err(Box::new(bond.missing()));
        }
        for (name, bound, proven) in pairs {
            match (bound, proven) {
                (Some(bound), Some(proven)) if bound != proven => {
                    let fault = Fault::new(Code::SenderProofInvalid)
                        .with("member", Fact::Words(format!("the thumbprint of the {name}")))
                        .with("found", proven)
                        .with("expected", bound.as_str());
                    return Err(Box::new(fault));
                }
                (Some(_), None) => return Err(Box::new(bond.missing())),
                _ => {}
            }
        }
        Ok(())
    }

    /// That no proof of it came.
    pub(crate) fn missing(&self) -> Fault {
        let reason = match self {
            Self { key: Some(_), .. } => "a DPoP key (`cnf.jkt`)",
            Self { certificate: Some(_), .. } => "a client certificate (`cnf.x5t#S256`)",
            _ => "a key (`cnf`)",
        };
        Fault::new(Code::SenderProofMissing).with("reason", Fact::Words(reason.to_owned()))
    }
}

/// The fault of a token under the scheme `DPoP` that is bound to no DPoP key (RFC 9449 §7.1).
#[must_use]
pub fn unbound() -> Fault {
    Fault::new(Code::SchemeWrong).with("scheme", "DPoP")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bond(claims: &Value) -> Option<Bond> {
        let text = format!("e30.{}.eA", crate::base64url::encode(claims.to_string()));
        Bond::read(crate::Token::parse(&text).unwrap().payload().unwrap())
    }

    #[test]
    fn only_the_proof_of_the_very_key_will_do() {
        let to = |cnf: Value| bond(&json!({ "cnf": cnf }));
        let key = || to(json!({ "jkt": "k" }));
        let certificate = || to(json!({ "x5t#S256": "c" }));
        let both = || to(json!({ "jkt": "k", "x5t#S256": "c", "kid": "1" }));
        let code = |bond: Option<Bond>, key, certificate| {
            Bond::check(bond.as_ref(), Proven { key, certificate }).map_err(|fault| fault.code)
        };
        let (missing, invalid) = (Err(Code::SenderProofMissing), Err(Code::SenderProofInvalid));
        for (bond, proven_key, proven_certificate, expected) in [
            (bond(&json!({})), None, None, Ok(())),
            (to(Value::Null), None, None, Ok(())),
            (bond(&json!({})), None, Some("c"), Ok(())),
            (bond(&json!({})), Some("k"), None, Err(Code::SchemeWrong)),
            (key(), Some("k"), None, Ok(())),
            (key(), Some("k"), Some("c"), Ok(())),
            (key(), None, None, missing),
            (key(), None, Some("k"), missing),
            (key(), Some("x"), Some("k"), invalid),
            (certificate(), None, Some("c"), Ok(())),
            (certificate(), None, None, missing),
            (certificate(), None, Some("x"), invalid),
            (certificate(), Some("c"), None, Err(Code::SchemeWrong)),
            (both(), Some("k"), Some("c"), Ok(())),
            (both(), Some("k"), None, missing),
            (both(), Some("k"), Some("x"), invalid),
            (to(json!({ "jwk": {} })), Some("k"), Some("c"), Err(Code::SchemeWrong)),
            (to(json!({ "jwk": {} })), None, Some("c"), missing),
            (to(json!({ "jkt": 7 })), None, None, missing),
            (to(json!("k")), None, None, missing),
        ] {
            let shown = format!("{bond:?} {proven_key:?} {proven_certificate:?}");
            assert_eq!(code(bond, proven_key, proven_certificate), expected, "{shown}");
        }
    }
}
