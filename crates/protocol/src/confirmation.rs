//! The key that a token is bound to (RFC 7800 §3.1): who uses the token has to prove that they hold it.
//!
//! Decides how the bond is written in tokens and records. Verifies no proof.

use serde::{Deserialize, Serialize};

/// The claim `cnf`, as it stands in access tokens and in the record of a grant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Confirmation {
    /// A key that makes DPoP proofs, by its thumbprint (RFC 9449 §6.1).
    #[serde(rename = "jkt")]
    Key(String),
    /// A client certificate, by the SHA-256 of its DER (RFC 8705 §3.1).
    #[serde(rename = "x5t#S256")]
    Certificate(String),
}

impl Confirmation {
    /// The thumbprint of the DPoP key, where it is one.
    #[must_use]
    pub fn jkt(&self) -> Option<&str> {
        match self {
            Self::Key(thumbprint) => Some(thumbprint),
            Self::Certificate(_) => None,
        }
    }
}

/// The `token_type` of a token with this bond (RFC 9449 §5): a certificate is proven by the connection and
/// leaves the token a bearer token by name (RFC 8705 §3).
#[must_use]
pub const fn token_type(bond: Option<&Confirmation>) -> &'static str {
    match bond {
        Some(Confirmation::Key(_)) => "DPoP",
        Some(Confirmation::Certificate(_)) | None => "Bearer",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_bond_is_written_as_the_claim() {
        for (bond, claim, scheme) in [
            (Confirmation::Key("t".into()), json!({"jkt": "t"}), "DPoP"),
            (Confirmation::Certificate("t".into()), json!({"x5t#S256": "t"}), "Bearer"),
        ] {
            assert_eq!(serde_json::to_value(&bond).unwrap(), claim);
            assert_eq!(token_type(Some(&bond)), scheme);
            assert_eq!(serde_json::from_value::<Confirmation>(claim).unwrap(), bond);
        }
        assert_eq!(token_type(None), "Bearer");
    }
}
