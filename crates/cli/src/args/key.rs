//! `claviger key`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum KeyAction {
    /// Lists the signing keys and their states.
    List,
    /// Starts a rotation: a new key is published, and signs once every guard can know it.
    Rotate {
        /// Which algorithm's key is followed by a new one; without it the default's.
        #[arg(long)]
        algorithm: Option<String>,
    },
    /// Withdraws a key at once: every token under it is refused everywhere.
    Withdraw {
        /// The key's `kid`.
        kid: String,
    },
}
