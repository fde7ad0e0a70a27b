//! Why an authority cannot start: what, where, and what to do. Never shows a key or a secret.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use claviger_store::StoreError;

use crate::config::ConfigError;
use crate::random::NoRandomness;

/// An authority that does not open. The text is meant for the person at the terminal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A setting cannot be served.
    #[error("configuration: {0}")]
    Config(#[from] ConfigError),
    /// A file or directory cannot be used.
    #[error("{}: {problem}; {fix}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What happened.
        problem: String,
        /// What to do.
        fix: String,
    },
    /// Another process serves the same data directory.
    #[error(
        "{}: another claviger process uses this data directory; stop it, or choose another directory",
        path.display()
    )]
    InUse {
        /// The data directory.
        path: PathBuf,
    },
    /// The private keys cannot be opened with the master key at hand.
    #[error("{}: {problem}; {fix}", path.display())]
    MasterKey {
        /// The file of the master key.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        fix: String,
    },
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {problem}; {fix}")]
    Listen {
        /// Which one.
        address: SocketAddr,
        /// What the system said.
        problem: String,
        /// What to do.
        fix: String,
    },
    /// The system gave no randomness.
    #[error("{0}; nothing can be issued safely on this machine")]
    Randomness(#[from] NoRandomness),
    /// The system gave no thread.
    #[error(
        "cannot start a thread: {problem}; raise the limit on processes of this user (`ulimit -u`)"
    )]
    Threads {
        /// What the system said.
        problem: String,
    },
    /// A key could not be made or used.
    #[error("signing key: {problem}")]
    Key {
        /// What happened.
        problem: String,
    },
}

impl OpenError {
    /// A file error with a remedy that fits its kind.
    pub(crate) fn file(path: impl Into<PathBuf>, doing: &str, error: &io::Error) -> Self {
        let fix = match error.kind() {
            io::ErrorKind::PermissionDenied => {
                "give the user that runs claviger access to it, or choose another data directory"
            }
            io::ErrorKind::NotFound => "create the directory above it",
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space",
            io::ErrorKind::ReadOnlyFilesystem => "choose a data directory on a writable disk",
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                "choose a path where a directory can stand"
            }
            _ => "check the path and the disk",
        };
        Self::File {
            path: path.into(),
            problem: format!("cannot {doing}: {error}"),
            fix: fix.to_owned(),
        }
    }
}
