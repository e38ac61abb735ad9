//! Space that is kept back: a file that says nothing. It is thrown off when the disk is full, so that the house can still record that,
//! tidy up, end in order and start again.

use super::OpenError;
use rustix::fs::{FallocateFlags, fallocate, statvfs};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The ballast of a house: thousands of records and some checkpoints of the log.
pub const BALLAST_BYTES_DEFAULT: u64 = 16 << 20;

/// The name of the ballast in the data directory.
pub const BALLAST_FILE: &str = "ballast";
const OWNER_ONLY_FILE: u32 = 0o600;
/// What has to be free beside the ballast before a full disk counts as one with space again.
pub const ROOM_BYTES_MIN: u64 = 8 << 20;
/// What has to be free at a start: SQLite makes its index of the log anew.
const START_BYTES_MIN: u64 = 1 << 20;
const CHUNK_BYTES: usize = 1 << 20;

pub(super) struct Ballast {
    directory: PathBuf,
    /// 0: there is none.
    bytes: u64,
    short: Arc<AtomicBool>,
}

impl Ballast {
    /// Lays the ballast if there is space for it. On a disk that is full it is thrown off, and the house is short of space from the start.
    pub fn lay(directory: &Path, bytes: u64) -> Result<Self, OpenError> {
        let ballast = Self { directory: directory.to_owned(), bytes, short: Arc::default() };
        if bytes == 0 {
            return Ok(ballast);
        }
        let laid = ballast.file().metadata().is_ok_and(|file| file.len() == bytes);
        let enough = if laid { ballast.free()? >= START_BYTES_MIN } else { ballast.take()? };
        if !enough {
            ballast.throw_off()?;
        }
        Ok(ballast)
    }

    pub fn short(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.short)
    }

    /// The disk is full.
    pub fn throw_off(&self) -> std::io::Result<()> {
        self.short.store(true, Ordering::SeqCst);
        match fs::remove_file(self.file()) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Lays the ballast anew, if there is space for it and some more; then the disk is full no longer.
    pub fn regain(&self) -> std::io::Result<bool> {
        if self.short.load(Ordering::SeqCst) && (self.bytes == 0 || self.take()?) {
            self.short.store(false, Ordering::SeqCst);
        }
        Ok(!self.short.load(Ordering::SeqCst))
    }

    fn take(&self) -> std::io::Result<bool> {
        if self.free()? < self.bytes.saturating_add(ROOM_BYTES_MIN) {
            return Ok(false);
        }
        let file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(OWNER_ONLY_FILE).open(self.file())?;
        match occupy(&file, self.bytes) {
            Ok(()) => Ok(true),
            // Others were quicker.
            Err(error) if error.kind() == ErrorKind::StorageFull => {
                fs::remove_file(self.file())?;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn free(&self) -> std::io::Result<u64> {
        free_bytes(&self.directory)
    }

    fn file(&self) -> PathBuf {
        self.directory.join(BALLAST_FILE)
    }
}

/// What is free on a folder's disk for programs without privileges.
pub fn free_bytes(folder: &Path) -> std::io::Result<u64> {
    let disk = statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

fn occupy(mut file: &File, bytes: u64) -> std::io::Result<()> {
    if fallocate(file, FallocateFlags::empty(), 0, bytes).is_ok() {
        return Ok(());
    }
    // A file system that cannot set space aside takes it when it is written; one that is full says so again.
    let chunk = vec![0; CHUNK_BYTES];
    let mut left = bytes;
    while left > 0 {
        let part = usize::try_from(left).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
        file.write_all(chunk.get(..part).unwrap_or_default())?;
        left -= part as u64;
    }
    file.sync_all()
}
