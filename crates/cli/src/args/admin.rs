//! How the commands that administer an authority reach it.

use std::path::PathBuf;

use clap::Args;

/// How to reach the administration of an authority.
#[derive(Clone, Debug, Args)]
pub(crate) struct Admin {
    /// The authority's address.
    // Global, as the file's: it may stand before and behind what is done (`client list`).
    #[arg(
        long,
        global = true,
        env = "CLAVIGER_AUTHORITY",
        default_value = "http://127.0.0.1:8600",
        value_name = "URL"
    )]
    pub(crate) authority: String,
    /// The file with the administrator's token; `serve` writes it into its data directory.
    #[arg(
        long,
        global = true,
        env = "CLAVIGER_ADMIN_TOKEN_FILE",
        default_value = "claviger-data/admin.token",
        value_name = "FILE"
    )]
    pub(crate) admin_token_file: PathBuf,
}
