//! The authority server: issues, introspects and revokes access tokens, publishes keys, metadata and
//! the revocation feed, and is administered over its own API.
//!
//! What is right and wrong is decided in `claviger_protocol` and `claviger_token`; what is kept, in
//! `claviger_store`. This crate owns the clock, the randomness, the sockets and the private keys: it
//! parses a request, loads the facts, has them judged, and renders the answer.
//!
//! ```no_run
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! use claviger_authority::{Authority, Config, bind};
//! let mut config = Config::default();
//! let listener = bind(&mut config).await?;
//! let (authority, bootstrap) = Authority::open(config).await?;
//! if let Some(first) = bootstrap {
//!     println!("the administrator's credential is in {}", first.admin_token_file.display());
//! }
//! authority.serve(listener, std::future::pending()).await;
//! # Ok(())
//! # }
//! ```
//!
//! Where to start reading: `routes` is the table of everything that answers, `dispatch` what all
//! answers share, `endpoint` the handlers, `secrets`, `keyring` and `revocations` what is held in
//! memory between requests.

mod administrator;
mod authority;
mod backup;
mod browser;
mod call;
mod client_check;
mod client_keys;
mod clock;
mod config;
mod credential;
mod data_dir;
mod deed;
mod derived_key;
mod dispatch;
mod document;
mod documents;
mod ending;
mod endpoint;
mod first_start;
mod guesses;
mod hashing;
mod hex;
mod journal;
mod key_making;
mod keyring;
mod layers;
mod library;
mod metrics;
mod notices;
mod open_error;
mod openapi;
mod own_token;
mod pressed_twice;
mod probe;
mod random;
mod refresh_token;
mod refusal;
mod render;
mod revocations;
mod routes;
mod second_factor;
mod secrets;
mod sectors;
mod sender;
mod serve;
mod shelf;
mod state;
mod status_lists;
mod subjects;
mod throttle;
mod tickets;
mod tls;

pub use authority::Authority;
pub use backup::{Backup, Restored, back_up, check_backup, restore};
pub use claviger_protocol::Secret;
pub use clock::Clock;
pub use config::{
    Config, ConfigError, DEFAULT_LISTEN, Limits, Registration, RegistrationMode, Signing,
    SigningAlgorithm, Telemetry, Tokens,
};
pub use first_start::{Bootstrap, Example};
pub use journal::JOURNAL_KINDS;
pub use layers::{Examined, Layered, Layers, Origin, Place, Problem, Setting};
pub use open_error::OpenError;
pub use probe::probe;
pub use random::NoRandomness;
pub use serve::bind;
pub use tls::{Reload, TlsSettings};
