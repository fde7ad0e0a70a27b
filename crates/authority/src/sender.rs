//! The proof of a sender's key (RFC 9449): read from a request, judged, and used up.
//!
//! Keeps the used proofs in memory. A nonce key of this process's own makes that enough: what was used before a
//! restart bears a nonce that nobody takes any more. Proofs without a nonce, where the operator allows them, are
//! remembered by the store.

use std::sync::{Mutex, PoisonError};

use claviger_protocol::{
    Client, Confirmation, OauthFault, check_sender, nonce_wanted, proof_refused,
};
use claviger_token::dpop::{self, Expected, Misfit, Nonces, Proof, ProofError, Use, Used};
use http::{HeaderName, HeaderValue};

use crate::call::{Call, Reply};
use crate::random::{self, NoRandomness};
use crate::refusal::Refusal;
use crate::state::State;

const NONCE: HeaderName = HeaderName::from_static(dpop::NONCE_HEADER);
/// No client id begins like that, so nothing in the store's memory of assertions is mistaken for a proof.
const STORED_AS: &str = "dpop:";

/// What judging proofs needs a memory for.
pub(crate) struct Senders {
    nonces: Nonces,
    used: Mutex<Used>,
}

impl Senders {
    pub(crate) fn new() -> Result<Self, NoRandomness> {
        let nonces = Nonces::new(&random::bytes::<32>()?);
        Ok(Self { nonces, used: Mutex::new(Used::default()) })
    }
}

/// Who sends a request, as far as a key proves it.
pub(crate) struct Sender(Option<Proof>);

impl Sender {
    /// Judges the proof of a request to `url`, if it brings one. Before the client is asked who it is: a request
    /// that is sent again with a nonce must not have cost a hash or a single-use assertion.
    pub(crate) fn read(call: &Call, url: &str) -> Result<Self, Box<Refusal>> {
        Self::read_with(call, url, None)
    }

    /// The same for a request that presents an access token, which the proof has to be made for (§4.2, `ath`).
    pub(crate) fn read_with(
        call: &Call,
        url: &str,
        token: Option<&str>,
    ) -> Result<Self, Box<Refusal>> {
        let values = call.parts.headers.get_all(dpop::HEADER).iter();
        let only = dpop::only(values.map(|value| value.to_str().unwrap_or_default()));
        let Some(text) = only.map_err(|error| misfit(&error))? else { return Ok(Self(None)) };
        let state = &call.state;
        let now = state.clock.now();
        let expected = Expected { method: call.parts.method.as_str(), url, token };
        let proof = dpop::verify(text, &expected, now).map_err(|error| misfit(&error))?;
        let is_due = state.config.tokens.dpop_nonce_required || proof.nonce().is_some();
        if is_due && !proof.nonce().is_some_and(|nonce| state.senders.nonces.accepts(nonce, now)) {
            return Err(challenged(state, nonce_wanted(proof.nonce().is_some())));
        }
        Ok(Self(Some(proof)))
    }

    /// Uses the proof of a client's request up, and gives the key that tokens are to be bound to.
    pub(crate) async fn admit(
        &self,
        call: &Call,
        client: &Client,
    ) -> Result<Option<Confirmation>, Box<Refusal>> {
        let state = &call.state;
        let key = self.thumbprint().map(|jkt| Confirmation::Key(jkt.to_owned()));
        // RFC 8705 §3: by the client's setting, whatever it proves itself with.
        let by_certificate = || {
            let bound = client.tls_client_certificate_bound_access_tokens;
            let certificate = bound.then(|| call.certificate()).flatten()?;
            Some(Confirmation::Certificate(certificate.thumbprint()))
        };
        let cnf = key.or_else(by_certificate);
        check_sender(client, cnf.as_ref())?;
        self.use_up(state).await?;
        Ok(cnf)
    }

    /// The thumbprint of the key, where one was proven.
    pub(crate) fn thumbprint(&self) -> Option<&str> {
        self.0.as_ref().map(Proof::thumbprint)
    }

    /// RFC 9449 §11.1: a proof serves once.
    pub(crate) async fn use_up(&self, state: &State) -> Result<(), Box<Refusal>> {
        let Some(proof) = &self.0 else { return Ok(()) };
        let now = state.clock.now();
        let outcome = if proof.nonce().is_some() {
            let used = &state.senders.used;
            used.lock().unwrap_or_else(PoisonError::into_inner).take(proof, now)
        } else {
            let whose = format!("{STORED_AS}{}", proof.thumbprint());
            let first =
                state.store.consume_assertion(&whose, proof.id(), proof.until(), now).await?;
            if first { Use::First } else { Use::Again }
        };
        match outcome {
            Use::First => Ok(()),
            Use::Again => {
                Err(misfit(&ProofError::new(Misfit::Replay, "the proof was used before")))
            }
            Use::Full => {
                let refusal = Refusal::unavailable("proofs-full", "too many proofs are remembered");
                Err(refusal.into())
            }
        }
    }

    /// RFC 9449 §8.2: whoever sends proofs gets the next nonce with each answer, before the old one is over.
    pub(crate) fn renew(&self, state: &State, reply: &mut Reply) {
        if self.0.is_some()
            && let Some((name, value)) = nonce(state)
        {
            reply.headers_mut().insert(name, value);
        }
    }
}

fn nonce(state: &State) -> Option<(HeaderName, HeaderValue)> {
    let nonce = state.senders.nonces.at(state.clock.now());
    Some((NONCE, HeaderValue::from_str(&nonce).ok()?))
}

fn challenged(state: &State, fault: OauthFault) -> Box<Refusal> {
    let refusal: Box<Refusal> = fault.into();
    match nonce(state) {
        Some((name, value)) => refusal.header(name, value).into(),
        None => refusal,
    }
}

fn misfit(error: &ProofError) -> Box<Refusal> {
    let refusal: Box<Refusal> = proof_refused(error).into();
    refusal.evidence("misfit", error.misfit.as_str()).into()
}
