//! The guard: lets requests with a good token pass and tells the others why not.
//!
//! It holds the keys of the issuers it trusts, keeps them fresh in the background, follows their revocation
//! feeds, and remembers tokens that it has verified. A token can choose among the trusted issuers and
//! nothing else: no address in a token is ever followed.
//!
//! ```no_run
//! # async fn start() -> Result<(), claviger_guard::BuildError> {
//! let guard = claviger_guard::Guard::builder()
//!     .issuer("https://id.example")
//!     .audience("https://orders.example")
//!     .build()?;
//! # Ok(()) }
//! ```

mod asked;
mod builder;
mod cache;
mod claimed;
mod clock;
mod counters;
pub mod discovery;
mod events;
#[cfg(feature = "axum")]
mod extract;
pub mod fetch;
mod guard;
mod issuer;
mod layer;
mod refusal;
mod reports;
mod revocations;
mod sender;
mod session;
mod status;
pub mod trace;

pub use asked::Asked;
pub use builder::{BuildError, GuardBuilder};
pub use claimed::{Claimed, plain_path};
pub use counters::Counts;
#[cfg(feature = "axum")]
pub use extract::{Bearer, NoGuard};
pub use guard::Guard;
pub use layer::{GuardLayer, Guarded};
pub use refusal::{Refusal, Voice, diagnosis, is_preflight};
pub use reports::Reports;
pub use revocations::LostFeed;
pub use session::Session;
pub use status::{FeedStatus, IssuerError, IssuerStatus, Status};
