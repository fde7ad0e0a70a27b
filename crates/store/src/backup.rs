//! A copy of the database made while it is in use, its check, and the way back.
//!
//! A copy is one SQLite file that holds one moment, with notes beside the tables. Never writes over a
//! file, and never opens what is sealed.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use claviger_protocol::KeyRecord;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};

use crate::error::{Failure, StoreError};
use crate::open::{self, Options};

/// Pages copied between two words on how far it is: 16 MiB.
const PAGES: i32 = 4096;
/// A restored database numbers its revocations from here on: guards that saw later ones than it
/// knows must not take new ones for old.
const LEAP: i64 = 1 << 32;

/// What a copy says about itself.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct BackupFacts {
    /// The version of its schema.
    pub schema: i64,
    /// How many clients, users and refreshable grants are in it.
    pub clients: u64,
    /// Users.
    pub users: u64,
    /// Grants that can be refreshed.
    pub families: u64,
    /// What was noted when it was made: names and values.
    pub notes: Vec<(String, String)>,
    /// The signing keys that have a private part, sealed.
    pub keys: Vec<(KeyRecord, Vec<u8>)>,
}

impl std::fmt::Debug for BackupFacts {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("BackupFacts").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl BackupFacts {
    /// One of the notes.
    #[must_use]
    pub fn note(&self, name: &str) -> Option<&str> {
        self.notes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Copies the database as it is at this moment into a new file that only its owner can read. Servers
/// go on writing meanwhile. `progress` gets pages done and pages altogether.
pub fn back_up(
    database: &Path,
    target: &Path,
    notes: &[(&str, &str)],
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), StoreError> {
    let source = open::reading(database, &Options::default())?;
    // Holds the moment: without it each write of the server would start the copy over. And what is wrong
    // with the source is said of the source.
    let hold = || -> Result<(), Failure> {
        source.execute_batch("BEGIN")?;
        open::version(&source, database).map(drop)
    };
    hold().map_err(|failure| failure.at(database.to_owned()))?;
    if target.exists() {
        return Err(StoreError::Exists { what: target.display().to_string() });
    }
    // Under another name until it is whole: half a copy would be taken for one.
    let mut draft = target.as_os_str().to_owned();
    draft.push(".partial");
    let draft = Path::new(&draft);
    new_file(draft)?;
    let made = copy(&source, draft, notes, progress)
        .map_err(|failure| failure.at(target.to_owned()))
        .and_then(|()| place(draft, target));
    let _ = fs::remove_file(draft);
    made
}

/// Gives a whole copy its name, which nothing may have yet, and waits until that is on the disk.
fn place(draft: &Path, target: &Path) -> Result<(), StoreError> {
    let linked = match fs::hard_link(draft, target) {
        // Where backups go there may be no links; then the moment between the question and the act has to do.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists && !target.exists() => {
            fs::rename(draft, target)
        }
        linked => linked,
    };
    linked.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => StoreError::Exists { what: target.display().to_string() },
        _ => StoreError::Unreadable { path: target.to_owned(), detail: error.to_string() },
    })?;
    // Not every file system lets a directory be opened for that; the file itself is on the disk.
    let directory = target.parent().filter(|parent| !parent.as_os_str().is_empty());
    let _ =
        File::open(directory.unwrap_or_else(|| Path::new("."))).and_then(|found| found.sync_all());
    Ok(())
}

fn copy(
    source: &Connection,
    target: &Path,
    notes: &[(&str, &str)],
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), Failure> {
    let mut copy = Connection::open_with_flags(target, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    {
        let backup = Backup::new(source, &mut copy)?;
        loop {
            let step = backup.step(PAGES)?;
            let told = backup.progress();
            let count = |pages: i32| u64::try_from(pages).unwrap_or(0);
            progress(count(told.pagecount) - count(told.remaining), count(told.pagecount));
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                _ => std::thread::sleep(std::time::Duration::from_millis(20)),
            }
        }
    }
    source.execute_batch("COMMIT")?;
    // One file that needs no other beside it.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    copy.execute_batch(
        "CREATE TABLE backup (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
    )?;
    for (name, value) in notes {
        copy.execute("INSERT INTO backup (name, value) VALUES ($1, $2)", params![name, value])?;
    }
    copy.close().map_err(|(_, error)| error)?;
    File::open(target)
        .and_then(|file| file.sync_all())
        .map_err(|error| Failure::Refused(StoreError::of_file(target, &error)))
}

