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
/// What group and others may do.
const LOOSE_BITS: u32 = 0o077;
/// What a fresh file system has in its root: a folder with nothing else is as good as empty.
const LOST_FOUND: &str = "lost+found";

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
    #[error(
        "the data directory `{0}` is open to others than its owner, and there are other things in it than a house's. Name a folder of its \
         own, or close this one: chmod 700 {0}"
    )]
    LooseFolder(PathBuf),
    #[error(
        "the data directory `{0}` is open to others than its owner, and cannot be closed: {1}. Name a folder of your own"
    )]
    Unclosed(PathBuf, std::io::Error),
}

/// The whole file, or `None` where there is none.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    opened(path)?.map(|file| whole(path, file)).transpose()
}

/// As [`read`], and refuses a file that group or others can read: it holds a secret.
pub fn read_secret(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    let Some(file) = opened(path)? else { return Ok(None) };
    let mode = file.metadata().map_err(|error| FileError::Unreadable(path.to_owned(), error))?.mode();
    if mode & LOOSE_BITS != 0 { Err(FileError::LooseMode(path.to_owned())) } else { whole(path, file).map(Some) }
}

/// Replaces the file as a whole, with mode 0600, durable when it returns.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let unwritable = |error| FileError::Unwritable(path.to_owned(), error);
    let staged = beside(path, "new");
    stage(&staged, bytes).map_err(unwritable)?;
    rename(&staged, path).map_err(unwritable)?;
    sync_parent(path).map_err(unwritable)
}

/// Renames files that belong together, so that their places are free: each gets the same number behind its name, the first that is free for
/// all of them.
pub fn set_aside(files: &[&Path]) -> Result<(), FileError> {
    let aside = |number: u32| files.iter().map(move |file| (*file, beside(file, &number.to_string())));
    let taken = |number: &u32| aside(*number).any(|(_, aside)| aside.symlink_metadata().is_ok());
    let Some(number) = (1..=u32::MAX).find(|number| !taken(number)) else { return Ok(()) };
    for (file, aside) in aside(number).filter(|(file, _)| file.symlink_metadata().is_ok()) {
        rename(file, &aside).map_err(|error| FileError::Unwritable(aside.clone(), error))?;
    }
    Ok(())
}

/// Finds out whether [`write`] can write the file, without writing it. The folders above it are made if they are missing.
pub fn prove_writable(path: &Path) -> Result<(), FileError> {
    let unwritable = |error| FileError::Unwritable(path.to_owned(), error);
    if let Some(folder) = path.parent() {
        make_private_folder(folder)?;
    }
    // Its own name, so that two programs that try the same do not take away each other's.
    let trial = beside(path, &format!("{}.new", std::process::id()));
    stage(&trial, &[]).map_err(unwritable)?;
    remove(&trial).map_err(unwritable)
}

/// Makes the data directory, or closes one that is open to others: it keeps names and times in clear, and files whose owner is the program.
/// A folder with other things in it is not this program's to close.
pub fn make_data_dir(path: &Path) -> Result<(), FileError> {
    make_private_folder(path)?;
    let unreadable = |error| FileError::Unreadable(path.to_owned(), error);
    let mode = open(path).and_then(|folder| folder.metadata()).map_err(unreadable)?.mode();
    if mode & LOOSE_BITS == 0 {
        return Ok(());
    }
    let is_ours = path.join(INSTALLATION_FILE).exists();
    if !is_ours && !is_empty(path).map_err(unreadable)? {
        return Err(FileError::LooseFolder(path.to_owned()));
    }
    set_mode(path, 0o700).map_err(|error| FileError::Unclosed(path.to_owned(), error))?;
    tracing::warn!(directory = %path.display(), "the data directory was open to others than its owner; it has mode 0700 now");
    Ok(())
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

fn opened(path: &Path) -> Result<Option<File>, FileError> {
    match open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::Unreadable(path.to_owned(), error)),
    }
}

fn whole(path: &Path, file: File) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    let read = file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|error| FileError::Unreadable(path.to_owned(), error))?;
    if bytes.len() as u64 > FILE_BYTES_MAX { Err(FileError::TooLarge(path.to_owned())) } else { Ok(bytes) }
}

/// The file's name with another ending behind it.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
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
fn remove(path: &Path) -> std::io::Result<()> {
    std::fs::remove_file(path)
}

#[expect(clippy::disallowed_methods, reason = "the program looks after the files of its data directory here")]
fn is_empty(path: &Path) -> std::io::Result<bool> {
    for entry in std::fs::read_dir(path)? {
        if entry?.file_name() != LOST_FOUND {
            return Ok(false);
        }
    }
    Ok(true)
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
