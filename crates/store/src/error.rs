//! Why the store refuses: what happened, to which file, and what to do. Never shows what is stored.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// A store that does not open, or a request it could not serve. What was asked to be written is not
/// written, except where [`StoreError::Closed`] answers a request under way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process holds the database.
    #[error(
        "{}: the database is locked by another process; stop that process, or a backup or `sqlite3` session that holds it",
        path.display()
    )]
    Locked {
        /// The database.
        path: PathBuf,
    },
    /// There is no room.
    #[error("{}: no space is left to write the database; free some space on its disk", path.display())]
    Full {
        /// The database.
        path: PathBuf,
    },
    /// The file is no database, or a damaged one.
    #[error(
        "{}: this is no intact database ({detail}); move it away and restore a backup, or start with an empty directory",
        path.display()
    )]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The file, its directory or the disk does not let us.
    #[error(
        "{}: the database cannot be read and written ({detail}); give the user that runs claviger access to the file and its directory, and check the disk",
        path.display()
    )]
    Unreadable {
        /// The database.
        path: PathBuf,
        /// What the system says.
        detail: String,
    },
    /// A newer program has written it.
    #[error(
        "{}: the database has schema version {found}, this program knows {known}; run the newer program, or restore a backup from before the upgrade",
        path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// A record with this name stands already.
    #[error("{what} exists already; choose another name, or change the one that stands")]
    Exists {
        /// Which one.
        what: String,
    },
    /// The store was closed.
    #[error("the store is closed; the program is ending")]
    Closed,
    /// Something else.
    #[error(
        "{}: the database failed ({detail}); look at the disk and the log, and report it if it stays",
        path.display()
    )]
    Other {
        /// The database.
        path: PathBuf,
        /// What it said.
        detail: String,
    },
}

impl StoreError {
    /// What the system says of a file.
    pub(crate) fn of_file(path: &Path, error: &io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::AlreadyExists => Self::Exists { what: path.display().to_string() },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            _ => Self::Unreadable { path, detail: error.to_string() },
        }
    }
}

/// A failure inside, before it is known whose file it is.
#[derive(Debug)]
pub(crate) enum Failure {
    Sql(rusqlite::Error),
    /// A stored record that cannot be read, or a record that cannot be written.
    Record(String),
    Refused(StoreError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        // The text of a data error can quote the value; the category and the place are enough.
        let (line, column) = (error.line(), error.column());
        Self::Record(format!("a stored record is {:?} at {line}:{column}", error.classify()))
    }
}

impl Failure {
    pub(crate) fn exists(what: impl Into<String>) -> Self {
        Self::Refused(StoreError::Exists { what: what.into() })
    }

    /// The error for the caller.
    pub(crate) fn at(self, path: PathBuf) -> StoreError {
        let error = match self {
            Self::Refused(error) => return error,
            Self::Record(detail) => return StoreError::Corrupt { path, detail },
            Self::Sql(error) => error,
        };
        let detail = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                StoreError::Locked { path }
            }
            Some(ErrorCode::DiskFull) => StoreError::Full { path },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                StoreError::Corrupt { path, detail }
            }
            Some(
                ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::SystemIoFailure,
            ) => StoreError::Unreadable { path, detail },
            _ => StoreError::Other { path, detail },
        }
    }
}
