//! How a backup begins, and the key under which the rest of it is sealed.
//!
//! The file, in order; numbers stand big end first:
//!
//! ```text
//! magic (16) ‖ format (2) ‖ installation (16) ‖ salt (32) ‖ bytes of the keyring (4) ‖ keyring    in clear
//! chunks, as `cipher` has them                              sealed under a key of the root key and all of the above
//! ```
//!
//! The keyring is the file of a data directory as it stands, which the root opens and nothing else does. So a backup is whole by itself:
//! with the root it can be opened where there is no data directory any more, and without the root it tells the installation, the kind of
//! the seal, and its size.

use crate::Keyring;
use crate::cursor::Cursor;
use crate::keyring::KEYRING_BYTES_MAX;
use cipher::{ChunkOpener, ChunkSealer, Entropy, NoEntropy, Underivable, derive, sha256};
use secret::Secret;

/// What a backup has before its keyring.
pub(crate) const BACKUP_FIXED_BYTES: usize = 16 + 2 + 16 + SALT_BYTES + 4;

const MAGIC: &[u8; 16] = b"kagiban-backup\0\0";
const FORMAT: u16 = 1;
const SALT_BYTES: usize = 32;
const KEY_BYTES: usize = 32;
const LABEL: &str = "kagiban/backup/1";

/// The part of a backup that stands in clear. What is sealed is bound to all of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BackupHead {
    bytes: Vec<u8>,
    installation: [u8; 16],
}

/// Bytes that no backup begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotABackup {
    #[error("it is no backup of Kagiban")]
    Foreign,
    #[error(
        "it has format {found}; this version knows formats up to {FORMAT}: use the version that made it, or a later one"
    )]
    NewerFormat { found: u16 },
    #[error("it is cut short")]
    Cut,
    #[error("its head is damaged")]
    Damaged,
}

impl BackupHead {
    /// The head of a new backup. `keyring` is the keyring file of the installation.
    pub fn draw(installation: [u8; 16], keyring: &[u8], entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        // INVARIANT: a keyring was opened before, and a longer one does not open.
        assert!(keyring.len() <= KEYRING_BYTES_MAX, "a keyring is no longer than its limit");
        let mut salt = [0; SALT_BYTES];
        entropy.fill(&mut salt)?;
        let length = (keyring.len() as u32).to_be_bytes();
        let bytes = [&MAGIC[..], &FORMAT.to_be_bytes(), &installation, &salt, &length, keyring].concat();
        Ok(Self { bytes, installation })
    }

    /// How many bytes of keyring follow the fixed part.
    pub(crate) fn keyring_bytes(fixed: &[u8; BACKUP_FIXED_BYTES]) -> Result<usize, NotABackup> {
        Self::fixed(&mut Cursor::new(fixed)).map(|(_, length)| length)
    }

    /// Reads the whole head.
    pub fn read(bytes: &[u8]) -> Result<Self, NotABackup> {
        let mut cursor = Cursor::new(bytes);
        let (installation, length) = Self::fixed(&mut cursor)?;
        match cursor.rest().len() {
            rest if rest < length => Err(NotABackup::Cut),
            rest if rest > length => Err(NotABackup::Damaged),
            _ => Ok(Self { bytes: bytes.to_vec(), installation }),
        }
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn installation(&self) -> [u8; 16] {
        self.installation
    }

    /// The keyring file.
    pub fn keyring(&self) -> &[u8] {
        self.bytes.get(BACKUP_FIXED_BYTES..).unwrap_or_default()
    }

    fn fixed(cursor: &mut Cursor<'_>) -> Result<([u8; 16], usize), NotABackup> {
        match cursor.take() {
            Some(magic) if magic == *MAGIC => {}
            _ => return Err(NotABackup::Foreign),
        }
        match cursor.take().map(u16::from_be_bytes).ok_or(NotABackup::Cut)? {
            FORMAT => {}
            0 => return Err(NotABackup::Damaged),
            found => return Err(NotABackup::NewerFormat { found }),
        }
        let installation = cursor.take().ok_or(NotABackup::Cut)?;
        let _salt: [u8; SALT_BYTES] = cursor.take().ok_or(NotABackup::Cut)?;
        let length = cursor.take_u32().ok_or(NotABackup::Cut)? as usize;
        if length > KEYRING_BYTES_MAX {
            return Err(NotABackup::Damaged);
        }
        Ok((installation, length))
    }
}

impl Keyring {
    /// What seals the chunks of the backup with this head.
    pub(crate) fn backup_sealer(&self, head: &BackupHead) -> Result<ChunkSealer, Underivable> {
        Ok(ChunkSealer::new(self.backup_key(head)?, self.opener(), self.shared_entropy()))
    }

