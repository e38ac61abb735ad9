//! The canonical request, and the string to sign made of it.

use super::presigned::{SECURITY_TOKEN, SIGNATURE};
use super::scope::Scope;
use super::stamp::Stamp;
use super::{ALGORITHM, Head, Parameters, Payload, Refused, Rules, SignedHeaders, TokenRule, path};

/// What a canonical request is made of.
pub(super) struct Request<'a> {
    pub head: &'a Head<'a>,
    pub parameters: &'a Parameters<'a>,
    pub signed_headers: &'a SignedHeaders,
    pub payload: &'a Payload,
}

pub(super) struct Strings {
    pub first: String,
    pub second: Option<String>,
    pub canonical_request: Vec<u8>,
}

impl Request<'_> {
    pub fn strings_to_sign(&self, stamp: &Stamp, scope: &Scope, rules: &Rules<'_>) -> Result<Strings, Refused> {
        let forms = path::forms(self.head.raw_path, rules.path)?;
        let mut canonical_request = self.start(&forms.first);
        let below_path = canonical_request.len();
        self.write_below_path(rules, &mut canonical_request)?;
        let second = forms.second.map(|form| {
            let mut request = self.start(&form);
            request.extend_from_slice(canonical_request.get(below_path..).unwrap_or_default());
            string_to_sign(&request, stamp, scope)
        });
        Ok(Strings { first: string_to_sign(&canonical_request, stamp, scope), second, canonical_request })
    }

    fn start(&self, path: &[u8]) -> Vec<u8> {
        /// More than the typical call of an SDK needs, so that it is allocated once.
        const TYPICAL_BYTES: usize = 1024;
        let mut out = Vec::with_capacity(TYPICAL_BYTES);
        out.extend_from_slice(self.head.method.as_bytes());
        out.push(b'\n');
        out.extend_from_slice(path);
        out.push(b'\n');
        out
    }

    fn write_below_path(&self, rules: &Rules<'_>, out: &mut Vec<u8>) -> Result<(), Refused> {
        let appended = rules.token == TokenRule::Appended;
        let left_out = |name: &[u8]| name == SIGNATURE.as_bytes() || appended && name == SECURITY_TOKEN.as_bytes();
        self.parameters.write_canonical(left_out, out);
        out.push(b'\n');
        self.signed_headers.write_canonical(self.head, out)?;
        out.push(b'\n');
        out.extend_from_slice(self.signed_headers.as_str().as_bytes());
        out.push(b'\n');
        self.payload.write(out);
        Ok(())
    }
}

/// A hash in lower-case hexadecimal.
pub(super) fn hex(hash: &[u8; 32]) -> [u8; 64] {
    let mut text = [0; 64];
    let (pairs, _) = text.as_chunks_mut::<2>();
    for (pair, byte) in pairs.iter_mut().zip(hash) {
        *pair = [lower_digit(byte >> 4), lower_digit(byte & 0xf)];
    }
    text
}

/// Reads 64 lower-case hexadecimal digits.
pub(super) fn from_hex(text: &[u8]) -> Option<[u8; 32]> {
    let value = |digit: &u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; 32];
    let (pairs, rest) = text.as_chunks::<2>();
    if pairs.len() != bytes.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = value(high)? << 4 | value(low)?;
    }
    Some(bytes)
}

fn string_to_sign(canonical_request: &[u8], stamp: &Stamp, scope: &Scope) -> String {
    /// The algorithm, the time, the scope and the hash, in their usual lengths.
    const TYPICAL_BYTES: usize = 160;
    let mut out = String::with_capacity(TYPICAL_BYTES);
    out.push_str(ALGORITHM);
    out.push('\n');
    out.push_str(stamp.as_str());
    out.push('\n');
    scope.write(&mut out);
    out.push('\n');
    out.extend(hex(&cipher::sha256(canonical_request)).map(char::from));
    out
}

fn lower_digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'a' + (value - 10) }
}
