//! A histogram of durations: a number for each bucket, and their sum.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper ends of the buckets in microseconds: from what a warm read takes to what clients give up at.
const BUCKETS_MICROS: [u64; 14] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 10_000_000,
];

#[derive(Default)]
pub struct Histogram {
    buckets: [AtomicU64; BUCKETS_MICROS.len()],
    beyond: AtomicU64,
    micros: AtomicU64,
}

impl Histogram {
    pub fn add(&self, lasted: Duration) {
        let micros = u64::try_from(lasted.as_micros()).unwrap_or(u64::MAX);
        let place = BUCKETS_MICROS.iter().position(|end| micros <= *end);
        let bucket = place.and_then(|place| self.buckets.get(place)).unwrap_or(&self.beyond);
        bucket.fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub fn count(&self) -> u64 {
        self.told().iter().map(|(_, count)| count).sum()
    }

    /// All of them in seconds.
    pub fn seconds(&self) -> f64 {
        Duration::from_micros(self.micros.load(Ordering::Relaxed)).as_secs_f64()
    }

    /// The upper end of each bucket in seconds, and how many fell into it and not into one before.
    pub fn told(&self) -> Vec<(f64, u64)> {
        let ends = BUCKETS_MICROS.iter().map(|micros| Duration::from_micros(*micros).as_secs_f64());
        let counts = self.buckets.iter().chain([&self.beyond]).map(|count| count.load(Ordering::Relaxed));
        ends.chain([f64::MAX]).zip(counts).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_falls_into_one_bucket() {
        let histogram = Histogram::default();
        for micros in [0, 250, 251, 10_000_000, 10_000_001] {
            histogram.add(Duration::from_micros(micros));
        }
        let told: Vec<_> = histogram.told().into_iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(told, [(0.000_25, 2), (0.000_5, 1), (10.0, 1), (f64::MAX, 1)]);
        assert_eq!((histogram.count(), histogram.seconds()), (5, 20.000_502));
    }
}
