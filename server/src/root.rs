//! The root: where it is read from, how it is made, and what a person is told when it is not there.

use crate::config::{BadConfig, RootSource, home};
use crate::data_dir::{self, FileError};
use cipher::{Entropy, NoEntropy};
use secret::Secret;
use std::path::{Path, PathBuf};
use vault::{KEY_FILE_BYTES, Seal};
use zeroize::Zeroizing;

#[derive(Debug, thiserror::Error)]
pub enum NoRoot {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Config(#[from] BadConfig),
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    #[error(
        "the root key `{0}` is not there, and without it this data cannot be opened. Put the file back (its copy in your backup will do), \
         or name it with --root-key-file. There is no other way in"
    )]
    Missing(PathBuf),
    #[error("the passphrase file `{0}` is not there")]
    NoPassphrase(PathBuf),
    #[error("`{0}` holds no root key: it should have 64 hexadecimal digits")]
    Malformed(PathBuf),
}

/// Where the root key file is, unless it is named.
pub fn default_file(installation: [u8; 16]) -> Result<PathBuf, BadConfig> {
    Ok(home()?.join("roots").join(format!("{}.key", hex(&installation))))
}

/// The seal of an installation that exists.
pub fn read(source: &RootSource, installation: [u8; 16]) -> Result<Seal, NoRoot> {
    match source {
        RootSource::PassphraseFile(file) => passphrase(file),
        RootSource::KeyFile(file) => key(file)?.ok_or_else(|| NoRoot::Missing(file.clone())),
        RootSource::Default => {
            let file = default_file(installation)?;
            key(&file)?.ok_or(NoRoot::Missing(file))
        }
    }
}

/// The seal of an installation that is being made: a key file is made if it is not there. Tells which file that is.
pub fn make(
    source: &RootSource,
    installation: [u8; 16],
    entropy: &dyn Entropy,
) -> Result<(Seal, Option<PathBuf>), NoRoot> {
    let file = match source {
        RootSource::PassphraseFile(file) => return Ok((passphrase(file)?, None)),
        RootSource::KeyFile(file) => file.clone(),
        RootSource::Default => default_file(installation)?,
    };
    if let Some(seal) = key(&file)? {
        return Ok((seal, Some(file)));
    }
    let mut bytes = Zeroizing::new([0; KEY_FILE_BYTES]);
    entropy.fill(bytes.as_mut())?;
    if let Some(folder) = file.parent() {
        data_dir::make_private_folder(folder)?;
    }
    let mut digits = Zeroizing::new(Vec::with_capacity(2 * KEY_FILE_BYTES + 1));
    for byte in bytes.iter() {
        digits
            .extend([byte >> 4, byte & 15].map(|nibble| if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble }));
    }
    digits.push(b'\n');
    data_dir::write_new(&file, &digits)?;
    Ok((key_file(bytes.as_ref()), Some(file)))
}

fn key_file(bytes: &[u8]) -> Seal {
    Seal::KeyFile(Secret::fill(bytes.len(), |room| room.copy_from_slice(bytes)))
}

fn key(file: &Path) -> Result<Option<Seal>, NoRoot> {
    let Some(text) = data_dir::read_secret(file)? else { return Ok(None) };
    let key = unhex::<KEY_FILE_BYTES>(&text).map(Zeroizing::new).ok_or_else(|| NoRoot::Malformed(file.to_owned()))?;
    Ok(Some(key_file(key.as_ref())))
}

fn unhex_byte(digits: &[u8]) -> Option<u8> {
    let [high, low] = digits else { return None };
    let value = |digit: &u8| (*digit as char).to_digit(16);
    u8::try_from(value(high)? * 16 + value(low)?).ok()
}

fn passphrase(file: &Path) -> Result<Seal, NoRoot> {
    let bytes = data_dir::read_secret(file)?.ok_or_else(|| NoRoot::NoPassphrase(file.to_owned()))?;
    // Editors end a file with a line feed; it is no part of the passphrase.
    let end = bytes.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
    let phrase = bytes.get(..end).unwrap_or_default();
    Ok(Seal::Passphrase(Secret::fill(phrase.len(), |room| room.copy_from_slice(phrase))))
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads what [`hex`] wrote.
pub fn unhex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let text = text.trim_ascii();
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.chunks(2)) {
        *byte = unhex_byte(digits)?;
    }
    Some(bytes)
}
