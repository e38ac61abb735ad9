//! Replays the committed corpus of a fuzz target, and each file of it damaged. The crate that owns what is fuzzed includes it in a test.

use std::path::Path;
use std::time::{Duration, Instant};

/// As in the fuzzer: what takes longer has hung.
const HANG: Duration = Duration::from_secs(1);

/// How many files of the corpus `probe` gets something out of, and how many there are.
pub fn replay(target: &str, probe: impl Fn(&[u8]) -> usize) -> (usize, usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let (mut reached, mut files) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let began = Instant::now();
        reached += usize::from(probe(&bytes) > 0);
        assert!(began.elapsed() < HANG, "{path:?}");
        files += 1;
        damage(&bytes, &probe);
    }
    (reached, files)
}

/// Every so often a byte is taken away, doubled, or replaced.
fn damage(good: &[u8], probe: impl Fn(&[u8]) -> usize) {
    let step = (good.len() / 64).max(1);
    for at in (0..good.len()).step_by(step) {
        let (before, from) = good.split_at(at);
        probe(&[before, &from[1..]].concat());
        probe(&[before, &from[..1], from].concat());
        probe(&[before, &[from[0] ^ 1], &from[1..]].concat());
        probe(before);
    }
}
