//! Status lists as requests need them: a place for each token of a client that asked for it, and the signed lists,
//! made anew when something was revoked.
//!
//! Decides how long a signed list is handed out again; never what stands in it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use claviger_protocol::{
    INVALID, LIST_SIZE, STATUS_LIST_TYPE, Status, StatusList, StatusListClaims,
};
use claviger_store::ListedToken;

use crate::random;
use crate::refusal::Refusal;
use crate::state::State;

/// After so many seconds a reader asks again: what a revocation takes to reach whoever holds a list.
pub(crate) const TTL: i64 = 60;
/// A list is believed for so many seconds, should this authority not be reached.
const LIFE: i64 = 3600;
/// A list takes tokens until it is half full, so that a random place is free at the second try.
const MOST: u32 = LIST_SIZE / 2;
/// Random places that are tried: all taken once in 2^16 times.
const TRIES: usize = 16;
/// Signed lists held in memory. One is 11 KiB at most.
const HELD: usize = 64;

struct Signed {
    token: Bytes,
    at: i64,
    /// The last revocation that it knows.
    seq: u64,
}

/// The signed lists.
#[derive(Default)]
pub(crate) struct StatusLists(Mutex<HashMap<u32, Signed>>);

impl StatusLists {
    /// A place for a token.
    pub(crate) async fn place(
        &self,
        state: &State,
        token: ListedToken,
    ) -> Result<Status, Box<Refusal>> {
        let mut candidates = Vec::with_capacity(TRIES);
        while candidates.len() < TRIES {
            let drawn: [u8; 4] = random::bytes()?;
            candidates.push(u32::from_be_bytes(drawn) % LIST_SIZE);
        }
        match state.store.list_token(token, candidates, MOST).await? {
            Some((list, idx)) => Ok(Status::at(idx, uri(state, list))),
            None => Err(Refusal::unavailable("status-list-full", "no free place was drawn").into()),
        }
    }

    /// The signed list of a number; none where there is no such list.
    pub(crate) async fn token(
        &self,
        state: &State,
        list: u32,
    ) -> Result<Option<Bytes>, Box<Refusal>> {
        let now = state.clock.now();
        // Read before the list is: at worst it is made once more than needed.
        let seq = state.revocations.latest();
        let held = |lists: &HashMap<u32, Signed>| {
            let signed = lists.get(&list)?;
            let fresh = signed.seq == seq && (0..TTL).contains(&now.saturating_sub(signed.at));
            fresh.then(|| signed.token.clone())
        };
        if let Some(token) = held(&self.0.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(Some(token));
        }
        let Some(revoked) = state.store.status_list(list).await? else { return Ok(None) };
        let mut entries = StatusList::new(1, LIST_SIZE)
            .map_err(|_| Refusal::unavailable("status-list", "no list could be made"))?;
        for idx in revoked {
            entries.set(idx, INVALID);
        }
        let claims = StatusListClaims {
            iss: state.issuer.text.clone(),
            sub: uri(state, list),
            iat: now,
            exp: now.saturating_add(LIFE),
            ttl: TTL,
            status_list: entries.pack(),
        };
        let token = Bytes::from(state.keyring.sign(None, STATUS_LIST_TYPE, &claims)?);
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lists.len() >= HELD
            && !lists.contains_key(&list)
            && let Some(any) = lists.keys().next().copied()
        {
            lists.remove(&any);
        }
        lists.insert(list, Signed { token: token.clone(), at: now, seq });
        Ok(Some(token))
    }
}

fn uri(state: &State, list: u32) -> String {
    format!("{}/status-lists/{list}", state.issuer.base)
}
