//! The sealed part of a backup: a list of items, cut into chunks whatever their lengths, and read back by pieces. What is written to and
//! read from is handed in; the vault opens no file.

use crate::backup::{BACKUP_FIXED_BYTES, BackupHead, NotABackup};
use crate::keyring::Keyring;
use cipher::{CHUNK_BYTES_MAX, CHUNK_HEAD_BYTES, ChunkHead, ChunkOpener, ChunkSealer, Underivable, Unopened, Unsealed};
use std::io::{ErrorKind, Read, Write};

/// Writes a backup. It is none before [`BackupWriter::end`].
pub struct BackupWriter<W> {
    sealer: ChunkSealer,
    to: W,
    /// What waits for its chunk: it is sealed when more comes, so that the last one is not sealed too early.
    waiting: Vec<u8>,
    sealed: Vec<u8>,
}

/// Reads a backup, item by item. Each chunk is authentic before a byte of it is looked at; that nothing is missing is known only when there
/// is no next item.
pub struct BackupReader<R> {
    /// `None` after the last chunk.
    opener: Option<ChunkOpener>,
    from: R,
    plaintext: Vec<u8>,
    /// So much of it was read.
    read: usize,
}

/// A backup was not written.
#[derive(Debug, thiserror::Error)]
pub enum NotBackedUp {
    #[error("{0}")]
    Disk(#[from] std::io::Error),
    #[error("an item is too long")]
    TooLong,
    #[error(transparent)]
    Unsealed(#[from] Unsealed),
}

/// Bytes are not the backup that was written.
#[derive(Debug, thiserror::Error)]
pub enum NotReadBack {
    #[error(transparent)]
    Head(#[from] NotABackup),
    #[error("it is cut short: its end is not there")]
    Cut,
    #[error("it is damaged, or was changed: part {0} of it does not open")]
    Changed(u64),
    #[error("something stands behind its end")]
    Longer,
    #[error("it opens, and what it holds cannot be read")]
    Strange,
    #[error("it cannot be read: {0}")]
    Disk(#[from] std::io::Error),
}

impl<W: Write> BackupWriter<W> {
    pub fn begin(keyring: &Keyring, head: &BackupHead, mut to: W) -> Result<Self, NotBackedUp> {
        let sealer = keyring.backup_sealer(head).map_err(Unsealed::from)?;
        to.write_all(head.as_bytes())?;
        Ok(Self { sealer, to, waiting: Vec::with_capacity(CHUNK_BYTES_MAX), sealed: Vec::new() })
    }

    /// Adds an item: its length (4 bytes) and its bytes.
    pub fn put(&mut self, item: &[u8]) -> Result<(), NotBackedUp> {
        let length = u32::try_from(item.len()).map_err(|_| NotBackedUp::TooLong)?;
        self.feed(&length.to_be_bytes())?;
        self.feed(item)
    }

    /// Writes what still waits, and gives back what was written to.
    pub fn end(mut self) -> Result<W, NotBackedUp> {
        self.sealed.clear();
        self.sealer.seal_last(&self.waiting, &mut self.sealed)?;
        self.to.write_all(&self.sealed)?;
        self.to.flush()?;
        Ok(self.to)
    }

    fn feed(&mut self, mut bytes: &[u8]) -> Result<(), NotBackedUp> {
        while !bytes.is_empty() {
            if self.waiting.len() == CHUNK_BYTES_MAX {
                self.sealed.clear();
                self.sealer.seal(&self.waiting, &mut self.sealed)?;
                self.to.write_all(&self.sealed)?;
                self.waiting.clear();
            }
            let room = CHUNK_BYTES_MAX - self.waiting.len();
            let (now, later) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
            self.waiting.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }
}

impl BackupHead {
    /// Reads the head off the front of a backup.
    pub fn read_from(from: &mut impl Read) -> Result<Self, NotReadBack> {
        let mut bytes = vec![0; BACKUP_FIXED_BYTES];
        let there = fill(from, &mut bytes)?;
        let fixed = bytes.first_chunk().filter(|_| there == BACKUP_FIXED_BYTES);
        // What is too short for a head may still say of itself that it is none, or of a newer format.
        let Some(fixed) = fixed else {
            bytes.truncate(there);
            return Err(Self::read(&bytes).err().unwrap_or(NotABackup::Cut).into());
        };
        let keyring = Self::keyring_bytes(fixed)?;
        bytes.resize(BACKUP_FIXED_BYTES + keyring, 0);
        let rest = bytes.get_mut(BACKUP_FIXED_BYTES..).unwrap_or_default();
        if fill(from, rest)? < keyring {
            return Err(NotABackup::Cut.into());
        }
        Ok(Self::read(&bytes)?)
    }
}

impl<R: Read> BackupReader<R> {
    /// `from` stands behind the head.
    pub fn begin(keyring: &Keyring, head: &BackupHead, from: R) -> Result<Self, Underivable> {
        Ok(Self { opener: Some(keyring.backup_opener(head)?), from, plaintext: Vec::new(), read: 0 })
    }

    /// The next item; `None` at the end, which then is the end.
    pub fn next_item(&mut self) -> Result<Option<Vec<u8>>, NotReadBack> {
        let Some(length) = self.take(4)? else { return Ok(None) };
        let length = <[u8; 4]>::try_from(length).map_err(|_| NotReadBack::Strange)?;
        self.take(u32::from_be_bytes(length) as usize)?.ok_or(NotReadBack::Strange).map(Some)
    }

    /// The next `length` bytes; `None` if the end comes before the first of them.
    fn take(&mut self, length: usize) -> Result<Option<Vec<u8>>, NotReadBack> {
        let mut taken = Vec::new();
        while taken.len() < length {
            let there = self.plaintext.get(self.read..).unwrap_or_default();
            if there.is_empty() {
                if self.advance()? {
                    continue;
                }
                return if taken.is_empty() { Ok(None) } else { Err(NotReadBack::Strange) };
            }
            let (now, _) = there.split_at_checked(length - taken.len()).unwrap_or((there, &[]));
            taken.extend_from_slice(now);
            self.read += now.len();
        }
        Ok(Some(taken))
    }

    /// Opens the next chunk; `false` if there is none, and nothing else either.
    fn advance(&mut self) -> Result<bool, NotReadBack> {
        let Some(opener) = self.opener.take() else {
            return if fill(&mut self.from, &mut [0])? == 0 { Ok(false) } else { Err(NotReadBack::Longer) };
        };
        let number = opener.number();
        let mut head = [0; CHUNK_HEAD_BYTES];
        if fill(&mut self.from, &mut head)? < CHUNK_HEAD_BYTES {
            return Err(NotReadBack::Cut);
        }
        let changed = |_: Unopened| NotReadBack::Changed(number);
        let head = ChunkHead::read(&head).map_err(changed)?;
        let mut sealed = vec![0; head.sealed_bytes()];
        if fill(&mut self.from, &mut sealed)? < sealed.len() {
            return Err(NotReadBack::Cut);
        }
        (self.plaintext, self.opener) = opener.open(&head, &sealed).map_err(changed)?;
        self.read = 0;
        Ok(true)
    }
}

/// Reads until `bytes` are full or the source has ended; how many there were.
fn fill(from: &mut impl Read, bytes: &mut [u8]) -> std::io::Result<usize> {
    let mut there = 0;
    while let Some(room) = bytes.get_mut(there..).filter(|room| !room.is_empty()) {
        match from.read(room) {
            Ok(0) => break,
            Ok(more) => there += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(there)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::testing::{INSTALLATION, keyring};
    use cipher::SystemEntropy;

    fn written(keyring: &Keyring, items: &[Vec<u8>]) -> Vec<u8> {
        let head = BackupHead::draw(INSTALLATION, b"the keyring", &SystemEntropy).unwrap();
        let mut writer = BackupWriter::begin(keyring, &head, Vec::new()).unwrap();
        items.iter().for_each(|item| writer.put(item).unwrap());
        writer.end().unwrap()
    }

    fn read(keyring: &Keyring, mut bytes: &[u8]) -> Result<Vec<Vec<u8>>, NotReadBack> {
        let head = BackupHead::read_from(&mut bytes)?;
        let mut reader = BackupReader::begin(keyring, &head, bytes).unwrap();
        let mut items = Vec::new();
        while let Some(item) = reader.next_item()? {
            items.push(item);
        }
        Ok(items)
    }

    #[test]
    fn items_of_any_length_come_back_as_they_were() {
        let keyring = keyring();
        let lengths = [0, 1, 4, CHUNK_BYTES_MAX - 4, CHUNK_BYTES_MAX, CHUNK_BYTES_MAX + 1, 3 * CHUNK_BYTES_MAX, 7];
        let item = |(number, length): (usize, &usize)| vec![number as u8; *length];
        let items: Vec<_> = lengths.iter().enumerate().map(item).collect();
        for count in 0..=items.len() {
            assert_eq!(read(&keyring, &written(&keyring, &items[..count])).unwrap(), items[..count], "{count} items");
        }
    }

    /// A writer that fills its last chunk to the brim must still mark it as the last.
    #[test]
    fn a_backup_that_ends_with_a_full_chunk_ends() {
        let keyring = keyring();
        let items = [vec![1; CHUNK_BYTES_MAX - 4], vec![2; CHUNK_BYTES_MAX - 4]];
        let bytes = written(&keyring, &items);
        assert_eq!(read(&keyring, &bytes).unwrap(), items);
        assert_eq!(bytes.len(), 70 + 11 + 2 * (CHUNK_HEAD_BYTES + CHUNK_BYTES_MAX + cipher::TAG_BYTES));
    }

    #[test]
    fn a_backup_that_is_cut_anywhere_or_goes_on_says_so() {
        let keyring = keyring();
        let bytes = written(&keyring, &[vec![1; 40], vec![2; 3]]);
        for length in 0..bytes.len() {
            let refused = read(&keyring, &bytes[..length]).unwrap_err();
            let cut = matches!(refused, NotReadBack::Cut | NotReadBack::Head(NotABackup::Cut));
            assert!(cut || length < 16, "cut at {length}: {refused}");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(matches!(read(&keyring, &longer), Err(NotReadBack::Longer)));
        let two = [&bytes[..], &bytes[..]].concat();
        assert!(matches!(read(&keyring, &two), Err(NotReadBack::Longer)));
    }

    #[test]
    fn each_byte_behind_the_head_is_authenticated() {
        let keyring = keyring();
        let bytes = written(&keyring, &[vec![1; 40]]);
        for place in 81..bytes.len() {
            let mut bent = bytes.clone();
            bent[place] ^= 1;
            let refused = read(&keyring, &bent).unwrap_err();
            assert!(matches!(refused, NotReadBack::Changed(0) | NotReadBack::Cut), "byte {place}: {refused}");
        }
    }
}
