//! Opening a database: the file, its rights, its settings and its schema.
//!
//! Decides whether a file may be used. Never repairs one, and never touches a database of another
//! program.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::{Failure, StoreError};

/// "CLVG": marks our databases (PRAGMA application_id).
const APPLICATION: i64 = 0x434C_5647;
/// The scripts, in order; the place plus one is the version that a script leads to.
const MIGRATIONS: [&str; 3] = [
    include_str!("../migrations/sqlite/0001_start.sql"),
    include_str!("../migrations/sqlite/0002_people.sql"),
    include_str!("../migrations/sqlite/0003_whole.sql"),
];
/// Up to this size the whole file is checked at each start: 64 MiB at 4 KiB a page.
const CHECKED_PAGES: i64 = 16_384;
/// Statements that a connection keeps prepared; a few dozen kinds are in use.
const STATEMENTS: usize = 64;
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) max_pages: Option<u32>,
    pub(crate) busy_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_pages: None, busy_timeout: BUSY_TIMEOUT }
    }
}

impl Options {
    /// The database grows to so many pages of 4 KiB at most.
    #[must_use]
    pub const fn max_pages(mut self, pages: u32) -> Self {
        self.max_pages = Some(pages);
        self
    }

    /// How long a lock of another process is waited for (2 s).
    #[must_use]
    pub const fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }
}

/// The connection that writes, with the schema up to date.
pub(crate) fn writing(path: &Path, options: &Options) -> Result<Connection, StoreError> {
    prepare_file(path).map_err(|error| StoreError::of_file(path, &error))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || -> Result<Connection, Failure> {
        let mut connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(options.busy_timeout)?;
        recognise(&connection, path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        set_up(&connection)?;
        if let Some(pages) = options.max_pages {
            connection.pragma_update(None, "max_page_count", pages)?;
        }
        migrate(&mut connection, path)?;
        Ok(connection)
    };
    open().map_err(|failure| failure.at(path.to_owned()))
}

/// A connection that only reads.
pub(crate) fn reading(path: &Path, options: &Options) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || -> Result<Connection, Failure> {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(options.busy_timeout)?;
        connection.pragma_update(None, "query_only", true)?;
        prepare_once(&connection)?;
        Ok(connection)
    };
    open().map_err(|failure| failure.at(path.to_owned()))
}

/// A database that lives as long as its connection.
pub(crate) fn in_memory() -> Result<Connection, StoreError> {
    let path = Path::new(":memory:");
    let open = || -> Result<Connection, Failure> {
        let mut connection = Connection::open_in_memory()?;
        set_up(&connection)?;
        migrate(&mut connection, path)?;
        Ok(connection)
    };
    open().map_err(|failure| failure.at(path.to_owned()))
}

fn set_up(connection: &Connection) -> Result<(), Failure> {
    // A revocation that was answered must survive a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is deleted (a wiped private key) is overwritten, not just unlinked.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    prepare_once(connection)
}

/// Statements are kept, and planned for any value: otherwise each that compares a column with a parameter is
/// planned anew whenever the parameter changes, which costs more than to carry it out.
fn prepare_once(connection: &Connection) -> Result<(), Failure> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Makes the file, and the directory it is to stand in, for our eyes only. The files beside it (WAL)
/// take over its rights.
fn prepare_file(path: &Path) -> io::Result<()> {
    if let Some(directory) = path.parent().filter(|parent| !parent.as_os_str().is_empty())
        && !directory.exists()
    {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory)?;
    }
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
        }
    }
    Ok(())
}

/// Whether the file is empty or ours, and intact. Nothing is written before that is known.
fn recognise(connection: &Connection, path: &Path) -> Result<(), Failure> {
    let corrupt =
        |detail: String| Failure::Refused(StoreError::Corrupt { path: path.to_owned(), detail });
    let number = |pragma: &str| {
        connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0))
    };
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    if tables == 0 {
        return Ok(());
    }
    if !is_ours(connection)? {
        return Err(corrupt("it is a database of another program".to_owned()));
    }
    if number("page_count")? <= CHECKED_PAGES {
        let said: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if said != "ok" {
            return Err(corrupt(said));
        }
    }
    Ok(())
}

/// Whether the database carries our mark.
pub(crate) fn is_ours(connection: &Connection) -> Result<bool, Failure> {
    let mark = connection.query_row("PRAGMA application_id", [], |row| row.get::<_, i64>(0))?;
    Ok(mark == APPLICATION)
}

/// The version of the schema; an error where it is newer than this program.
pub(crate) fn version(connection: &Connection, path: &Path) -> Result<i64, Failure> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let found: i64 =
        connection.query_row("SELECT max(version) FROM schema_version", [], |row| row.get(0))?;
    if found > known {
        let path = path.to_owned();
        return Err(Failure::Refused(StoreError::Newer { path, found, known }));
    }
    Ok(found)
}

/// Leads the schema to the newest version, in one transaction.
fn migrate(connection: &mut Connection, path: &Path) -> Result<(), Failure> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let fresh = transaction
        .query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get::<_, i64>(0))?
        == 0;
    let found = if fresh { 0 } else { version(&transaction, path)? };
    if found == known {
        return Ok(());
    }
    for script in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(script)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.commit()?;
    Ok(())
}
