//! What the commands of an authority's own machine are told: `claviger serve`, `config`, `health`, `backup` and
//! `restore`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What the authority is configured by: flags over the environment over the file over the defaults.
#[derive(Clone, Debug, Args)]
pub(crate) struct Settings {
    /// The configuration; what it leaves open has safe defaults. Every field can also be set by a
    /// variable, such as CLAVIGER_TOKENS__ACCESS_TTL_SECONDS.
    #[arg(long, env = "CLAVIGER_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The data directory: database, keys, administrator's token. Made on the first start.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// The URL by which clients know this authority; the `iss` of its tokens.
    #[arg(long, value_name = "URL")]
    pub(crate) issuer: Option<String>,
    /// Any field of the configuration, such as tokens.access_ttl_seconds=600; may be given several times.
    #[arg(long, value_name = "FIELD=VALUE")]
    pub(crate) set: Vec<String>,
}

impl Settings {
    /// The same, with the file that was named without a flag.
    pub(crate) fn with_file(mut self, file: Option<PathBuf>) -> Self {
        self.config = file.or(self.config);
        self
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigAction {
    /// Says every mistake with its line and what to write instead. Exit status: 0 good, 2 not.
    Check {
        /// The configuration file.
        file: Option<PathBuf>,
        #[command(flatten)]
        settings: Settings,
    },
    /// Shows every field with the value that would be served, and where it was written.
    Show {
        /// The configuration file.
        file: Option<PathBuf>,
        #[command(flatten)]
        settings: Settings,
    },
}

#[derive(Debug, Args)]
pub(crate) struct MakeBackup {
    /// The new file, readable by its owner alone; in a directory that stands, one named by the time.
    pub(crate) target: PathBuf,
    /// Reads the backup from end to end in place of making one.
    #[arg(long)]
    pub(crate) check: bool,
    /// Puts the master key in: the backup then needs nothing else, and whoever has it can sign tokens.
    #[arg(long, conflicts_with = "check")]
    pub(crate) with_master_key: bool,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) settings: Settings,
}
