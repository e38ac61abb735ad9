//! Base64 as AWS's protocols use it: the standard alphabet with padding (RFC 4648, section 4), nothing looser.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secret::Secret;
use shape::Malformed;

pub(crate) fn decode(text: &str) -> Result<Vec<u8>, Malformed> {
    STANDARD.decode(text).map_err(|_| Malformed::Base64)
}

/// Decodes into the secret's own memory.
pub(crate) fn decode_secret(text: &str) -> Result<Secret, Malformed> {
    let padding = text.bytes().rev().take_while(|byte| *byte == b'=').count();
    if !text.len().is_multiple_of(4) || padding > 2 {
        return Err(Malformed::Base64);
    }
    let length = (text.len() / 4 * 3).saturating_sub(padding);
    Secret::try_fill(length, |bytes| match STANDARD.decode_slice(text, bytes) {
        Ok(written) if written == length => Ok(()),
        _ => Err(Malformed::Base64),
    })
}

/// Appends the base64 of `bytes` to `out`, with no copy between.
pub(crate) fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let written = out.get_mut(start..).and_then(|space| STANDARD.encode_slice(bytes, space).ok());
    assert_eq!(written.map(|written| start + written), Some(out.len()), "base64 has a length that is known beforehand");
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn secrets_and_blobs_are_read_alike() {
        for length in 0..70_usize {
            let bytes: Vec<u8> = (0..length).map(|at| (at * 37 + length) as u8).collect();
            let mut text = b"x".to_vec();
            encode(&bytes, &mut text);
            let text = std::str::from_utf8(&text).unwrap().strip_prefix('x').unwrap().to_owned();
            assert_eq!(decode(&text).unwrap(), bytes);
            assert!(decode_secret(&text).unwrap().same(&Secret::from_vec(bytes)));
        }
    }

    #[test]
    fn looser_forms_are_refused() {
        for wrong in ["Zg", "Zg=", "Zh==", "Zg==Zg==", "Zm9v\n", "Zm-_", "=", "====", "Z===", " Zm9v"] {
            assert_eq!(decode(wrong), Err(Malformed::Base64), "{wrong}");
            assert_eq!(decode_secret(wrong).err(), Some(Malformed::Base64), "{wrong}");
        }
    }
}
