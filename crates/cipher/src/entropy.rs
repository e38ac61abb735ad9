//! Where random bytes come from. The program hands in the system's generator, a simulation its own.

use crate::derive::kbkdf;
use aws_lc_rs::rand;
use std::sync::atomic::{AtomicU64, Ordering};

/// A source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills all of `bytes`. After an error their content means nothing.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy>;
}

/// The source of random bytes failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no random bytes could be had")]
pub struct NoEntropy;

/// AWS-LC's generator: CTR_DRBG with AES-256 (SP 800-90A), seeded and reseeded from the operating system.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        rand::fill(bytes).map_err(|_| NoEntropy)
    }
}

/// A stream that whoever knows the seed can compute: for simulations and tests, where one seed must give one history.
pub struct DangerSeededEntropy {
    seed: [u8; 32],
    calls: AtomicU64,
}

impl DangerSeededEntropy {
    pub fn new(seed: u64) -> Self {
        Self { seed: crate::sha256(&seed.to_be_bytes()), calls: AtomicU64::new(0) }
    }
}

impl Entropy for DangerSeededEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        if bytes.is_empty() {
            return Ok(());
        }
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        kbkdf(&self.seed, "kagiban/danger-seeded-entropy", &call.to_be_bytes(), bytes).map_err(|_| NoEntropy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(source: &dyn Entropy) -> Vec<u8> {
        let mut bytes = vec![0; 40];
        assert_eq!(source.fill(&mut bytes), Ok(()));
        bytes
    }

    #[test]
    fn one_seed_gives_one_history() {
        let (one, two) = (DangerSeededEntropy::new(7), DangerSeededEntropy::new(7));
        let first = draw(&one);
        assert_eq!(first, draw(&two));
        assert_eq!(draw(&one), draw(&two));
        assert_ne!(draw(&one), first);
        assert_ne!(draw(&DangerSeededEntropy::new(8)), first);
    }

    #[test]
    fn the_system_does_not_repeat_itself() {
        assert_ne!(draw(&SystemEntropy), draw(&SystemEntropy));
        assert_eq!(SystemEntropy.fill(&mut []), Ok(()));
    }
}
