//! The files of a data directory, written so that a crash leaves the old or the new and never a half.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The name of the file with the installation's id, in hexadecimal digits.
pub const INSTALLATION_FILE: &str = "installation";
/// The name of the file with the sealed keyring.
pub const KEYRING_FILE: &str = "keyring.sealed";
/// The name of the file with the last head of the trail, kept apart from the trail.
pub const HEAD_FILE: &str = "trail.head";

/// Files that are kept here are small.
const FILE_BYTES_MAX: u64 = 1 << 20;

#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("`{0}` cannot be read: {1}")]
    Unreadable(PathBuf, std::io::Error),
    #[error("`{0}` cannot be written: {1}")]
    Unwritable(PathBuf, std::io::Error),
    #[error("`{0}` is too large for what it should be")]
    TooLarge(PathBuf),
    #[error("`{0}` can be read by others than its owner; say: chmod 600 {0}")]
    LooseMode(PathBuf),
}

/// The whole file, or `None` where there is none.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    let unreadable = |error| FileError::Unreadable(path.to_owned(), error);
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_BYTES_MAX { Err(FileError::TooLarge(path.to_owned())) } else { Ok(Some(bytes)) }
}

/// As [`read`], and refuses a file that group or others can read: it holds a secret.
pub fn read_secret(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    match open(path) {
        Ok(file) => {
            let mode = file.metadata().map_err(|error| FileError::Unreadable(path.to_owned(), error))?.mode();
            if mode & 0o077 != 0 {
                return Err(FileError::LooseMode(path.to_owned()));
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FileError::Unreadable(path.to_owned(), error)),
    }
    read(path)
}

/// Replaces the file as a whole, with mode 0600, durable when it returns.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let unwritable = |error| FileError::Unwritable(path.to_owned(), error);
    let staged = path.with_extension("new");
    stage(&staged, bytes).map_err(unwritable)?;
    rename(&staged, path).map_err(unwritable)?;
    sync_parent(path).map_err(unwritable)
}

/// Makes the folder and those above it, for the owner alone.
pub fn make_private_folder(path: &Path) -> Result<(), FileError> {
    let unwritable = |error| FileError::Unwritable(path.to_owned(), error);
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    make_folders(path).map_err(unwritable)?;
    set_mode(path, 0o700).map_err(unwritable)
}

#[expect(clippy::disallowed_methods, reason = "the program looks after the files of its data directory here")]
fn open(path: &Path) -> std::io::Result<File> {
    File::open(path)
}

#[expect(clippy::disallowed_methods, reason = "the program looks after the files of its data directory here")]
fn stage(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    // A file of that name that was left by a crash keeps its mode when it is opened again.
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[expect(clippy::disallowed_methods, reason = "the program looks after the files of its data directory here")]
fn rename(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::rename(from, to)
}

#[expect(clippy::disallowed_methods, reason = "the program looks after the files of its data directory here")]
fn make_folders(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(path)
}

#[expect(clippy::disallowed_methods, reason = "the program looks after the files of its data directory here")]
fn set_mode(path: &Path, mode: u32) -> std::io::Result<()> {
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}

fn sync_parent(path: &Path) -> std::io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    open(parent)?.sync_all()
}
