//! Development only: what the tests of every crate share.
//!
//! Fixed keys and minted tokens, an issuer and an upstream that misbehave on request, a starter for
//! built binaries, and an HTTP client plain enough to send what a proper one refuses to send.
//! Nothing here is linked into the product, and nothing here decides whether a test passes.
//!
//! Everything is callable from synchronous and asynchronous tests alike: the servers run on threads
//! of their own, and the client blocks.

#![expect(
    clippy::expect_used,
    reason = "a fixture that cannot be set up has to end the test that asked for it"
)]

pub mod ask;
pub mod issuer;
pub mod keys;
pub mod load;
pub mod mint;
pub mod person;
pub mod pki;
pub mod process;
pub mod scripted;
mod server;
pub mod sink;
pub mod tls;

pub use ask::{Answer, Ask};
pub use issuer::{Behaviour, FakeIssuer};
pub use mint::{access_claims, mint, mint_with};
pub use person::Person;
pub use process::Process;
pub use scripted::{Heard, Reply, Scripted};
pub use sink::Sink;
pub use tls::{Certificate, Tls};

/// The clock of the machine as unix seconds, for tests that talk to a process with a real clock.
#[must_use]
pub fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(since.expect("a clock after 1970").as_secs()).expect("a clock before the end")
}
