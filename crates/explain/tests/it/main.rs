//! Explain from outside: the diagnosis cases, properties, and what a person reads.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's helper that cannot go on has to end the test"
)]

mod carried;
mod cases;
mod diffs;
mod keys_planted;
mod markdown;
mod messages;
mod pasted;
mod planted;
mod products;
mod properties;
mod repairable;
mod senders;
mod snapshots;
mod stage;
mod together;
mod warnings;
