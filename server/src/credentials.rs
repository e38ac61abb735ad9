//! The administrator's credentials file, in the form that the AWS CLI and SDKs read:
//! <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html>.

use crate::data_dir::{self, FileError};
use std::path::Path;

/// Writes the `[default]` profile, mode 0600. The secret goes from the receipt to the file and nowhere else.
pub fn write(file: &Path, access_key_id: &str, secret: &[u8]) -> Result<(), FileError> {
    if let Some(folder) = file.parent() {
        data_dir::make_private_folder(folder)?;
    }
    let mut text = format!("[default]\naws_access_key_id = {access_key_id}\naws_secret_access_key = ").into_bytes();
    text.extend_from_slice(secret);
    text.push(b'\n');
    let written = data_dir::write(file, &text);
    // What is left in memory is overwritten before it is given back.
    text.fill(0);
    std::hint::black_box(&text);
    written
}
