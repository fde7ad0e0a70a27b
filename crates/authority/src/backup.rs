//! Backups of a data directory: made beside a running server, checked, and restored.
//!
//! Decides what belongs into one. The master key does not, unless it is asked for: a backup that is
//! stolen alone is worth little.

use std::fs;
use std::path::{Path, PathBuf};

use claviger_store::seal::{MasterKey, SealError};
use claviger_store::{BackupFacts, StoreError, back_up as copy, read_backup, restore as put_back};
use zeroize::Zeroizing;

use crate::credential;
use crate::data_dir::{self, DataDir};
use crate::first_start;
use crate::hex;
use crate::key_making::{self, KeyTrouble};
use crate::open_error::OpenError;

const MADE_AT: &str = "made_at";
const MASTER: &str = "master_key";

/// What is in a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backup {
    /// The file.
    pub file: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// When it was made. Unix seconds.
    pub made_at: Option<i64>,
    /// The version of its schema.
    pub schema: i64,
    /// How many clients, users and refreshable grants are in it.
    pub clients: u64,
    /// Users.
    pub users: u64,
    /// Grants that can be refreshed.
    pub grants: u64,
    /// Signing keys with a private part.
    pub keys: u64,
    /// Whether the master key is in it.
    pub has_master_key: bool,
    /// Whether the signing keys were opened with the master key at hand; none where none was.
    pub keys_open: Option<bool>,
}

/// What a restore made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Restored {
    /// What was restored.
    pub backup: Backup,
    /// Where the new administrator's credential was written.
    pub admin_token_file: PathBuf,
}

