//! Histories: what must hold whatever the order of things.

#![expect(clippy::unwrap_used, reason = "tests")]

mod refreshing;
