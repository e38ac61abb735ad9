//! What chance decides. One seed gives one sequence.

use std::sync::atomic::{AtomicU64, Ordering};

/// SplitMix64 <https://prng.di.unimi.it/splitmix64.c>.
pub struct Dice(AtomicU64);

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Dice {
    pub fn new(seed: u64) -> Self {
        // Neighbours must not walk the same path some steps apart.
        Self(AtomicU64::new(mixed(seed.wrapping_add(STEP))))
    }

    fn draw(&self) -> u64 {
        let state = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        mixed(state)
    }

    /// A number below `bound`, which is not zero.
    pub fn below(&self, bound: u64) -> u64 {
        self.draw() % bound
    }

    /// Whether something happens that happens `times` times in a thousand.
    pub fn permille(&self, times: u64) -> bool {
        self.below(1_000) < times
    }

    /// One of them; nothing if there is none.
    pub fn pick<T>(&self, mut from: impl ExactSizeIterator<Item = T>) -> Option<T> {
        let count = u64::try_from(from.len()).unwrap();
        if count == 0 { None } else { from.nth(usize::try_from(self.below(count)).unwrap()) }
    }
}

fn mixed(state: u64) -> u64 {
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
