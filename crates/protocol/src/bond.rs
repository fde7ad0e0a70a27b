//! Whether whoever presents a token is the one that it is bound to (RFC 9449 §7.1, RFC 8705 §3).
//!
//! Decides by what was proven; verifies no proof.

use claviger_token::{Code, Fact, Fault};
use serde_json::Value;

use crate::confirmation::Confirmation;

/// Judges a token's `cnf` by the thumbprints of the DPoP key and the certificate that were proven.
pub fn check_bond(
    cnf: Option<Value>,
    key: Option<&str>,
    certificate: Option<&str>,
) -> Result<(), Box<Fault>> {
    let refuse = |code, reason: &str| {
        Err(Box::new(Fault::new(code).with("reason", Fact::Words(reason.to_owned()))))
    };
    let Some(cnf) = cnf else {
        return match key {
            None => Ok(()),
            Some(_) => refuse(Code::SenderProofInvalid, "the token is bound to no DPoP key"),
        };
    };
    let (bound, proven, reason) = match serde_json::from_value(cnf) {
        Ok(Confirmation::Key(bound)) => (bound, key, "another key made the proof"),
        Ok(Confirmation::Certificate(bound)) => (bound, certificate, "it is another certificate"),
        Err(_) => return refuse(Code::SenderProofMissing, "a key (`cnf`) that is not known here"),
    };
    match proven {
        Some(proven) if proven == bound => Ok(()),
        Some(_) => refuse(Code::SenderProofInvalid, reason),
        None => refuse(Code::SenderProofMissing, "no proof of the key in `cnf` came"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_proof_of_the_very_key_will_do() {
        let key = || Some(json!({ "jkt": "k" }));
        let certificate = || Some(json!({ "x5t#S256": "c" }));
        check_bond(None, None, None).unwrap();
        // A certificate on the connection binds nothing that is not bound.
        check_bond(None, None, Some("c")).unwrap();
        check_bond(key(), Some("k"), None).unwrap();
        check_bond(certificate(), None, Some("c")).unwrap();
        for (cnf, proven_key, proven_certificate, code) in [
            (None, Some("k"), None, Code::SenderProofInvalid),
            (key(), None, None, Code::SenderProofMissing),
            (key(), None, Some("k"), Code::SenderProofMissing),
            (key(), Some("x"), Some("k"), Code::SenderProofInvalid),
            (certificate(), None, None, Code::SenderProofMissing),
            (certificate(), Some("c"), None, Code::SenderProofMissing),
            (certificate(), None, Some("x"), Code::SenderProofInvalid),
            (Some(json!({ "jwk": {} })), Some("k"), Some("c"), Code::SenderProofMissing),
            (Some(json!("k")), Some("k"), Some("k"), Code::SenderProofMissing),
        ] {
            let fault = check_bond(cnf, proven_key, proven_certificate).unwrap_err();
            assert_eq!(fault.code, code);
        }
    }
}
