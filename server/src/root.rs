//! The root: where it is read from, how it is made, and what a person is told when it is not there.

use crate::config::{BadConfig, RootSource, home};
use crate::data_dir::{self, FileError};
use cipher::{Entropy, NoEntropy};
use secret::Secret;
use std::path::{Path, PathBuf};
use vault::{KEY_FILE_BYTES, Seal};

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
    let mut bytes = [0; KEY_FILE_BYTES];
    entropy.fill(&mut bytes)?;
    if let Some(folder) = file.parent() {
        data_dir::make_private_folder(folder)?;
    }
    data_dir::write(&file, format!("{}\n", hex(&bytes)).as_bytes())?;
    Ok((Seal::KeyFile(Secret::from_vec(bytes.to_vec())), Some(file)))
}

fn key(file: &Path) -> Result<Option<Seal>, NoRoot> {
    let Some(text) = data_dir::read_secret(file)? else { return Ok(None) };
    let key = unhex::<KEY_FILE_BYTES>(&text).ok_or_else(|| NoRoot::Malformed(file.to_owned()))?;
    Ok(Some(Seal::KeyFile(Secret::from_vec(key.to_vec()))))
}

fn unhex_byte(digits: &[u8]) -> Option<u8> {
    let [high, low] = digits else { return None };
    let value = |digit: &u8| (*digit as char).to_digit(16);
    u8::try_from(value(high)? * 16 + value(low)?).ok()
}

fn passphrase(file: &Path) -> Result<Seal, NoRoot> {
    let mut bytes = data_dir::read_secret(file)?.ok_or_else(|| NoRoot::NoPassphrase(file.to_owned()))?;
    // Editors end a file with a line feed; it is no part of the passphrase.
    while bytes.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        bytes.pop();
    }
    Ok(Seal::Passphrase(Secret::from_vec(bytes)))
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads what [`hex`] wrote.
pub fn unhex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let bytes: Option<Vec<u8>> = text.trim_ascii().chunks(2).map(unhex_byte).collect();
    bytes?.try_into().ok()
}
