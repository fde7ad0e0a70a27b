//! What a store must do, whatever engine is below it, and what a file of SQLite must do besides.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends by it")]

mod endings;
mod engines;
mod file;
mod process;
mod records;
mod revocations;
mod schema;
mod statuses;

use claviger_protocol::{Client, KeyRecord, KeyState, Resource};

pub(crate) const NOW: i64 = 1_795_000_000;

pub(crate) fn client(id: &str) -> Client {
    Client {
        name: format!("the client {id}"),
        scopes: vec!["orders:read".into()],
        resources: vec!["https://api.example".into()],
        secret_hash: Some("$argon2id$v=19$x".into()),
        ..Client::new(id, NOW)
    }
}

pub(crate) fn resource(uri: &str) -> Resource {
    Resource { introspectors: vec!["api".into()], ..Resource::new(uri, NOW) }
}

pub(crate) fn key(kid: &str, state: KeyState) -> KeyRecord {
    KeyRecord::created(kid, "ES256", state, NOW, NOW)
}
