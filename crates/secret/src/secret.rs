//! Bytes that only proofs open.

use crate::{Exit, Opener, Receipt};
use std::sync::Arc;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// Bytes without `Debug`, `Display`, `Clone`, `PartialEq` or any serialization. They are erased when the last handle is dropped.
pub struct Secret {
    bytes: Arc<Erased>,
}

impl Secret {
    /// `length_bytes` bytes, written in place by `fill`, so that no copy of them lies anywhere else.
    pub fn fill(length_bytes: usize, fill: impl FnOnce(&mut [u8])) -> Self {
        let mut bytes = vec![0; length_bytes].into_boxed_slice();
        fill(&mut bytes);
        Self { bytes: Arc::new(Erased(bytes)) }
    }

    /// As [`Secret::fill`], where filling may fail; what was written by then is erased.
    pub fn try_fill<E>(length_bytes: usize, fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut bytes = Erased(vec![0; length_bytes].into_boxed_slice());
        fill(&mut bytes.0)?;
        Ok(Self { bytes: Arc::new(bytes) })
    }

    /// Takes bytes that are already in memory. Their spare capacity is given up first, which may leave a copy: prefer [`Secret::fill`].
    pub fn from_vec(bytes: Vec<u8>) -> Self {
        Self { bytes: Arc::new(Erased(bytes.into_boxed_slice())) }
    }

    /// The length in bytes. It is not a secret: ciphertexts tell it.
    pub fn len(&self) -> usize {
        self.bytes.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.0.is_empty()
    }

    /// Another handle to the same memory, not a copy.
    pub fn share(&self) -> Self {
        Self { bytes: Arc::clone(&self.bytes) }
    }

    /// Equality in a time that depends on the lengths only.
    pub fn same(&self, other: &Self) -> bool {
        self.bytes.0.ct_eq(&other.bytes.0).into()
    }

    /// The bytes, for computing.
    pub fn open(&self, _: &Opener) -> &[u8] {
        &self.bytes.0
    }

    /// The bytes, for leaving the house.
    pub fn reveal(&self, _: &Exit, _: &Receipt) -> &[u8] {
        &self.bytes.0
    }
}

struct Erased(Box<[u8]>);

impl Drop for Erased {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_shares_its_memory() {
        let one = Secret::fill(4, |bytes| bytes.copy_from_slice(b"kagi"));
        let two = one.share();
        assert!(Arc::ptr_eq(&one.bytes, &two.bytes));
        assert!(one.same(&two));
    }

    #[test]
    fn equality_sees_each_byte_and_the_length() {
        let secret = Secret::from_vec(b"kagiban".to_vec());
        assert!(secret.same(&Secret::from_vec(b"kagiban".to_vec())));
        assert!(!secret.same(&Secret::from_vec(b"kagibam".to_vec())));
        assert!(!secret.same(&Secret::from_vec(b"kagiba".to_vec())));
    }

    #[test]
    fn a_filling_that_fails_yields_nothing() {
        let failed = Secret::try_fill(4, |_| Err::<(), _>("no randomness"));
        assert_eq!(failed.err(), Some("no randomness"));
    }
}
