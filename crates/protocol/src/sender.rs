//! Who sends a request, by the key that it proves to hold (RFC 9449): what a proof, or its absence, comes to.
//!
//! Decides how each defect is told and whether a client may go without. Verifies no proof: that is
//! `claviger_token::dpop`'s.

use claviger_token::Code;
use claviger_token::dpop::{Misfit, ProofError};

use crate::client::{AuthMethod, Client};
use crate::confirmation::Confirmation;
use crate::error::{OauthCode, OauthFault};

/// How a proof that does not fit is told (RFC 9449 §5).
#[must_use]
pub fn proof_refused(error: &ProofError) -> OauthFault {
    let fix = match error.misfit {
        Misfit::Several => "send one DPoP header",
        Misfit::Key | Misfit::Algorithm => {
            "put the public key alone into the header's `jwk`, and sign with ES256 or EdDSA"
        }
        Misfit::Method | Misfit::Address => {
            "set `htm` to the method and `htu` to the address of this very request, as the metadata name it"
        }
        Misfit::Time => "set the machine's clock, and make the proof when the request is sent",
        Misfit::Replay | Misfit::Id => {
            "make a new proof, with a new random `jti`, for each request"
        }
        Misfit::Nonce => "make a new proof with the nonce of the answer's DPoP-Nonce header",
        Misfit::Shape | Misfit::Type | Misfit::Signature | Misfit::Token => {
            "make the proof as RFC 9449 section 4.2 has it"
        }
    };
    let code = Code::SenderProofInvalid.as_str();
    OauthFault::new(OauthCode::InvalidDpopProof, code, error.to_string()).fix(fix)
}

/// A proof that came without a nonce of ours, or with one that is over (RFC 9449 §8).
#[must_use]
pub fn nonce_wanted(found: bool) -> OauthFault {
    let description = if found {
        "the nonce in the DPoP proof is over, or was given by somebody else"
    } else {
        "the DPoP proof has no nonce of this authority"
    };
    OauthFault::new(OauthCode::UseDpopNonce, "dpop-nonce", description)
        .fix("make a new proof with the nonce of the answer's DPoP-Nonce header; libraries do it by themselves")
}

/// Whether a client may have tokens that are bound to nothing (RFC 9449 §5.2).
pub fn check_sender(client: &Client, cnf: Option<&Confirmation>) -> Result<(), OauthFault> {
    if client.tls_client_certificate_bound_access_tokens
        && !matches!(cnf, Some(Confirmation::Certificate(_)))
    {
        let code = Code::SenderProofMissing.as_str();
        let description =
            "the client has only tokens that are bound to its certificate, and none came";
        return Err(OauthFault::new(OauthCode::InvalidRequest, code, description)
            .fix("send the certificate with the TLS connection, and no DPoP proof beside it"));
    }
    if client.dpop_bound_access_tokens && cnf.and_then(Confirmation::jkt).is_none() {
        let code = Code::SenderProofMissing.as_str();
        let description =
            "the client has only tokens that are bound to a DPoP key, and no proof came";
        return Err(OauthFault::new(OauthCode::InvalidDpopProof, code, description).fix(
            "send a DPoP proof; or have `dpop_bound_access_tokens` switched off for the client",
        ));
    }
    Ok(())
}

/// The key that a refresh token is bound to: that of the request, where the client has no other proof of its own
/// (RFC 9449 §5, RFC 8705 §7.1). Who proves itself may change keys.
#[must_use]
pub fn refresh_bond(client: &Client, cnf: Option<&Confirmation>) -> Option<Confirmation> {
    cnf.filter(|_| client.auth_method == AuthMethod::None).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_defect_has_its_words_and_a_fix() {
        for misfit in Misfit::ALL {
            let fault = proof_refused(&ProofError::new(*misfit, "why"));
            assert_eq!((fault.error.as_str(), fault.status()), ("invalid_dpop_proof", 400));
            assert_eq!(fault.code, "sender-proof-invalid");
            assert!(fault.description.ends_with("why") && !fault.fix.is_empty(), "{fault}");
        }
        assert_eq!(nonce_wanted(true).error.as_str(), "use_dpop_nonce");
        assert_ne!(nonce_wanted(true).description, nonce_wanted(false).description);
    }

    #[test]
    fn a_client_that_has_bound_tokens_only_gets_no_other() {
        let free = Client::new("a", 0);
        let bound = Client { dpop_bound_access_tokens: true, ..free.clone() };
        let (key, certificate) =
            (Confirmation::Key("k".into()), Confirmation::Certificate("c".into()));
        check_sender(&free, None).unwrap();
        check_sender(&bound, Some(&key)).unwrap();
        let by_certificate = Client { tls_client_certificate_bound_access_tokens: true, ..free };
        check_sender(&by_certificate, Some(&certificate)).unwrap();
        for cnf in [None, Some(&key)] {
            assert_eq!(
                check_sender(&by_certificate, cnf).unwrap_err().code,
                "sender-proof-missing"
            );
        }
        for cnf in [None, Some(&certificate)] {
            assert_eq!(check_sender(&bound, cnf).unwrap_err().code, "sender-proof-missing");
        }
    }
}
