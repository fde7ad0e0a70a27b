//! The data directory: made on first start, readable by its owner alone, used by one process.
//!
//! Decides where the master key comes from. Never opens the database.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::hex;
use crate::open_error::OpenError;
use crate::random;

const DATABASE: &str = "claviger.db";
const MASTER_KEY: &str = "master.key";
const ADMIN_TOKEN: &str = "admin.token";
const LOCK: &str = "claviger.lock";

/// The key that private keys are sealed under.
pub(crate) struct MasterKey {
    pub(crate) bytes: Zeroizing<[u8; 32]>,
    pub(crate) path: PathBuf,
}

/// An opened data directory; the lock is held for as long as this lives.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Opens `path`, creating it where it is missing, and locks it.
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        prepare(path)?;
        let lock_path = path.join(LOCK);
        let lock = owner_only(OpenOptions::new().write(true).create(true).truncate(false))
            .open(&lock_path)
            .map_err(|error| OpenError::file(&lock_path, "create the lock file", &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::InUse { path: path.to_owned() });
            }
            Err(TryLockError::Error(error)) => {
                return Err(OpenError::file(lock_path, "lock the data directory", &error));
            }
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    pub(crate) fn admin_token(&self) -> PathBuf {
        self.path.join(ADMIN_TOKEN)
    }

    /// Where the master key lies unless another file is named.
    pub(crate) fn own_master_key(&self) -> PathBuf {
        self.path.join(MASTER_KEY)
    }

    /// Puts the master key of a backup in its place; there must be none.
    pub(crate) fn write_master_key(&self, bytes: &[u8; 32]) -> Result<(), OpenError> {
        write_new(&self.own_master_key(), bytes)
    }

    /// Leaves what was made here to the owner of the directory: what root restores is served by
    /// somebody else.
    #[cfg(unix)]
    pub(crate) fn leave_to_owner(&self) -> Result<(), OpenError> {
        use std::os::unix::fs::{MetadataExt as _, chown};
        let owner = fs::metadata(&self.path)
            .map_err(|error| OpenError::file(&self.path, "read the data directory", &error))?;
        for name in [DATABASE, MASTER_KEY, ADMIN_TOKEN, LOCK] {
            let path = self.path.join(name);
            let Ok(found) = fs::symlink_metadata(&path) else { continue };
            if found.is_file() && found.uid() != owner.uid() {
                chown(&path, Some(owner.uid()), Some(owner.gid())).map_err(|error| {
                    OpenError::file(path, "leave the file to the owner of its directory", &error)
                })?;
            }
        }
        Ok(())
    }

    #[cfg(not(unix))]
    pub(crate) fn leave_to_owner(&self) -> Result<(), OpenError> {
        Ok(())
    }

    /// Reads the master key, or makes it on first start.
    pub(crate) fn master_key(&self, elsewhere: Option<&Path>) -> Result<MasterKey, OpenError> {
        if let Some(path) = elsewhere {
            return read_master_key(path);
        }
        let path = self.path.join(MASTER_KEY);
        match fs::exists(&path) {
            Ok(true) => return read_master_key(&path),
            Ok(false) => {}
            Err(error) => return Err(OpenError::file(path, "look for the master key", &error)),
        }
        // A database without its master key holds private keys that nothing can open. A new master
        // key would only hide the loss until the first signature.
        if self.database().exists() {
            return Err(OpenError::MasterKey {
                path,
                problem: "the master key is missing, and the database beside it is sealed under it"
                    .to_owned(),
                fix: "put the file back, or set `master_key_file` to where it is kept".to_owned(),
            });
        }
        let bytes = Zeroizing::new(random::bytes::<32>()?);
        write_new(&path, bytes.as_ref())?;
        Ok(MasterKey { bytes, path })
    }

    /// Writes the administrator's credential for the command line on this machine; an older one is
    /// replaced in one step.
    pub(crate) fn write_admin_token(&self, token: &str) -> Result<(), OpenError> {
        let draft = self.path.join("admin.token.new");
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(OpenError::file(draft, "replace a half-written file", &error));
            }
            _ => {}
        }
        let mut line = Zeroizing::new(token.to_owned());
        line.push('\n');
        write_new(&draft, line.as_bytes())?;
        let path = self.admin_token();
        fs::rename(&draft, &path)
            .map_err(|error| OpenError::file(path, "put the credential in place", &error))
    }
}

/// The database of a data directory, whoever uses it.
pub(crate) fn database_in(directory: &Path) -> PathBuf {
    directory.join(DATABASE)
}

/// The master key of a data directory that somebody else may be using.
pub(crate) fn read_master_key_of(
    directory: &Path,
    elsewhere: Option<&Path>,
) -> Result<MasterKey, OpenError> {
    read_master_key(elsewhere.unwrap_or(&directory.join(MASTER_KEY)))
}

