//! The files of a data directory, written so that a crash leaves the old or the new and never a half.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The name of the file with the installation's id, in hexadecimal digits.
pub const INSTALLATION_FILE: &str = "installation";
/// The name of the file with the sealed keyring.
pub const KEYRING_FILE: &str = "keyring.sealed";
/// The name of the file with the last head of the trail, kept apart from the trail.
pub const HEAD_FILE: &str = "trail.head";

/// The folder in which a restore stages what it makes.
pub const RESTORING: &str = "restoring";

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
    #[error("`{0}` is there already, and is never overwritten: name another file")]
    Taken(PathBuf),
    #[error("the data directory `{0}` has something in it: a backup is restored into one that is missing or empty")]
    Occupied(PathBuf),
    #[error(
        "the data directory `{0}` is open to others than its owner, and cannot be closed: {1}. Name a folder of your own"
    )]
    Unclosed(PathBuf, std::io::Error),
}

/// The whole file, or `None` where there is none.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    opened(path)?.map(|file| whole(path, file)).transpose()
}

/// As [`read`], and refuses a file that group or others can read: it holds a secret. What was read is erased when it is dropped.
pub fn read_secret(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, FileError> {
    let Some(file) = opened(path)? else { return Ok(None) };
    let mode = file.metadata().map_err(|error| FileError::Unreadable(path.to_owned(), error))?.mode();
    if mode & LOOSE_BITS != 0 {
        Err(FileError::LooseMode(path.to_owned()))
    } else {
        whole(path, file).map(Zeroizing::new).map(Some)
    }
}

/// Its length in bytes; `None` where there is none, or none that can be looked at.
#[expect(clippy::disallowed_methods, reason = "the program looks after the files of its data directory here")]
pub fn size(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|file| file.len())
}

/// Replaces the file as a whole, with mode 0600, durable when it returns.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_by(path, bytes, |staged| rename(staged, path).map_err(|error| FileError::Unwritable(path.to_owned(), error)))
}

/// As [`write`], and never in the place of another file, whoever puts one there meanwhile: for keys, which are made once.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_by(path, bytes, |staged| put_in_place(staged, path))
}

fn write_by(path: &Path, bytes: &[u8], put: impl FnOnce(&Path) -> Result<(), FileError>) -> Result<(), FileError> {
    let unwritable = |error| FileError::Unwritable(path.to_owned(), error);
    let staged = beside(path, "new");
    // What a crash has left.
    match remove(&staged) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(FileError::Unwritable(staged, error)),
        _ => {}
    }
    if let Err(error) = stage(&staged, bytes).map_err(unwritable).and_then(|()| put(&staged)) {
        // It may be a secret, and what is not in its place is nobody's.
        let _ = remove(&staged);
        return Err(error);
    }
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

/// Makes the folder and those above it that are missing, for the owner alone, durable when it returns.
pub fn make_private_folder(path: &Path) -> Result<(), FileError> {
    make_folders(path, sync_parent).map_err(|error| FileError::Unwritable(path.to_owned(), error))
}

/// From the top downwards. Each that was made is told: it is there for good when the one above it is synced, and not before.
fn make_folders(path: &Path, mut made: impl FnMut(&Path) -> std::io::Result<()>) -> std::io::Result<()> {
    let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.is_dir();
    let folders: Vec<_> = path.ancestors().take_while(missing).collect();
    for folder in folders.into_iter().rev() {
        match make_folder(folder) {
            // Somebody else made it at the same moment.
            Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => continue,
            done => done?,
        }
        set_mode(folder, 0o700)?;
        made(folder)?;
    }
    Ok(())
}

/// A file that takes its place when it is whole, and never another one's. What was not kept is taken away again.
pub struct Staged {
    file: File,
    staged: PathBuf,
    path: PathBuf,
}

impl Staged {
    /// The folder must be there: a backup that is written to a medium which is not mounted is none.
    pub fn begin(path: &Path) -> Result<Self, FileError> {
        if path.symlink_metadata().is_ok() {
            return Err(FileError::Taken(path.to_owned()));
        }
        let staged = beside(path, &format!("{}.new", std::process::id()));
        match make_new(&staged) {
            Ok(file) => Ok(Self { file, staged, path: path.to_owned() }),
            Err(error) => Err(FileError::Unwritable(staged, error)),
        }
    }