    /// What opens them.
    pub(crate) fn backup_opener(&self, head: &BackupHead) -> Result<ChunkOpener, Underivable> {
        Ok(ChunkOpener::new(self.backup_key(head)?, self.opener()))
    }

    /// The salt in the head makes it the key of this one backup.
    fn backup_key(&self, head: &BackupHead) -> Result<Secret, Underivable> {
        derive(self.root(), self.opener(), LABEL, &sha256(head.as_bytes()), KEY_BYTES)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::testing::{INSTALLATION, bent, keyring};
    use cipher::{CHUNK_HEAD_BYTES, ChunkHead, SystemEntropy};

    fn sealed(keyring: &Keyring, head: &BackupHead) -> Vec<u8> {
        let mut chunk = Vec::new();
        keyring.backup_sealer(head).unwrap().seal_last(b"rows", &mut chunk).unwrap();
        chunk
    }

    fn opens(keyring: &Keyring, head: &BackupHead, chunk: &[u8]) -> bool {
        let (chunk_head, rest) = chunk.split_first_chunk::<CHUNK_HEAD_BYTES>().unwrap();
        let opener = keyring.backup_opener(head).unwrap();
        opener.open(&ChunkHead::read(chunk_head).unwrap(), rest).is_ok_and(|(text, _)| text == b"rows")
    }

    #[test]
    fn what_is_sealed_is_bound_to_its_head_and_its_root() {
        let (own, other) = (keyring(), keyring());
        let head = BackupHead::draw(INSTALLATION, b"the keyring", &SystemEntropy).unwrap();
        let chunk = sealed(&own, &head);
        assert!(opens(&own, &head, &chunk));
        assert!(!opens(&other, &head, &chunk), "the same head under another root");
        let again = BackupHead::draw(INSTALLATION, b"the keyring", &SystemEntropy).unwrap();
        assert!(!opens(&own, &again, &chunk), "a chunk of one backup in another one of the same house");
    }

    #[test]
    fn every_bit_of_a_head_is_refused_or_makes_another_key() {
        let own = keyring();
        let head = BackupHead::draw(INSTALLATION, b"the keyring", &SystemEntropy).unwrap();
        let chunk = sealed(&own, &head);
        for (place, bent) in bent(head.as_bytes()) {
            match BackupHead::read(&bent) {
                Ok(read) => assert!(!opens(&own, &read, &chunk), "byte {place}"),
                Err(NotABackup::Foreign) => assert!(place < 16),
                Err(NotABackup::NewerFormat { found }) => assert!((16..18).contains(&place) && found > FORMAT),
                Err(NotABackup::Cut | NotABackup::Damaged) => assert!((16..70).contains(&place), "byte {place}"),
            }
        }
    }

    #[test]
    fn a_head_reads_what_it_writes_and_nothing_shorter_or_longer() {
        let head = BackupHead::draw(INSTALLATION, b"the keyring", &SystemEntropy).unwrap();
        let bytes = head.as_bytes();
        assert_eq!(BackupHead::read(bytes), Ok(head.clone()));
        assert_eq!((head.installation(), head.keyring()), (INSTALLATION, &b"the keyring"[..]));
        let fixed = bytes.first_chunk().unwrap();
        assert_eq!(BackupHead::keyring_bytes(fixed), Ok(b"the keyring".len()));
        for length in 0..bytes.len() {
            let expected = if length < 16 { NotABackup::Foreign } else { NotABackup::Cut };
            assert_eq!(BackupHead::read(bytes.get(..length).unwrap()), Err(expected), "cut at {length}");
        }
        assert_eq!(BackupHead::read(&[bytes, &[0]].concat()), Err(NotABackup::Damaged));
    }

    #[test]
    fn a_head_cannot_ask_for_more_memory_than_a_keyring_takes() {
        let mut fixed = [&MAGIC[..], &FORMAT.to_be_bytes(), &[0; 48]].concat();
        fixed.extend(u32::MAX.to_be_bytes());
        assert_eq!(BackupHead::keyring_bytes(fixed.first_chunk().unwrap()), Err(NotABackup::Damaged));
    }
}
