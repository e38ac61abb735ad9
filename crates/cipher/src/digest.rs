//! SHA-256 (FIPS 180-4), HMAC-SHA-256 (FIPS 198-1), and comparison in constant time.

use aws_lc_rs::{constant_time, digest, hmac};
use secret::{Opener, Secret};

/// The SHA-256 digest of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    array(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// The HMAC-SHA-256 of `data`. What is computed under a secret key is the caller's to erase.
pub fn hmac_sha256(key: &[u8], data: &[u8]) -> [u8; 32] {
    let mac = array(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data).as_ref());
    locked::sweep();
    mac
}

/// A key that makes MACs and nothing else, made ready for many. What it is made into lies on the ordinary heap until it is dropped: that
/// is for keys that are worth nothing beyond their process.
pub struct MacKey(hmac::Key);

impl MacKey {
    pub fn new(key: &Secret, opener: &Opener) -> Self {
        let ready = hmac::Key::new(hmac::HMAC_SHA256, key.open(opener));
        locked::sweep();
        Self(ready)
    }

    /// The HMAC-SHA-256 of `data`.
    pub fn mac(&self, data: &[u8]) -> [u8; 32] {
        array(hmac::sign(&self.0, data).as_ref())
    }
}

/// Equality in a time that depends on the lengths only.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(one, other).is_ok()
}

/// SHA-256 over bytes that come in pieces.
#[derive(Clone)]
pub struct Sha256(digest::Context);

impl Sha256 {
    pub fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(self) -> [u8; 32] {
        array(self.0.finish().as_ref())
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

/// INVARIANT: every digest and tag in this file has 32 bytes, so the copy cannot meet another length.
pub(crate) fn array(bytes: &[u8]) -> [u8; 32] {
    let mut array = [0; 32];
    array.copy_from_slice(bytes);
    array
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::derive::tests::hex;

    #[test]
    fn sha256_of_fips_180() {
        let abc = hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(sha256(b"abc").to_vec(), abc);
        let mut pieces = Sha256::new();
        pieces.update(b"a");
        pieces.update(b"");
        pieces.update(b"bc");
        assert_eq!(pieces.finish().to_vec(), abc);
    }

    #[test]
    fn hmac_of_rfc_4231() {
        let mac = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(mac.to_vec(), hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    }

    #[test]
    fn equality_sees_each_byte_and_the_length() {
        assert!(same(b"", b""));
        assert!(same(b"kagi", b"kagi"));
        assert!(!same(b"kagi", b"kagh"));
        assert!(!same(b"kagi", b"kag"));
    }
}