    pub fn file(&self) -> &File {
        &self.file
    }

    /// Where it is as long as it is not kept.
    pub fn staged(&self) -> &Path {
        &self.staged
    }

    /// Puts it in its place, durable when it returns.
    pub fn keep(self) -> Result<(), FileError> {
        let unwritable = |error| FileError::Unwritable(self.path.clone(), error);
        self.file.sync_all().map_err(unwritable)?;
        put_in_place(&self.staged, &self.path)?;
        sync_parent(&self.path).map_err(unwritable)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Nothing is there when it was kept.
        let _ = remove(&self.staged);
    }
}

/// The folder in which the files of a data directory are made before they are put into it, all or none. It stands in that directory, so
/// that a file system of its own may be mounted there. What was not kept is taken away again, the directory too if it was missing.
pub struct Staging {
    directory: PathBuf,
    folder: PathBuf,
    was_missing: bool,
    /// What was put into the directory before all of it was.
    placed: Vec<PathBuf>,
}

impl Staging {
    pub fn begin(directory: &Path) -> Result<Self, FileError> {
        let unwritable = |error| FileError::Unwritable(directory.to_owned(), error);
        let was_missing = directory.symlink_metadata().is_err();
        if !was_missing && !is_empty(directory).map_err(|error| FileError::Unreadable(directory.to_owned(), error))? {
            return Err(FileError::Occupied(directory.to_owned()));
        }
        make_data_dir(directory)?;
        let folder = directory.join(RESTORING);
        make_folder(&folder).map_err(unwritable)?;
        Ok(Self { directory: directory.to_owned(), folder, was_missing, placed: Vec::new() })
    }

    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Puts the files of these names, as far as they are there, into the directory; the `last` one when the others are there for good.
    pub fn keep(mut self, names: &[&str], last: &str) -> Result<(), FileError> {
        for name in names.iter().filter(|name| self.folder.join(name).exists()).copied().collect::<Vec<_>>() {
            self.place(name)?;
        }
        let directory = self.directory.clone();
        let unwritable = |error| FileError::Unwritable(directory.clone(), error);
        let sync = || open(&directory).and_then(|folder| folder.sync_all()).map_err(unwritable);
        sync()?;
        self.place(last)?;
        // From here on it is a house, whatever fails.
        self.placed.clear();
        self.was_missing = false;
        sync()?;
        sync_parent(&directory).map_err(unwritable)
    }

    fn place(&mut self, name: &str) -> Result<(), FileError> {
        let to = self.directory.join(name);
        put_in_place(&self.folder.join(name), &to)?;
        self.placed.push(to);
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What cannot be taken away is in the way of the next restore, which says so.
        self.placed.iter().for_each(|file| drop(remove(file)));
        let _ = remove_folder(&self.folder);
        if self.was_missing {
            let _ = remove_empty(&self.directory);
        }
    }
}

/// Renames, and overwrites nothing.
fn put_in_place(from: &Path, to: &Path) -> Result<(), FileError> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => return Ok(()),
        Err(Errno::EXIST) => return Err(FileError::Taken(to.to_owned())),
        // A file system that does not know how.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
        Err(error) => return Err(FileError::Unwritable(to.to_owned(), error.into())),
    }
    if to.symlink_metadata().is_ok() {
        return Err(FileError::Taken(to.to_owned()));
    }
    rename(from, to).map_err(|error| FileError::Unwritable(to.to_owned(), error))
}

fn opened(path: &Path) -> Result<Option<File>, FileError> {
    match open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::Unreadable(path.to_owned(), error)),
    }
}

