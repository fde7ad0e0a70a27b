//! Under which name a client knows a person: the public one, or one of its sector's own (OpenID Connect Core §8.1).
//!
//! A name of a sector is a MAC over sector and person under a key that only this authority has: stable for as long
//! as the master key is, and no two sectors can tell that they speak of the same person. Never decides who belongs
//! to which sector (`claviger_protocol::sector`).

use aws_lc_rs::hmac;
use claviger_protocol::{Client, User, sector};
use claviger_token::base64url;

use crate::derived_key::derived;
use crate::refusal::Refusal;
use crate::state::State;

/// The key.
pub(crate) struct Subjects(hmac::Key);

impl std::fmt::Debug for Subjects {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("[redacted]")
    }
}

impl Subjects {
    pub(crate) fn new(master: &[u8; 32]) -> Self {
        Self(derived(master, "claviger pairwise subjects 1"))
    }

    /// The name of a person in a sector.
    fn of(&self, sector: &str, sub: &str) -> String {
        // A sector is a host name and a `sub` is base64url: neither has a zero byte.
        let text = format!("{sector}\0{sub}");
        base64url::encode(hmac::sign(&self.0, text.as_bytes()).as_ref())
    }

    /// What a client knows a person by.
    pub(crate) fn seen_by(&self, client: &Client, sub: &str) -> Result<String, Box<Refusal>> {
        match sector(client) {
            Ok(None) => Ok(sub.to_owned()),
            Ok(Some(sector)) => Ok(self.of(&sector, sub)),
            // The record was checked when it was written; a public `sub` in its place would be a leak.
            Err(invalid) => Err(Refusal::unavailable("no-sector", invalid.problem).into()),
        }
    }
}

/// What a client knows a person by, remembered so that what ends for the person ends under that name as well.
pub(crate) async fn introduced(
    state: &State,
    client: &Client,
    sub: &str,
) -> Result<String, Box<Refusal>> {
    let seen = state.subjects.seen_by(client, sub)?;
    if seen != sub {
        state.store.know_alias(sub, &seen).await?;
    }
    Ok(seen)
}

/// The person behind a `sub` of whichever client.
pub(crate) async fn person(state: &State, seen: &str) -> Result<Option<User>, Box<Refusal>> {
    if let Some(user) = state.store.find_user(seen).await? {
        return Ok(Some(user));
    }
    match state.store.find_alias(seen).await? {
        Some(sub) => Ok(state.store.find_user(&sub).await?),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_stable_and_one_sector_s_alone() {
        let keys = Subjects::new(&[7; 32]);
        let name = keys.of("a.example", "u1");
        assert_eq!(Subjects::new(&[7; 32]).of("a.example", "u1"), name);
        for other in [
            keys.of("b.example", "u1"),
            keys.of("a.example", "u2"),
            Subjects::new(&[8; 32]).of("a.example", "u1"),
        ] {
            assert_ne!(other, name);
        }
        assert!(!name.contains("u1"));
    }
}
