//! What chance decides. One seed gives one sequence.

/// SplitMix64 <https://prng.di.unimi.it/splitmix64.c>.
pub struct Dice(u64);

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Dice {
    pub fn new(seed: u64) -> Self {
        // Neighbours must not walk the same path some steps apart.
        Self(mixed(seed.wrapping_add(STEP)))
    }

    /// A number below `bound`, which is not zero.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(STEP);
        usize::try_from(mixed(self.0) >> 33).unwrap() % bound
    }

    /// Whether something happens that happens `times` times in a hundred.
    pub fn percent(&mut self, times: usize) -> bool {
        self.below(100) < times
    }

    /// One of them. There must be one.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// One to `most` of them; the same one may come twice.
    pub fn some<T: Clone>(&mut self, from: &[T], most: usize) -> Vec<T> {
        (0..=self.below(most)).map(|_| self.pick(from).clone()).collect()
    }
}

fn mixed(state: u64) -> u64 {
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