/// Copies the database of a data directory into a new file, beside a server that goes on. `progress`
/// gets pages done and pages altogether. Blocks.
///
/// # Errors
/// What stands in the way; then there is no file.
pub fn back_up(
    data_dir: &Path,
    master_key_file: Option<&Path>,
    target: &Path,
    with_master_key: bool,
    now: i64,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Backup, OpenError> {
    let database = data_dir::database_in(data_dir);
    if !database.exists() {
        return Err(OpenError::File {
            path: database,
            problem: "there is no database".to_owned(),
            fix: "name the data directory of the authority with `--data`".to_owned(),
        });
    }
    let made_at = now.to_string();
    let mut notes = vec![(MADE_AT, made_at.as_str())];
    let master = if with_master_key {
        Some(data_dir::read_master_key_of(data_dir, master_key_file)?.bytes)
    } else {
        None
    };
    let hex = master.map(|bytes| Zeroizing::new(hex::encode(&bytes)));
    if let Some(hex) = &hex {
        notes.push((MASTER, hex));
    }
    let directory = target.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(directory) = directory
        && !directory.is_dir()
    {
        return Err(OpenError::File {
            path: directory.to_owned(),
            problem: "there is no such directory".to_owned(),
            fix: "make it first, or name a file in one that stands".to_owned(),
        });
    }
    copy(&database, target, &notes, progress).map_err(|error| match error {
        StoreError::Exists { what } if Path::new(&what) == target => OpenError::File {
            path: target.to_owned(),
            problem: "there is a file already".to_owned(),
            fix: "choose another name; a backup never writes over a file".to_owned(),
        },
        StoreError::Exists { what } => OpenError::File {
            path: PathBuf::from(what),
            problem: "another backup is being made there, or one was broken off".to_owned(),
            fix: "if none is running, remove this file; or choose another name".to_owned(),
        },
        error => OpenError::Store(error),
    })?;
    check_backup(target, None)
}

/// What is in a file that is said to be a backup. The advice for a database that is served is none for it.
fn facts_of(file: &Path) -> Result<BackupFacts, OpenError> {
    let refuse = |problem: String, fix: &str| {
        Err(OpenError::File { path: file.to_owned(), problem, fix: fix.to_owned() })
    };
    match fs::metadata(file) {
        Ok(found) if found.is_dir() => {
            return refuse("this is a directory".to_owned(), "name one backup in it");
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return refuse("there is no such file".to_owned(), "name the file of a backup");
        }
        _ => {}
    }
    match read_backup(file) {
        Err(StoreError::Corrupt { detail, .. }) => {
            refuse(format!("this is no intact backup ({detail})"), "take another one")
        }
        read => Ok(read?),
    }
}

/// Reads a backup from end to end: whether it is whole, whether this program can use it, and whether
/// the master key (the backup's own, or that of `master_key_file`) opens its signing keys. Blocks.
///
/// # Errors
/// What is wrong with it.
pub fn check_backup(file: &Path, master_key_file: Option<&Path>) -> Result<Backup, OpenError> {
    let facts = facts_of(file)?;
    let keys_open = match master(&facts, master_key_file)? {
        None => None,
        Some(bytes) => {
            opens(&facts, &bytes, master_key_file.unwrap_or(file))?;
            Some(true)
        }
    };
    Ok(Backup {
        file: file.to_owned(),
        bytes: fs::metadata(file).map_or(0, |found| found.len()),
        made_at: facts.note(MADE_AT).and_then(|text| text.parse().ok()),
        schema: facts.schema,
        clients: facts.clients,
        users: facts.users,
        grants: facts.families,
        keys: facts.keys.len() as u64,
        has_master_key: facts.note(MASTER).is_some(),
        keys_open,
    })
}

/// Makes a data directory of a backup. The directory must hold no database yet; it may hold the
/// master key. The administrator gets a new credential. Blocks.
///
/// # Errors
/// What stands in the way; then nothing is served from that directory.
pub fn restore(
    file: &Path,
    data_dir: &Path,
    master_key_file: Option<&Path>,
) -> Result<Restored, OpenError> {
    let facts = facts_of(file)?;
    let dir = DataDir::open(data_dir)?;
    if dir.database().exists() {
        return Err(OpenError::File {
            path: dir.database(),
            problem: "there is a database already".to_owned(),
            fix: "restore into another directory, or move this database (with its -wal and -shm files) away"
                .to_owned(),
        });
    }
    let lying = dir.own_master_key();
    let known =
        master_key_file.map(Path::to_owned).or_else(|| lying.exists().then(|| lying.clone()));
    let Some(bytes) = master(&facts, known.as_deref())? else {
        return Err(OpenError::MasterKey {
            path: lying,
            problem: "the backup does not hold the master key, and none is here".to_owned(),
            fix: "put `master.key` into the directory, or name its file with `--set master_key_file=FILE`"
                .to_owned(),
        });
    };
    opens(&facts, &bytes, known.as_deref().unwrap_or(file))?;
    if known.is_none() {
        dir.write_master_key(&bytes)?;
    }
    let token = credential::mint(credential::ADMIN)?;
    let digest = hex::encode(&credential::digest(token.expose()));
    dir.write_admin_token(token.expose())?;
    put_back(file, &dir.database(), &[(first_start::ADMINISTRATOR, &digest)])?;
    dir.leave_to_owner()?;
    let backup = check_backup(file, known.as_deref())?;
    Ok(Restored { backup, admin_token_file: dir.admin_token() })
}

/// The file's key where one is named: it is the one that will be used. Else the backup's own.
fn master(
    facts: &BackupFacts,
    file: Option<&Path>,
) -> Result<Option<Zeroizing<[u8; 32]>>, OpenError> {
    if let Some(file) = file {
        return Ok(Some(data_dir::read_master_key(file)?.bytes));
    }
    Ok(facts.note(MASTER).and_then(|digits| hex::decode(digits.as_bytes())))
}

fn opens(facts: &BackupFacts, bytes: &[u8; 32], from: &Path) -> Result<(), OpenError> {
    let key =
        MasterKey::new(bytes).map_err(|error| OpenError::Key { problem: error.to_string() })?;
    for (record, sealed) in &facts.keys {
        match key_making::open(record, sealed, &key) {
            Ok(_) => {}
            Err(KeyTrouble::Sealed { kid, reason: SealError::Refused }) => {
                return Err(OpenError::MasterKey {
                    path: from.to_owned(),
                    problem: format!(
                        "is not the key that the backup's signing key `{kid}` is sealed under"
                    ),
                    fix: "name the master key that was in use when the backup was made".to_owned(),
                });
            }
            Err(trouble) => return Err(OpenError::Key { problem: trouble.to_string() }),
        }
    }
    Ok(())
}
