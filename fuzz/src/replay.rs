//! Replays the committed corpus of a fuzz target, and each file of it damaged. The crate that owns what is fuzzed includes it in a test.
//! Each input is watched as the fuzzer watches it: for a hang, and for the memory that it takes.

use peak_alloc::PeakAlloc;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// As in the fuzzer (ci/fuzz.py): what takes longer has hung.
const HANG: Duration = Duration::from_secs(1);
/// As in the fuzzer: what one input may take of the heap.
const MEMORY_BYTES_MAX: usize = 64 << 20;

/// The heap is the whole process's: whoever runs the tests in one process watches one input at a time.
static WATCH: Mutex<()> = Mutex::new(());

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// How many files of the corpus `probe` gets something out of, and how many there are.
pub fn replay(target: &str, probe: impl Fn(&[u8]) -> usize) -> (usize, usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let (mut reached, mut files) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let name = path.display().to_string();
        reached += usize::from(watched(&name, &bytes, &probe) > 0);
        files += 1;
        damage(&bytes, |bytes| {
            watched(&name, bytes, &probe);
        });
    }
    (reached, files)
}

/// Probes, and does not let more pass than the fuzzer would.
fn watched(name: &str, bytes: &[u8], probe: impl Fn(&[u8]) -> usize) -> usize {
    let _watch = WATCH.lock().unwrap_or_else(PoisonError::into_inner);
    MEMORY.reset_peak_usage();
    let (before, began) = (MEMORY.current_usage(), Instant::now());
    let reached = probe(bytes);
    let (took, peak) = (began.elapsed(), MEMORY.peak_usage().saturating_sub(before));
    assert!(took < HANG, "{name}, or damaged: {took:?}");
    assert!(peak <= MEMORY_BYTES_MAX, "{name}, or damaged: {peak} bytes");
    reached
}

/// Every so often a byte is taken away, doubled, or replaced.
fn damage(good: &[u8], probe: impl Fn(&[u8])) {
    let step = (good.len() / 64).max(1);
    for at in (0..good.len()).step_by(step) {
        let (before, from) = good.split_at(at);
        probe(&[before, &from[1..]].concat());
        probe(&[before, &from[..1], from].concat());
        probe(&[before, &[from[0] ^ 1], &from[1..]].concat());
        probe(before);
    }
}

#[test]
#[should_panic(expected = "bytes")]
fn an_input_that_takes_too_much_memory_is_a_failure() {
    watched("greedy", b"", |_| vec![1_u8; MEMORY_BYTES_MAX + 1].len());
}

#[test]
#[should_panic(expected = "slow")]
fn an_input_that_takes_too_long_is_a_failure() {
    watched("slow", b"", |_| {
        std::thread::sleep(HANG);
        1
    });
}
