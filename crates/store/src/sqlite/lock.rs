//! The lock of a data directory: one process at a time has it open.

use super::OpenError;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The name of the lock in the data directory.
pub const LOCK_FILE: &str = "kagiban.lock";
const OWNER_ONLY_DIRECTORY: u32 = 0o700;
const OWNER_ONLY_FILE: u32 = 0o600;

/// Held as long as it lives. It is the kernel's lock on an open file, not the file: a process that was killed leaves
/// none behind. `trail verify` does not take it.
pub(super) struct DirectoryLock {
    directory: PathBuf,
    _file: File,
}

impl DirectoryLock {
    /// Makes the directory if it is not there, readable by its owner alone.
    pub fn take(directory: &Path) -> Result<Self, OpenError> {
        DirBuilder::new().recursive(true).mode(OWNER_ONLY_DIRECTORY).create(directory)?;
        let path = directory.join(LOCK_FILE);
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(OWNER_ONLY_FILE).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { directory: directory.to_path_buf(), _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// The names of the files in the directory, and its own name, survive a power failure. SQLite sees to its log, not
    /// to its first file.
    pub fn sync_directory(&self) -> Result<(), OpenError> {
        File::open(&self.directory)?.sync_all()?;
        let whole = fs::canonicalize(&self.directory)?;
        if let Some(parent) = whole.parent() {
            File::open(parent)?.sync_all()?;
        }
        Ok(())
    }
}
