//! `claviger user`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum UserAction {
    /// Lists the people.
    List,
    /// Makes an account.
    Create {
        /// What they log in with.
        username: String,
        #[command(flatten)]
        password: PasswordFile,
        #[command(flatten)]
        person: Person,
    },
    /// Shows an account.
    Show(Account),
    /// Changes what is named, and leaves the rest. A list that is named replaces the one before.
    Update {
        #[command(flatten)]
        account: Account,
        /// Another name to log in with.
        #[arg(long)]
        username: Option<String>,
        #[command(flatten)]
        person: Person,
    },
    /// Locks an account: everything of it ends at once, and nobody logs in.
    Disable(Account),
    /// Opens a locked account again.
    Enable(Account),
    /// Gives an account another password; everything of it ends at once.
    SetPassword {
        #[command(flatten)]
        account: Account,
        #[command(flatten)]
        password: PasswordFile,
    },
    /// Shows the second factors of an account.
    Factors(Account),
    /// Takes all second factors away: the password alone logs in again. Be sure who asks you for it.
    ResetFactors(Account),
    /// Removes an account; everything of it ends at once.
    Delete(Account),
}

#[derive(Debug, Args)]
pub(crate) struct Account {
    /// The account: its id, or what they log in with.
    pub(crate) user: String,
}

#[derive(Debug, Args)]
pub(crate) struct PasswordFile {
    /// The password: the first line of this file; without it, of standard input. At a terminal it is asked for.
    #[arg(long = "password-file", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// What is known of a person.
#[derive(Debug, Args)]
pub(crate) struct Person {
    /// Their name.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Their e-mail address.
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// That the e-mail address was proven to be theirs.
    #[arg(long, value_name = "BOOL")]
    pub(crate) email_verified: Option<bool>,
    /// A group that they belong to; may be given several times.
    #[arg(long, value_name = "GROUP")]
    pub(crate) group: Vec<String>,
    /// Anything else by its member of the admin API: a JSON value, or a text. `null` takes it away.
    #[arg(long, value_name = "MEMBER=VALUE")]
    pub(crate) set: Vec<String>,
}
