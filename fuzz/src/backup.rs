//! What must hold of backups, whatever the bytes: a naive reading of the head says the same, items come back as they were written, and of
//! a backup that was changed nothing is read but what was in it, and never its end.

use cipher::SystemEntropy;
use secret::{Keys, Secret};
use std::sync::{Arc, OnceLock};
use vault::{BackupHead, BackupReader, BackupWriter, Keyring, NotABackup, NotReadBack, Seal};

/// A file that is longer is changed no more: each chunk that is put behind the last may double it.
const FILE_BYTES_MAX: usize = 1 << 20;
pub const INSTALLATION: [u8; 16] = *b"one installation";

/// How many readers accepted the bytes.
pub fn probe(bytes: &[u8]) -> usize {
    items(bytes);
    [head(bytes), changes(bytes)].into_iter().filter(|accepted| *accepted).count()
}

/// Magic, format, installation, salt, length of the keyring, keyring; what follows is another's business.
fn head(bytes: &[u8]) -> bool {
    let length = |at: &[u8]| u32::from_be_bytes(at.try_into().unwrap()) as usize;
    let expected = match bytes {
        _ if !bytes.starts_with(b"kagiban-backup\0\0") => Err(NotABackup::Foreign),
        _ if bytes.len() < 18 => Err(NotABackup::Cut),
        _ if bytes[16..18] == [0, 0] => Err(NotABackup::Damaged),
        _ if bytes[16..18] != [0, 1] => {
            Err(NotABackup::NewerFormat { found: u16::from_be_bytes([bytes[16], bytes[17]]) })
        }
        _ if bytes.len() < 70 => Err(NotABackup::Cut),
        _ if length(&bytes[66..70]) > 37_167 => Err(NotABackup::Damaged),
        _ if length(&bytes[66..70]) > bytes.len() - 70 => Err(NotABackup::Cut),
        _ => Ok(70 + length(&bytes[66..70])),
    };
    let mut rest = bytes;
    let read = match BackupHead::read_from(&mut rest) {
        Ok(head) => {
            assert_eq!(head.as_bytes(), &bytes[..bytes.len() - rest.len()]);
            assert_eq!((&head.installation()[..], head.keyring()), (&bytes[18..34], &head.as_bytes()[70..]));
            Ok(head.as_bytes().len())
        }
        Err(NotReadBack::Head(why)) => Err(why),
        Err(other) => unreachable!("memory is read: {other}"),
    };
    assert_eq!(read, expected);
    read.is_ok()
}

/// The bytes as items, each behind a byte that says its length in units of 200.
fn items(bytes: &[u8]) {
    let (mut rest, mut items) = (bytes, Vec::new());
    while let Some((length, behind)) = rest.split_first() {
        let (item, behind) = behind.split_at((usize::from(*length) * 200).min(behind.len()));
        items.push(item.to_vec());
        rest = behind;
    }
    assert_eq!(read(&written(&items)), (items, true));
}

/// Triples of place (two bytes) and byte, done to a good backup: a place of 0xffff appends the byte, one of 0xfffe cuts the file to as many
/// times sixteen bytes, one of 0xfffd puts the first chunk behind the last.
fn changes(bytes: &[u8]) -> bool {
    let good = good_file();
    let mut file = good.clone();
    for change in bytes.chunks_exact(3) {
        if file.len() > FILE_BYTES_MAX {
            break;
        }
        match u16::from_be_bytes([change[0], change[1]]) {
            0xffff => file.push(change[2]),
            0xfffe => file.truncate(usize::from(change[2]) * 16),
            0xfffd => {
                let chunk = file.get(head_bytes()..).unwrap_or_default().to_vec();
                file.extend(chunk);
            }
            place => {
                if let Some(byte) = file.get_mut(usize::from(place)) {
                    *byte = change[2];
                }
            }
        }
    }
    let (found, whole) = read(&file);
    assert_eq!(whole, file == *good, "only the file that was made is whole");
    assert!(good_items().starts_with(&found), "what is read was written");
    whole
}

/// The items that are read until something is wrong, and whether nothing was.
fn read(mut file: &[u8]) -> (Vec<Vec<u8>>, bool) {
    let mut items = Vec::new();
    let Ok(head) = BackupHead::read_from(&mut file) else { return (items, false) };
    let Ok(mut reader) = BackupReader::begin(keyring(), &head, file) else { return (items, false) };
    loop {
        match reader.next_item() {
            Ok(Some(item)) => items.push(item),
            Ok(None) => return (items, true),
            Err(_) => return (items, false),
        }
    }
}

fn written(items: &[Vec<u8>]) -> Vec<u8> {
    let head = BackupHead::draw(INSTALLATION, b"keyring", &SystemEntropy).unwrap();
    let mut writer = BackupWriter::begin(keyring(), &head, Vec::new()).unwrap();
    items.iter().for_each(|item| writer.put(item).unwrap());
    writer.end().unwrap()
}

fn good_items() -> Vec<Vec<u8>> {
    vec![b"manifest".to_vec(), Vec::new(), vec![7; 300]]
}

fn good_file() -> &'static Vec<u8> {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| written(&good_items()))
}

fn head_bytes() -> usize {
    70 + b"keyring".len()
}

fn keyring() -> &'static Keyring {
    static KEYRING: OnceLock<Keyring> = OnceLock::new();
    let seal = Seal::KeyFile(Secret::from_vec(vec![1; 32]));
    KEYRING.get_or_init(|| Keyring::initialise(&seal, INSTALLATION, Arc::new(SystemEntropy), &keys().opener).unwrap().0)
}

#[expect(clippy::disallowed_methods, reason = "a process of tests is a house of its own and cuts its own keys")]
fn keys() -> &'static Keys {
    static KEYS: OnceLock<Option<&'static Keys>> = OnceLock::new();
    KEYS.get_or_init(secret::cut_keys).unwrap()
}
