//! The engine against texts that nobody here wrote, and against itself.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on says where; one that is skipped says so"
)]

mod agreement;
mod catalogue;
mod cookbook;
mod dpop;
mod ml_dsa;
mod stories;
mod vectors;
mod wycheproof;
