//! `claviger session`.

use clap::Subcommand;

use super::user::Account;

#[derive(Debug, Subcommand)]
pub(crate) enum SessionAction {
    /// Lists the log-ins of an account.
    List(Account),
    /// Ends a log-in with everything that hangs on it.
    End {
        /// Its `sid`; with --all the account.
        sid: String,
        /// Ends all log-ins of the account.
        #[arg(long)]
        all: bool,
    },
}
