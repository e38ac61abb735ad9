//! Signature Version 4 in its shortest form, for both ends: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>.
//!
//! It is written apart from `wire`, so that neither generator nor floor shares a line with what is measured.

use aws_lc_rs::{constant_time, digest, hmac};
use std::cell::RefCell;
use std::fmt::Write;

pub const REGION: &str = "ap-northeast-1";
const SERVICE: &str = "kms";
/// What the AWS SDKs sign of a request to KMS.
pub const SIGNED_HEADERS: &str = "content-type;host;x-amz-date;x-amz-target";

/// An access key, with the signing key of the day.
pub struct Credential {
    pub access_key_id: String,
    secret: String,
    of_day: RefCell<Option<(String, hmac::Key)>>,
}

impl Credential {
    pub fn new(access_key_id: String, secret: String) -> Self {
        Self { access_key_id, secret, of_day: RefCell::default() }
    }

    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The signature of a canonical request, as raw bytes. `date` is `20261124`, `time` `20261124T120000Z`.
    pub fn sign(&self, date: &str, time: &str, canonical: &[u8]) -> [u8; 32] {
        let mut string = String::with_capacity(160);
        write!(string, "AWS4-HMAC-SHA256\n{time}\n{date}/{REGION}/{SERVICE}/aws4_request\n").unwrap();
        push_hex(&mut string, digest::digest(&digest::SHA256, canonical).as_ref());
        let mut of_day = self.of_day.borrow_mut();
        if of_day.as_ref().is_none_or(|(day, _)| day != date) {
            *of_day = Some((date.to_owned(), self.derive(date)));
        }
        let (_, key) = of_day.as_ref().unwrap();
        hmac::sign(key, string.as_bytes()).as_ref().try_into().unwrap()
    }

    /// Compares in constant time.
    pub fn is_signature(&self, date: &str, time: &str, canonical: &[u8], signature: &[u8]) -> bool {
        constant_time::verify_slices_are_equal(&self.sign(date, time, canonical), signature).is_ok()
    }

    fn derive(&self, date: &str) -> hmac::Key {
        let key = |bytes: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let first = key(format!("AWS4{}", self.secret).as_bytes());
        let step = |from: hmac::Key, part: &str| key(hmac::sign(&from, part.as_bytes()).as_ref());
        [date, REGION, SERVICE, "aws4_request"].into_iter().fold(first, step)
    }
}

/// `POST /` with the four signed headers; `values` in their order.
pub fn canonical(values: [&str; 4], body: &[u8]) -> Vec<u8> {
    let [content_type, host, date, target] = values;
    let mut canonical = String::with_capacity(512);
    write!(
        canonical,
        "POST\n/\n\ncontent-type:{content_type}\nhost:{host}\nx-amz-date:{date}\nx-amz-target:{target}\n\n{SIGNED_HEADERS}\n"
    )
    .unwrap();
    push_hex(&mut canonical, digest::digest(&digest::SHA256, body).as_ref());
    canonical.into_bytes()
}

pub fn push_hex(out: &mut String, bytes: &[u8]) {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or('0');
    for byte in bytes {
        out.push(digit(byte >> 4));
        out.push(digit(byte & 15));
    }
}

pub fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != bytes.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// That the signatures are AWS's is seen at each run: the house accepts them.
    #[test]
    fn both_ends_agree_and_a_changed_byte_does_not() {
        let credential = Credential::new("AKIDEXAMPLE".into(), "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into());
        let canonical = canonical(["application/x-amz-json-1.1", "h", "20261124T120000Z", "t"], b"{}");
        let signature = credential.sign("20261124", "20261124T120000Z", &canonical);
        let mut text = String::new();
        push_hex(&mut text, &signature);
        assert_eq!(from_hex(&text), Some(signature));
        assert!(credential.is_signature("20261124", "20261124T120000Z", &canonical, &signature));
        assert!(!credential.is_signature("20261125", "20261124T120000Z", &canonical, &signature));
        let other = self::canonical(["application/x-amz-json-1.1", "h", "20261124T120000Z", "t"], b"{ }");
        assert!(!credential.is_signature("20261124", "20261124T120000Z", &other, &signature));
    }
}
