//! Who sends a token that is bound to a key: the proof of a request (RFC 9449 §7), or the certificate of its
//! connection (RFC 8705 §3).
//!
//! Decides whether a request proves the key that its token is bound to, and remembers used proofs within a bound.
//! Never takes a proof for a request whose address nobody knows.

use std::sync::{Mutex, PoisonError};

use claviger_token::bond::{Bond, Proven};
use claviger_token::certificate;
use claviger_token::challenge::Demand;
use claviger_token::dpop::{self, Expected, Misfit, Nonces, Proof, ProofError, Use, Used};
use claviger_token::presentation::Scheme;
use claviger_token::{Code, Fact, Fault};

use crate::asked::Asked;
use crate::clock;

/// What refuses a request, and which scheme its sender is to use.
#[derive(Debug)]
pub(crate) struct Objection {
    pub(crate) fault: Box<Fault>,
    pub(crate) demand: Demand,
}

impl From<Box<Fault>> for Objection {
    fn from(fault: Box<Fault>) -> Self {
        Self { fault, demand: Demand::Bearer }
    }
}

/// The memory that judging proofs needs.
pub(crate) struct Senders {
    nonces: Option<Nonces>,
    bound_only: bool,
    used: Mutex<Used>,
}

impl std::fmt::Debug for Senders {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Senders").field("nonces", &self.nonces).finish_non_exhaustive()
    }
}

impl Senders {
    /// With `nonces`, only proofs with a nonce of this very guard are taken; with `bound_only`, only tokens that are
    /// bound to something.
    pub(crate) fn new(nonces: Option<Nonces>, bound_only: bool) -> Self {
        Self { nonces, bound_only, used: Mutex::new(Used::default()) }
    }

    /// The nonce that the next proofs shall have, where they need one.
    pub(crate) fn nonce(&self) -> Option<String> {
        self.nonces.as_ref().map(|nonces| nonces.at(clock::now()))
    }

    /// Judges whether a request proves what its verified token is bound to, and uses its proof up.
    pub(crate) fn admit(
        &self,
        asked: &Asked<'_>,
        url: Option<&str>,
        (scheme, token): (Scheme, &str),
        bond: Option<&Bond>,
    ) -> Result<(), Objection> {
        let certificate = asked.certificate.filter(|_| bond.is_some()).map(certificate::thumbprint);
        let mut proven = Proven { key: None, certificate: certificate.as_deref() };
        let object = |fault, demand| Err(Objection { fault, demand });
        if self.bound_only && bond.is_none() {
            let expected = Fact::Words("a key that the token is bound to".to_owned());
            let fault = Fault::new(Code::ClaimMismatch).with("claim", "cnf");
            return object(Box::new(fault.with("expected", expected)), Demand::Dpop);
        }
        if scheme == Scheme::Bearer {
            let is_to_key = bond.is_some_and(Bond::is_to_key);
            let demand = if is_to_key { Demand::Dpop } else { Demand::Bearer };
            return Bond::check(bond, proven).or_else(|fault| object(fault, demand));
        }
        if !bond.is_some_and(Bond::is_to_key) {
            return object(Box::new(claviger_token::bond::unbound()), Demand::Bearer);
        }
        let now = clock::now();
        let proof = match read(asked, url, token, now) {
            Ok(proof) => proof,
            Err(fault) => return object(fault, Demand::Dpop),
        };
        proven.key = Some(proof.thumbprint());
        if let Err(fault) = Bond::check(bond, proven) {
            return object(fault, Demand::Dpop);
        }
        if let Some(nonces) = &self.nonces
            && !proof.nonce().is_some_and(|nonce| nonces.accepts(nonce, now))
        {
            let reason = match proof.nonce() {
                Some(_) => "its nonce is over, or was given by somebody else",
                None => "it has no nonce of this service",
            };
            return object(ProofError::new(Misfit::Nonce, reason).fault, Demand::Nonce);
        }
        match self.used.lock().unwrap_or_else(PoisonError::into_inner).take(&proof, now) {
            Use::First => Ok(()),
            Use::Again => {
                object(ProofError::new(Misfit::Replay, "it was used before").fault, Demand::Dpop)
            }
            Use::Full => {
                let reason = "so many proofs are remembered that no more fit; send it again later";
                object(ProofError::new(Misfit::Replay, reason).fault, Demand::Dpop)
            }
        }
    }
}

/// The one proof of a request, judged for its method and address, and for the token that came along.
fn read(asked: &Asked<'_>, url: Option<&str>, token: &str, now: i64) -> Result<Proof, Box<Fault>> {
    let values = asked.headers.get_all(dpop::HEADER).iter();
    let only = dpop::only(values.map(|value| value.to_str().unwrap_or_default()));
    let Some(text) = only.map_err(|error| error.fault)? else {
        let reason = Fact::Words("there is no header `DPoP`".to_owned());
        return Err(Box::new(Fault::new(Code::SenderProofMissing).with("reason", reason)));
    };
    let (Some(url), false) = (url, asked.method.is_empty()) else {
        let reason = "this service does not know the method and address of the request, so it can \
                      judge no proof; its operator has to tell it";
        return Err(ProofError::new(Misfit::Address, reason).fault);
    };
    let expected = Expected { method: asked.method, url, token: Some(token) };
    dpop::verify(text, &expected, now).map_err(|error| error.fault)
}
