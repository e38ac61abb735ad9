//! What must hold of the formats of the vault, whatever the bytes: a naive reading accepts the same, what is read is written as it was,
//! and no keyring file opens but the one that was made.

use cipher::SystemEntropy;
use secret::{Keys, Secret};
use std::sync::{Arc, OnceLock};
use vault::{BLOB_BYTES_MAX, BlobHeader, HeadSeal, Keyring, NotUnsealed, Seal, Wrapped, WrappedAccessKey};

pub const INSTALLATION: [u8; 16] = *b"one installation";

/// How many formats accepted the bytes.
pub fn probe(bytes: &[u8]) -> usize {
    let accepted = [header(bytes), head_seal(bytes), wrapped(bytes), keyring(bytes)];
    accepted.into_iter().filter(|accepted| *accepted).count()
}

fn header(bytes: &[u8]) -> bool {
    // 82 bytes of header, a tag of 16, and one byte at least between them.
    let expected = bytes.starts_with(b"kagi\x01\x01") && (82 + 16 + 1..=BLOB_BYTES_MAX).contains(&bytes.len());
    let header = BlobHeader::read(bytes);
    assert_eq!(header.is_ok(), expected);
    header.is_ok_and(|header| {
        assert_eq!(header.backing_key().0, bytes[6..22]);
        true
    })
}

fn head_seal(bytes: &[u8]) -> bool {
    let seal = HeadSeal::read(bytes);
    assert_eq!(seal.is_ok(), bytes.len() == 8 + 32 + 32);
    seal.is_ok_and(|seal| {
        assert_eq!(seal.to_bytes(), bytes);
        assert_eq!(seal.standing.uses.to_be_bytes(), bytes[..8]);
        true
    })
}

fn wrapped(bytes: &[u8]) -> bool {
    // Form, id of the domain key, N and IV, ciphertext, tag.
    let is_one = |secret: usize| bytes.len() == 1 + 4 + 28 + secret + 16 && bytes[0] == 1;
    let (key, access_key) = (Wrapped::read(bytes), WrappedAccessKey::read(bytes));
    assert_eq!((key.is_ok(), access_key.is_ok()), (is_one(32), is_one(40)));
    let kept = key.is_ok_and(|key| key.as_bytes() == bytes) || access_key.is_ok_and(|key| key.as_bytes() == bytes);
    assert_eq!(kept, is_one(32) || is_one(40));
    kept
}

/// The bytes as a file, which cannot open, and as changes to a file that does. The seal is a key file, so that nothing is stretched.
fn keyring(bytes: &[u8]) -> bool {
    assert_eq!(unseal(bytes), Err(naive(bytes)));
    let good = good_file();
    let changed = changed(good, bytes);
    assert_eq!(unseal(&changed).is_ok(), changed == *good, "only the file that was made opens");
    unseal(&changed).is_ok()
}

/// Pairs of place and byte; a place of 255 appends the byte, one of 254 cuts the file to that length.
fn changed(good: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut file = good.to_vec();
    for change in changes.chunks_exact(2) {
        match change[0] {
            255 => file.push(change[1]),
            254 => file.truncate(usize::from(change[1])),
            place => {
                if let Some(byte) = file.get_mut(usize::from(place)) {
                    *byte = change[1];
                }
            }
        }
    }
    file
}

/// Why bytes that nobody sealed do not open.
fn naive(bytes: &[u8]) -> NotUnsealed {
    let (magic, format, installation) = (bytes.get(..16), bytes.get(16..18), bytes.get(18..34));
    if magic != Some(b"kagiban-keyring\0") || format.is_none() {
        return NotUnsealed::NotAKeyring;
    }
    if format != Some(&[0, 1]) {
        return NotUnsealed::UnknownFormat;
    }
    if installation != Some(&INSTALLATION) {
        return NotUnsealed::AnotherInstallation;
    }
    match bytes.get(34) {
        // Memory in KiB, passes, lanes, salt: no more than 1 GiB, 16 and 16.
        Some(2) if bytes.len() >= 35 + 12 + 16 => {
            let number = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
            let affordable = number(35) <= 1 << 20 && number(39) <= 16 && number(43) <= 16;
            if affordable { NotUnsealed::AnotherSeal } else { NotUnsealed::Damaged }
        }
        Some(1) if bytes.len() >= 35 + 28 + 32 + 16 => NotUnsealed::WrongRoot,
        _ => NotUnsealed::Damaged,
    }
}

fn unseal(file: &[u8]) -> Result<(), NotUnsealed> {
    Keyring::unseal(file, &seal(), INSTALLATION, Arc::new(SystemEntropy), &keys().opener).map(drop)
}

fn good_file() -> &'static Vec<u8> {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| Keyring::initialise(&seal(), INSTALLATION, Arc::new(SystemEntropy), &keys().opener).unwrap().1)
}

fn seal() -> Seal {
    Seal::KeyFile(Secret::from_vec(vec![1; 32]))
}

#[expect(clippy::disallowed_methods, reason = "a process of tests is a house of its own and cuts its own keys")]
fn keys() -> &'static Keys {
    static KEYS: OnceLock<Option<&'static Keys>> = OnceLock::new();
    KEYS.get_or_init(secret::cut_keys).unwrap()
}