/// Reads a copy from its first page to its last; an error where it is damaged, not ours, or of a newer
/// program.
pub fn read_backup(file: &Path) -> Result<BackupFacts, StoreError> {
    read(file).map_err(|failure| failure.at(file.to_owned()))
}

fn read(file: &Path) -> Result<BackupFacts, Failure> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let corrupt =
        |detail: String| Failure::Refused(StoreError::Corrupt { path: file.to_owned(), detail });
    if !open::is_ours(&connection)? {
        return Err(corrupt("it is no backup of claviger".to_owned()));
    }
    let said: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if said != "ok" {
        return Err(corrupt(said));
    }
    let schema = open::version(&connection, file)?;
    let count = |table: &str| -> Result<u64, Failure> {
        let there = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1";
        if connection.query_row(there, [table], |_| Ok(())).optional()?.is_none() {
            return Ok(0);
        }
        let sql = format!("SELECT count(*) FROM {table}");
        Ok(connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).map(crate::from_stored)?)
    };
    let mut keys = Vec::new();
    let sql =
        "SELECT record, sealed FROM signing_keys WHERE sealed IS NOT NULL ORDER BY created_at";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        keys.push((serde_json::from_str(&row.get::<_, String>(0)?)?, row.get(1)?));
    }
    let mut notes = Vec::new();
    if count("backup")? > 0 {
        let mut statement = connection.prepare("SELECT name, value FROM backup ORDER BY name")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            notes.push((row.get(0)?, row.get(1)?));
        }
    }
    Ok(BackupFacts {
        schema,
        clients: count("clients")?,
        users: count("users")?,
        families: count("families")?,
        notes,
        keys,
    })
}

/// Makes a database of a copy, under settings that differ from the copy's. There must be none yet.
pub fn restore(file: &Path, database: &Path, settings: &[(&str, &str)]) -> Result<(), StoreError> {
    let draft = database.with_extension("restoring");
    // A restore that broke off left this; nothing else has that name.
    let _ = fs::remove_file(&draft);
    new_file(&draft)?;
    let made = make(file, &draft, settings).map_err(|failure| failure.at(draft.clone()));
    let placed = made.and_then(|()| {
        // Fails where there is a file: a link never writes over one.
        fs::hard_link(&draft, database).map_err(|error| StoreError::Unreadable {
            path: database.to_owned(),
            detail: error.to_string(),
        })
    });
    let _ = fs::remove_file(&draft);
    placed
}

fn make(file: &Path, draft: &Path, settings: &[(&str, &str)]) -> Result<(), Failure> {
    let copied = File::open(file).and_then(|mut from| {
        let mut to = OpenOptions::new().write(true).open(draft)?;
        io::copy(&mut from, &mut to)?;
        to.sync_all()
    });
    copied.map_err(|error| Failure::Refused(StoreError::of_file(draft, &error)))?;
    let mut connection = Connection::open_with_flags(draft, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // What is taken out of it must not stay on the disk.
    connection.pragma_update(None, "secure_delete", true)?;
    let transaction = connection.transaction()?;
    transaction.execute_batch("DROP TABLE IF EXISTS backup")?;
    for (name, value) in settings {
        transaction.execute(
            "INSERT INTO settings (name, value) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            params![name, value],
        )?;
    }
    transaction
        .execute("UPDATE counters SET value = value + $1 WHERE name = 'revocation'", [LEAP])?;
    transaction.commit()?;
    Ok(connection.close().map_err(|(_, error)| error)?)
}

fn new_file(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| StoreError::of_file(path, &error))
}
