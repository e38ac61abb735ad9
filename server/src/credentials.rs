//! The administrator's credentials file, in the form that the AWS CLI and SDKs read:
//! <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html>.

use crate::data_dir::{self, FileError};
use kernel::{Failure, Opened, Recorded};
use secret::Exit;
use shapes_iam::CreateAccessKeyOutput;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(
        "the file `{0}` is there already and would be overwritten; move it away, or name another one with --credentials-file"
    )]
    Taken(PathBuf),
}

/// Finds out whether the file can be written, before there is anything to write: the place must be free, and its folder the program's.
pub fn prove(file: &Path) -> Result<(), Unfit> {
    if file.symlink_metadata().is_ok() {
        return Err(Unfit::Taken(file.to_owned()));
    }
    Ok(data_dir::prove_writable(file)?)
}

/// Whether the file has this access key in it. It was written as a whole or not at all, so it then has the secret too.
pub fn holds(file: &Path, access_key_id: &str) -> Result<bool, FileError> {
    let Some(text) = data_dir::read(file)? else { return Ok(false) };
    let line = id_line(access_key_id);
    Ok(text.split(|byte| *byte == b'\n').any(|found| found == line.as_bytes()))
}

/// A new access key that did not come into the file.
pub enum Undelivered {
    /// It was not made.
    Failed(Failure),
    /// The answer has none.
    Keyless,
    File {
        access_key_id: String,
        error: FileError,
    },
}

/// Writes the new access key of an answer into the file; the key's id.
pub fn deliver(exit: &Exit, recorded: &Recorded, file: &Path) -> Result<String, Undelivered> {
    let answer = match recorded.open(exit) {
        Opened::Answer(answer) => answer,
        Opened::Failure(failure) => return Err(Undelivered::Failed(failure.clone())),
    };
    let key = &answer.output::<CreateAccessKeyOutput>().ok_or(Undelivered::Keyless)?.access_key;
    let access_key_id = key.access_key_id.clone();
    match write(file, &access_key_id, key.secret_access_key.reveal(exit, answer.receipt())) {
        Ok(()) => Ok(access_key_id),
        Err(error) => Err(Undelivered::File { access_key_id, error }),
    }
}

/// Writes the `[default]` profile, mode 0600. The secret goes from the receipt to the file and nowhere else.
fn write(file: &Path, access_key_id: &str, secret: &[u8]) -> Result<(), FileError> {
    let mut text = format!("[default]\n{}\naws_secret_access_key = ", id_line(access_key_id)).into_bytes();
    // Room for all of it: what grows is moved, and what is moved leaves a copy behind.
    text.reserve_exact(secret.len() + 1);
    text.extend_from_slice(secret);
    text.push(b'\n');
    let written = data_dir::write_new(file, &text);
    // What is left in memory is overwritten before it is given back.
    text.fill(0);
    std::hint::black_box(&text);
    written
}

fn id_line(access_key_id: &str) -> String {
    format!("aws_access_key_id = {access_key_id}")
}
