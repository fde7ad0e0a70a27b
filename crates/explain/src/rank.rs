//! The order of diagnosis (research §8.1): which of several faults leads, and how sure each is.
//!
//! Decides the order only; what was found stays found.

use claviger_token::{Class, Code, Fact, Fault, Proof, TokenKind};

use crate::report::Certainty;
use crate::time::is_close;

/// The rank of the first fault that is about claims.
pub(crate) const CLAIMS: u16 = 500;

/// What another kind of token explains.
pub(crate) const BEHIND_KIND: u16 = 650;

/// The order of diagnosis (research §8.1): lower stands first. Equal ranks keep the order of the checks.
pub(crate) fn rank(fault: &Fault, signature_holds: bool) -> u16 {
    use Code as C;
    match fault.code {
        C::HeaderNotJson | C::PayloadNotJson | C::PayloadCompressed | C::ClaimDuplicated => 200,
        C::Truncated | C::CharacterError => 210,
        C::ClaimType if steers_wrongly(fault) => 215,
        C::CriticalHeader | C::AlgorithmNone | C::SignatureStripped => 220,
        C::KeySetInvalid | C::KeyFormat => 300,
        // A token of another kind is often signed with another key: the kind explains the key.
        C::RefreshTokenAsAccessToken | C::IdTokenAsAccessToken | C::TokenTypeMismatch
            if !signature_holds && is_marked(fault) =>
        {
            390
        }
        C::ForeignResourceToken | C::KeyIdInjection | C::KeyEmbedded | C::AlgorithmConfusion => 400,
        C::AlgorithmNotAllowed => 405,
        C::SignatureMismatch => 420,
        _ if fault.code.class() == Class::Tampered => 410,
        _ if fault.code.class() == Class::Server => 430,
        C::ClaimType => CLAIMS,
        _ if fault.code.class() == Class::Expired => 510,
        _ => 600,
    }
}

/// Kinds that are signed by somebody else than access tokens are, as a rule.
fn is_marked(fault: &Fault) -> bool {
    match fault.code {
        Code::RefreshTokenAsAccessToken | Code::IdTokenAsAccessToken => true,
        _ => matches!(fault.fact("found"), Some(Fact::Words(found))
            if found == TokenKind::DpopProof.as_str() || found == TokenKind::ClientAssertion.as_str()),
    }
}

pub(crate) fn certainty(fault: &Fault, refuted: bool, exhausted: bool) -> Certainty {
    match fault.code {
        Code::SignatureMismatch if exhausted => Certainty::Likely,
        Code::SignatureMismatch => Certainty::Proven,
        Code::TimeInLocalZone => match (fault.fact("offset"), fault.fact("age")) {
            (Some(Fact::Lasting(offset)), _) if *offset < 0 => Certainty::Possible,
            (_, Some(Fact::Lasting(age))) if !is_close(*age) => Certainty::Possible,
            _ => Certainty::Likely,
        },
        // Claims of a token whose signature is refuted are what somebody wrote.
        _ if refuted && rank(fault, true) >= CLAIMS => Certainty::Likely,
        code if code.proof() == Proof::Probe => Certainty::Possible,
        _ => Certainty::Proven,
    }
}

/// Whether a member that steers the verification has the wrong type.
pub(crate) fn steers_wrongly(fault: &Fault) -> bool {
    fault.code == Code::ClaimType
        && matches!(fault.fact("claim"), Some(Fact::Text(name)) if ["kid", "alg", "crit"].contains(&name.as_str()))
}
