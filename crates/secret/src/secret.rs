//! Bytes that only proofs open.

use crate::{Exit, Opener, Receipt};
use locked::{SLOT_BYTES, Slot};
use std::sync::Arc;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// Bytes without `Debug`, `Display`, `Clone`, `PartialEq` or any serialization. They are erased when the last handle is dropped. Those of
/// [`SLOT_BYTES`] and fewer, every key among them, lie in memory that no dump shows ([`locked`]).
pub struct Secret {
    bytes: Arc<Erased>,
}

impl Secret {
    /// `length_bytes` bytes, written in place by `fill`, so that no copy of them lies anywhere else.
    pub fn fill(length_bytes: usize, fill: impl FnOnce(&mut [u8])) -> Self {
        let mut bytes = Erased::empty(length_bytes);
        fill(bytes.room());
        Self { bytes: Arc::new(bytes) }
    }

    /// As [`Secret::fill`], where filling may fail; what was written by then is erased.
    pub fn try_fill<E>(length_bytes: usize, fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut bytes = Erased::empty(length_bytes);
        fill(bytes.room())?;
        Ok(Self { bytes: Arc::new(bytes) })
    }

    /// Takes bytes that are already in memory, and erases them there, unless they stay where they are.
    pub fn from_vec(mut bytes: Vec<u8>) -> Self {
        // A key moves to where keys lie, and what has spare capacity would be copied by giving it up.
        if bytes.len() > SLOT_BYTES && bytes.len() == bytes.capacity() {
            return Self { bytes: Arc::new(Erased::Heap(bytes.into_boxed_slice())) };
        }
        let secret = Self::fill(bytes.len(), |room| room.copy_from_slice(&bytes));
        bytes.zeroize();
        secret
    }

    /// The length in bytes. It is not a secret: ciphertexts tell it.
    pub fn len(&self) -> usize {
        self.bytes.bytes().len()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.bytes().is_empty()
    }

    /// Another handle to the same memory, not a copy.
    pub fn share(&self) -> Self {
        Self { bytes: Arc::clone(&self.bytes) }
    }

    /// Equality in a time that depends on the lengths only.
    pub fn same(&self, other: &Self) -> bool {
        self.bytes.bytes().ct_eq(other.bytes.bytes()).into()
    }

    /// The bytes, for computing.
    pub fn open(&self, _: &Opener) -> &[u8] {
        self.bytes.bytes()
    }

    /// The bytes, for leaving the house.
    pub fn reveal(&self, _: &Exit, _: &Receipt) -> &[u8] {
        self.bytes.bytes()
    }
}

/// Keys, and all else that is short, lie in a slot of locked memory; what is longer, or came when all slots were taken, on the heap.
enum Erased {
    Slot(Slot),
    Heap(Box<[u8]>),
}

impl Erased {
    fn empty(length_bytes: usize) -> Self {
        Slot::take(length_bytes).map_or_else(|| Self::Heap(vec![0; length_bytes].into_boxed_slice()), Self::Slot)
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Slot(slot) => slot.bytes(),
            Self::Heap(bytes) => bytes,
        }
    }

    fn room(&mut self) -> &mut [u8] {
        match self {
            Self::Slot(slot) => slot.bytes_mut(),
            Self::Heap(bytes) => bytes,
        }
    }
}

impl Drop for Erased {
    fn drop(&mut self) {
        // A slot erases itself.
        if let Self::Heap(bytes) = self {
            bytes.zeroize();
        }
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
    fn bytes_move_in_whatever_their_length_and_spare_capacity() {
        for length in [0, 1, SLOT_BYTES, SLOT_BYTES + 1, 5000] {
            for spare in [0, 100] {
                let mut bytes = Vec::with_capacity(length + spare);
                bytes.extend((0..length).map(|byte| byte as u8));
                let secret = Secret::from_vec(bytes.clone());
                assert_eq!(secret.bytes.bytes(), bytes);
                assert_eq!(matches!(*secret.bytes, Erased::Slot(_)), length <= SLOT_BYTES);
            }
        }
    }

    #[test]
    fn a_filling_that_fails_yields_nothing() {
        let failed = Secret::try_fill(4, |_| Err::<(), _>("no randomness"));
        assert_eq!(failed.err(), Some("no randomness"));
    }
}
