//! `--report FILE`: writes the report for others into a file that only its owner reads, and never over a
//! file that is something else.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use claviger_explain::MARKDOWN_BEGIN;

use crate::say::Stop;

/// Writes the report; a former report gives way to it.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Stop> {
    let failed = |error: io::Error| {
        Stop::unknown(format!("cannot write the report `{}`: {error}", path.display()))
    };
    let mut file = match private().create_new(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            former(path).map_err(failed)?.ok_or_else(|| {
                Stop::usage(format!(
                    "`{}` exists and is no report of claviger: it is left as it is",
                    path.display()
                ))
                .hint("name another file, or remove this one first")
            })?
        }
        Err(error) => return Err(failed(error)),
    };
    file.write_all(text.as_bytes()).map_err(failed)
}

/// A file that its owner alone may read and write.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The file of a former report, emptied; none where it is anything else.
fn former(path: &Path) -> io::Result<Option<File>> {
    // A link may point anywhere, and a pipe may keep whoever opens it waiting.
    if !fs::symlink_metadata(path)?.is_file() {
        return Ok(None);
    }
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut begin = Vec::new();
    (&mut file).take(MARKDOWN_BEGIN.len() as u64).read_to_end(&mut begin)?;
    if begin != MARKDOWN_BEGIN.as_bytes() {
        return Ok(None);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    file.set_len(0)?;
    io::Seek::rewind(&mut file)?;
    Ok(Some(file))
}
