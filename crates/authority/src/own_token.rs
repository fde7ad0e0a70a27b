//! A token of our own, judged under our own keys: for introspection, revocation and the admin API.

use claviger_token::{Expect, Policy, Verified, verify};

use crate::state::State;

/// Nodes of one authority keep the same time; this much is granted to them.
const LEEWAY_SECONDS: u64 = 5;

/// The token, if it is an access token of this authority that lives and is signed by a published key.
/// Whether it was revoked is another question.
pub(crate) fn verified(state: &State, token: &str) -> Option<Verified> {
    let policy = Policy {
        issuers: vec![state.issuer.text.clone()],
        expect: Expect::Access,
        leeway: LEEWAY_SECONDS,
        // Whoever introspects or revokes does not use the token; the proof of its sender is the
        // API's to ask for.
        sender_bound: true,
        ..Policy::default()
    };
    verify(token, &policy, &state.keyring.load().verifying, state.clock.now()).ok()
}
