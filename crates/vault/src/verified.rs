//! Verify after wrap: what has been sealed is opened again, from the very bytes that are about to be handed out.
//!
//! A bit that flips between sealing and sending costs all that is ever sealed under the wrapped key, and nobody would notice until it is
//! wanted. The XKS proxy specification prescribes the same check for the same reason.

use crate::VaultError;
use secret::Secret;

/// Sealed bytes that nobody has opened yet. They can only be verified.
pub(crate) struct Unverified(Vec<u8>);

/// Sealed bytes that were opened and gave what had been put in.
pub(crate) struct Verified(Vec<u8>);

impl Unverified {
    pub(crate) fn new(sealed: Vec<u8>) -> Self {
        Self(sealed)
    }

    /// `open` must be the way in which the bytes will be opened later.
    pub(crate) fn verify<E>(
        self,
        original: &Secret,
        open: impl FnOnce(&[u8]) -> Result<Secret, E>,
    ) -> Result<Verified, VaultError> {
        let opened = open(&self.0).map_err(|_| VaultError::Miswrapped)?;
        if opened.same(original) { Ok(Verified(self.0)) } else { Err(VaultError::Miswrapped) }
    }

    #[cfg(test)]
    pub(crate) fn bend(mut self, bit: usize) -> Self {
        if let Some(byte) = self.0.get_mut(bit / 8) {
            *byte ^= 1 << (bit % 8);
        }
        self
    }

    #[cfg(test)]
    pub(crate) fn bits(&self) -> usize {
        self.0.len() * 8
    }
}

impl Verified {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}
