//! Replays the committed corpus of the fuzz target `row`, and each file of it damaged.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "tests read their corpus from files")]

#[path = "../../../fuzz/src/row.rs"]
mod probe;

use std::path::Path;
use std::time::{Duration, Instant};

const HANG: Duration = Duration::from_secs(1);

#[test]
fn the_corpus_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/row");
    let mut accepted = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let began = Instant::now();
        accepted.push((path.file_name().unwrap().to_str().unwrap().to_owned(), probe::probe(&bytes)));
        assert!(began.elapsed() < HANG, "{path:?}");
        damage(&bytes);
    }
    accepted.sort();
    let reached = accepted.iter().filter(|(_, count)| *count > 0).count();
    assert_eq!((reached, accepted.len()), (16, 25), "{accepted:?}");
}

/// Every so often a byte is taken away, doubled, or replaced.
fn damage(good: &[u8]) {
    let step = (good.len() / 64).max(1);
    for at in (0..good.len()).step_by(step) {
        let (before, from) = good.split_at(at);
        probe::probe(&[before, &from[1..]].concat());
        probe::probe(&[before, &from[..1], from].concat());
        probe::probe(&[before, &[from[0] ^ 1], &from[1..]].concat());
        probe::probe(before);
    }
}