fn whole(path: &Path, file: File) -> Result<Vec<u8>, FileError> {
    // Room for all of it, so that growing leaves no copies behind.
    let length = file.metadata().map_or(0, |metadata| metadata.len().min(FILE_BYTES_MAX));
    let mut bytes = Vec::with_capacity(length as usize + 1);
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
pub fn open(path: &Path) -> std::io::Result<File> {
    File::open(path)
}

/// Never into a file that was there: somebody else may have it open, or it may be a link to elsewhere.
fn stage(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = make_new(path)?;
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
fn make_new(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

#[expect(clippy::disallowed_methods, reason = "the program looks after the files of its data directory here")]
fn make_folder(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

#[expect(clippy::disallowed_methods, reason = "the program looks after the files of its data directory here")]
fn remove_folder(path: &Path) -> std::io::Result<()> {
    std::fs::remove_dir_all(path)
}

#[expect(clippy::disallowed_methods, reason = "the program looks after the files of its data directory here")]
fn remove_empty(path: &Path) -> std::io::Result<()> {
    std::fs::remove_dir(path)
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
fn set_mode(path: &Path, mode: u32) -> std::io::Result<()> {
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}

fn sync_parent(path: &Path) -> std::io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    open(parent)?.sync_all()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_staged_file_that_is_in_the_way_is_named() {
        let folder = Scratch::new();
        let file = folder.path().join("backup");
        let staged = beside(&file, &format!("{}.new", std::process::id()));
        make_new(&staged).unwrap();
        assert!(matches!(Staged::begin(&file), Err(FileError::Unwritable(named, _)) if named == staged));
    }

    #[test]
    fn what_is_staged_goes_into_no_file_that_was_there() {
        let scratch = Scratch::new();
        let (file, elsewhere) = (scratch.path().join("keys"), scratch.path().join("elsewhere"));
        let staged = beside(&file, "new");
        for put in [write, write_new] {
            // A link, and then a file that somebody has open.
            std::os::unix::fs::symlink(&elsewhere, &staged).unwrap();
            put(&file, b"a secret").unwrap();
            assert!(elsewhere.symlink_metadata().is_err() && staged.symlink_metadata().is_err());
            assert!(file.symlink_metadata().unwrap().is_file());
            remove(&file).unwrap();
            let mut held = make_new(&staged).unwrap();
            put(&file, b"a secret").unwrap();
            let mut seen = Vec::new();
            held.read_to_end(&mut seen).unwrap();
            assert_eq!((seen.as_slice(), read(&file).unwrap().as_deref()), (&b""[..], Some(&b"a secret"[..])));
            assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o600);
            remove(&file).unwrap();
        }
    }

    #[test]
    fn a_key_takes_the_place_of_no_file_and_leaves_nothing_behind() {
        let scratch = Scratch::new();
        let file = scratch.path().join("keys");
        write(&file, b"there").unwrap();
        assert!(matches!(write_new(&file, b"a secret"), Err(FileError::Taken(taken)) if taken == file));
        assert_eq!(read(&file).unwrap().as_deref(), Some(&b"there"[..]));
        assert!(beside(&file, "new").symlink_metadata().is_err());
        write(&file, b"another").unwrap();
        assert_eq!(read(&file).unwrap().as_deref(), Some(&b"another"[..]));
    }

    #[test]
    fn each_folder_that_is_made_is_private_and_synced() {
        let scratch = Scratch::new();
        let folders = ["a", "a/b", "a/b/c"].map(|name| scratch.path().join(name));
        let [_, _, last] = &folders;
        let mut synced = Vec::new();
        let mut make = |path: &Path| {
            synced.clear();
            make_folders(path, |folder| {
                synced.push(folder.to_owned());
                sync_parent(folder)
            })
            .unwrap();
            synced.clone()
        };
        assert_eq!(make(last), folders);
        assert!(make(last).is_empty(), "it was there");
        for folder in &folders {
            assert_eq!(folder.metadata().unwrap().mode() & 0o777, 0o700);
        }
        make_new(&last.join("file")).unwrap();
        assert!(matches!(make_private_folder(&last.join("file/d")), Err(FileError::Unwritable(..))));
        assert!(make_private_folder(Path::new("")).is_ok());
    }

    /// A folder of a test's own, taken away when it is dropped.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new() -> Self {
            let name = format!("kagiban-{}-{:?}", std::process::id(), std::thread::current().id());
            let path = std::env::temp_dir().join(name);
            make_folder(&path).unwrap();
            Self(path)
        }

        fn path(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            remove_folder(&self.0).unwrap();
        }
    }
}
