//! A token of our own, judged under our own keys: for introspection, revocation and the admin API.

use claviger_token::{Algorithm, Expect, Fault, Policy, Verified, verify};

use crate::state::State;

/// Nodes of one authority keep the same time; this much is granted to them.
const LEEWAY_SECONDS: u64 = 5;
/// Longer than any session and any key.
const FOR_EVER: u64 = 100 * 366 * 86_400;

/// What all of them are judged by. Our keys decide about the algorithm: each is marked for one.
fn policy(state: &State, expect: Expect) -> Policy {
    Policy {
        issuers: vec![state.issuer.text.clone()],
        algorithms: Algorithm::asymmetric().collect(),
        expect,
        leeway: LEEWAY_SECONDS,
        ..Policy::default()
    }
}

/// The token, if it is an access token of this authority that lives and is signed by a published key.
/// Whether it was revoked is another question.
pub(crate) fn verified(state: &State, token: &str) -> Option<Verified> {
    // Whoever introspects or revokes does not use the token; the proof of its sender is the
    // API's to ask for.
    let policy = Policy { sender_bound: true, ..policy(state, Expect::Access) };
    verify(token, &policy, &state.keyring.load().verifying, state.clock.now()).ok()
}

/// A token that is presented here to be used: good, with a scope, and not revoked. The caller checks the proof of the
/// key that it is bound to.
pub(crate) fn granting(state: &State, token: &str, scope: &str) -> Result<Verified, Box<Fault>> {
    let policy = Policy {
        // The person's identity is no API of its own: a token for any of theirs tells it, if it has the scope.
        audiences: Vec::new(),
        scopes: vec![scope.to_owned()],
        sender_bound: true,
        ..policy(state, Expect::Access)
    };
    let verified = verify(token, &policy, &state.keyring.load().verifying, state.clock.now())?;
    match state.revocations.fault(&verified) {
        Some(fault) => Err(fault),
        None => Ok(verified),
    }
}

/// An ID token of our own that comes as a hint: its signature and issuer count, its age does not (OpenID Connect
/// RP-Initiated Logout §2).
pub(crate) fn hinted(state: &State, token: &str) -> Option<Verified> {
    // A hint proves who was logged in where, not that somebody may do something.
    let policy = Policy { leeway: FOR_EVER, ..policy(state, Expect::Id) };
    verify(token, &policy, &state.keyring.load().verifying, state.clock.now()).ok()
}
