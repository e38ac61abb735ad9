//! `kagiban backup`, and what stands in a backup beside the rows.

use crate::boot::{self, NoBoot};
use crate::cli::{self, fail, say};
use crate::config::{self, BadConfig, RootSource};
use crate::data_dir::{self, FileError, HEAD_FILE};
use crate::head::{self, NoHead};
use crate::root::hex;
use cipher::{NoEntropy, SystemEntropy};
use kernel::SystemClock;
use names::{Clock, Time};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read};
use std::path::Path;
use std::process::ExitCode;
use store::{EngineFault, Snapshot};
use vault::{BackupHead, BackupReader, BackupWriter, Keyring, NotBackedUp, NotReadBack};

/// Of which moment a backup is, and what it needs beside the rows: its first item.
pub struct Manifest {
    pub taken: Time,
    /// The last event of the trail, 0 if there is none, and its link.
    pub sequence: u64,
    pub link: [u8; 32],
    /// The format of the rows.
    pub format: u32,
    /// The file `trail.head`; empty where there was none.
    pub head: Vec<u8>,
}

pub async fn backup(args: cli::Backup) -> ExitCode {
    let done = config::place(args.place).map_err(NoBackup::from);
    // All of it waits for files, and this process has nothing else to do.
    match done.and_then(|(directory, root)| make(&directory, &root, &args.file)) {
        Ok(Made { manifest, bytes }) => {
            say(format_args!("backed up:  {}, {bytes} bytes", args.file.display()));
            say(manifest.text());
            say(
                "Only the root of this house opens it, and without the root it is lost: keep a copy of the root apart from it.",
            );
            ExitCode::SUCCESS
        }
        Err(error) => fail(error),
    }
}

struct Made {
    manifest: Manifest,
    bytes: u64,
}

fn make(directory: &Path, root: &RootSource, file: &Path) -> Result<Made, NoBackup> {
    let installation = boot::installation_of(directory)?;
    // The head first, then the rows: the trail grows at its end alone, so the rows have all that the head names, but for what was cut. The
    // keyring last, since whatever is wrapped under a new key was written after the keyring that has it.
    let kept = data_dir::read(&directory.join(HEAD_FILE))?;
    let snapshot = Snapshot::open(directory).map_err(|error| NoBoot::Store(directory.to_owned(), error))?;
    let (keyring, sealed) = boot::keyring_of(directory, root, installation)?;
    kept.as_ref().map(|bytes| head::parse(directory, bytes, &keyring)).transpose()?;
    let (sequence, link) = snapshot.head()?.map_or((0, [0; 32]), |head| (head.sequence, head.link));
    let taken = SystemClock::new().wall();
    let manifest = Manifest { taken, sequence, link, format: snapshot.format(), head: kept.unwrap_or_default() };
    let head = BackupHead::draw(installation, &sealed, &SystemEntropy)?;
    let staged = data_dir::Staged::begin(file)?;
    let items = write(&staged, &keyring, &head, &manifest, &snapshot)?;
    let bytes = read_back(staged.staged(), &keyring, &head, items)?;
    staged.keep()?;
    Ok(Made { manifest, bytes })
}

/// How many items were written.
fn write(
    staged: &data_dir::Staged,
    keyring: &Keyring,
    head: &BackupHead,
    manifest: &Manifest,
    snapshot: &Snapshot,
) -> Result<u64, NoBackup> {
    let mut writer = BackupWriter::begin(keyring, head, BufWriter::new(staged.file()))?;
    writer.put(&manifest.to_bytes())?;
    let mut items = 1;
    snapshot.items(|item| {
        items += 1;
        writer.put(item).map_err(NoBackup::from)
    })?;
    writer.end()?;
    Ok(items)
}

/// What was written is opened again before it is called a backup; so many bytes it has.
fn read_back(path: &Path, keyring: &Keyring, head: &BackupHead, items: u64) -> Result<u64, NoBackup> {
    let (mut source, bytes) = open(path)?;
    if BackupHead::read_from(&mut source)? != *head {
        return Err(NoBackup::Miswritten);
    }
    let mut reader = BackupReader::begin(keyring, head, source).map_err(|_| NoBackup::Miswritten)?;
    let mut found = 0;
    while reader.next_item()?.is_some() {
        found += 1;
    }
    if found == items { Ok(bytes) } else { Err(NoBackup::Miswritten) }
}

/// A backup's bytes, and how many there are.
pub fn open(path: &Path) -> Result<(BufReader<File>, u64), FileError> {
    let unreadable = |error| FileError::Unreadable(path.to_owned(), error);
    let file = data_dir::open(path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    Ok((BufReader::new(file), bytes))
}

/// The first item of a backup.
pub fn manifest(reader: &mut BackupReader<impl Read>) -> Result<Manifest, NotReadBack> {
    let item = reader.next_item()?.ok_or(NotReadBack::Strange)?;
    Manifest::read(&item).ok_or(NotReadBack::Strange)
}

impl Manifest {
    fn to_bytes(&self) -> Vec<u8> {
        let Self { taken, sequence, link, format, head } = self;
        let numbers = [taken.micros().to_be_bytes(), sequence.to_be_bytes()].concat();
        [&numbers[..], link, &format.to_be_bytes(), head].concat()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (taken, rest) = bytes.split_first_chunk()?;
        let (sequence, rest) = rest.split_first_chunk()?;
        let (link, rest) = rest.split_first_chunk()?;
        let (format, head) = rest.split_first_chunk()?;
        Some(Self {
            taken: Time::from_micros(i64::from_be_bytes(*taken)),
            sequence: u64::from_be_bytes(*sequence),
            link: *link,
            format: u32::from_be_bytes(*format),
            head: head.to_vec(),
        })
    }

    /// Lines for the person who backs up or restores.
    pub fn text(&self) -> String {
        let Self { taken, sequence, link, .. } = self;
        format!("moment:     {}\ntrail:      up to record {sequence}, link {}", taken.iso(), hex(link))
    }
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
enum NoBackup {
    #[error("the data directory cannot be read: {0}")]
    Unread(#[from] EngineFault),
    #[error("the backup cannot be written: {0}")]
    Unwritten(#[from] NotBackedUp),
    #[error("the backup was written and does not read back, so it was thrown away: {0}")]
    Unreadable(#[from] NotReadBack),
    #[error("the backup was written and reads back as another one, so it was thrown away")]
    Miswritten,
    #[error(transparent)]
    Head(#[from] NoHead),
    #[error(transparent)]
    Config(#[from] BadConfig),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Boot(#[from] NoBoot),
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_manifest_reads_what_it_writes_and_nothing_shorter() {
        let one = Manifest {
            taken: Time::from_micros(1_795_521_600_123_456),
            sequence: 7,
            link: [3; 32],
            format: 2,
            head: vec![9; 112],
        };
        let bytes = one.to_bytes();
        let read = Manifest::read(&bytes).unwrap();
        assert_eq!((read.taken, read.sequence, read.link, read.format), (one.taken, 7, [3; 32], 2));
        assert_eq!(read.head, one.head);
        assert!((0..52).all(|length| Manifest::read(bytes.get(..length).unwrap()).is_none()));
    }
}