fn prepare(path: &Path) -> Result<(), OpenError> {
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return create(path)
                .map_err(|error| OpenError::file(path, "create the data directory", &error));
        }
        Err(error) => return Err(OpenError::file(path, "read the data directory", &error)),
    };
    if !found.is_dir() {
        return Err(OpenError::File {
            path: path.to_owned(),
            problem: "is no directory".to_owned(),
            fix: "choose another `data_dir`".to_owned(),
        });
    }
    tighten(path, &found)
}

#[cfg(unix)]
fn create(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(path)
}

/// Takes group and others off an existing directory, if it is plainly ours to change: empty, or
/// holding our database. Somebody's home or `/tmp` named by mistake is left alone and refused.
#[cfg(unix)]
fn tighten(path: &Path, found: &fs::Metadata) -> Result<(), OpenError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = found.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let mut entries = fs::read_dir(path)
        .map_err(|error| OpenError::file(path, "read the data directory", &error))?;
    if entries.next().is_some() && !path.join(DATABASE).exists() {
        return Err(OpenError::File {
            path: path.to_owned(),
            problem: format!(
                "is open to others (mode {mode:04o}) and holds files that are not ours"
            ),
            fix: "choose an empty or new directory, or `chmod 700` this one".to_owned(),
        });
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(|error| {
        if error.kind() == io::ErrorKind::PermissionDenied {
            // A volume that an orchestrator lends to a group.
            return OpenError::File {
                path: path.to_owned(),
                problem: format!("belongs to another user and is open to others (mode {mode:04o})"),
                fix: format!(
                    "name a directory in it, which is then made for this user alone: \
                     `data_dir = \"{}\"`",
                    path.join("data").display()
                ),
            };
        }
        OpenError::file(path, "close the data directory to other users", &error)
    })?;
    tracing::warn!(path = %path.display(), "the data directory was open to other users; mode is now 0700");
    Ok(())
}

#[cfg(not(unix))]
fn tighten(_path: &Path, _found: &fs::Metadata) -> Result<(), OpenError> {
    Ok(())
}

#[cfg(unix)]
fn owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Writes a file that must not exist yet, so that no link laid in advance is followed, and waits
/// until it is on the disk: the database will rely on it.
fn write_new(path: &Path, contents: &[u8]) -> Result<(), OpenError> {
    let write = || -> io::Result<()> {
        let mut file = owner_only(OpenOptions::new().write(true).create_new(true)).open(path)?;
        file.write_all(contents)?;
        file.sync_all()
    };
    write().map_err(|error| {
        // Half a key is worse than none: the next start would take it for a damaged one. Where there
        // is something already, it is not ours to remove.
        if error.kind() != io::ErrorKind::AlreadyExists {
            let _ = fs::remove_file(path);
        }
        OpenError::file(path, "write the file", &error)
    })
}

pub(crate) fn read_master_key(path: &Path) -> Result<MasterKey, OpenError> {
    let mut file = File::open(path).map_err(|error| OpenError::MasterKey {
        path: path.to_owned(),
        problem: format!("cannot read the master key: {error}"),
        fix: "check the path in `master_key_file` and the file's permissions".to_owned(),
    })?;
    warn_if_open_to_others(path, &file);
    let mut raw = Zeroizing::new(Vec::with_capacity(128));
    (&mut file)
        .take(129)
        .read_to_end(&mut raw)
        .map_err(|error| OpenError::file(path, "read the master key", &error))?;
    let bytes = key_bytes(&raw).ok_or_else(|| OpenError::MasterKey {
        path: path.to_owned(),
        problem: "is no master key: 32 raw bytes or 64 hex digits are expected".to_owned(),
        fix: "restore the file from a backup; for a new installation, `head -c 32 /dev/urandom` \
              makes one"
            .to_owned(),
    })?;
    Ok(MasterKey { bytes, path: path.to_owned() })
}

fn key_bytes(raw: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    if let Ok(bytes) = <[u8; 32]>::try_from(raw) {
        return Some(Zeroizing::new(bytes));
    }
    hex::decode(raw.trim_ascii())
}

/// Only a warning: a secret mounted by an orchestrator is often readable by a group on purpose.
#[cfg(unix)]
fn warn_if_open_to_others(path: &Path, file: &File) {
    use std::os::unix::fs::PermissionsExt as _;
    if let Ok(found) = file.metadata()
        && found.permissions().mode() & 0o077 != 0
    {
        tracing::warn!(path = %path.display(), "the master key is readable by other users; `chmod 600` it");
    }
}

#[cfg(not(unix))]
fn warn_if_open_to_others(_path: &Path, _file: &File) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_master_key_is_raw_or_hex_and_nothing_else() {
        let raw = [7; 32];
        assert_eq!(key_bytes(&raw).as_deref(), Some(&raw));
        let hex = format!("{}\n", "07".repeat(32));
        assert_eq!(key_bytes(hex.as_bytes()).as_deref(), Some(&raw));
        for bad in [&[0u8; 31][..], &[0; 33], b"", "zz".repeat(32).as_bytes()] {
            assert!(key_bytes(bad).is_none());
        }
    }
}
