//! Explain from outside: the diagnosis cases, properties, and what a person reads.

mod cases;
mod keys_planted;
mod planted;
mod properties;
mod senders;
mod snapshots;
mod stage;
