//! `claviger registration-token`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum RegistrationTokenAction {
    /// Lists the tokens, without themselves.
    List,
    /// Makes a token, shown once.
    Create {
        /// What it is for.
        #[arg(long, default_value = "")]
        note: String,
        /// How many clients it may bring in; 0: any number.
        #[arg(long, default_value_t = 1, value_name = "COUNT")]
        uses: u32,
        /// Its life in seconds (a week).
        #[arg(long, default_value_t = 604_800, value_name = "SECONDS")]
        expires_in: u64,
    },
    /// Ends a token; clients that came by it stay.
    Revoke {
        /// The id that `list` shows.
        id: String,
    },
}
