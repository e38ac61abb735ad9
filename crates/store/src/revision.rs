//! The revision of a row: a random number, so that none is ever met again, not even after a row was deleted and made
//! anew.

use cipher::{Entropy, NoEntropy};
use std::num::NonZeroU64;

/// A non-zero number of 63 bits (SQLite's and PostgreSQL's integers are signed), drawn anew for each write.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Revision(NonZeroU64);

impl Revision {
    pub fn draw(entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        loop {
            let mut bytes = [0; 8];
            entropy.fill(&mut bytes)?;
            if let Some(revision) = Self::from_number(u64::from_be_bytes(bytes) >> 1) {
                return Ok(revision);
            }
        }
    }

    /// Reads what [`Revision::number`] wrote; zero and numbers of 64 bits are none.
    pub fn from_number(number: u64) -> Option<Self> {
        NonZeroU64::new(number).filter(|number| number.get() <= i64::MAX as u64).map(Self)
    }

    pub fn number(self) -> u64 {
        self.0.get()
    }
}
