//! The proof that the record of a call is durable.

use crate::Mint;

/// Made from the place that the call's record has on the trail, after the commit and by nobody but the holder of the [`Mint`].
pub struct Receipt {
    sequence: u64,
}

impl Receipt {
    /// The record at `sequence` is durable.
    pub fn assertion(_: &Mint, sequence: u64) -> Self {
        Self { sequence }
    }

    /// The place of the record on the trail, counted from 1.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }
}
