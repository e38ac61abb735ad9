//! Replays the committed corpus of the fuzz target, and bytes at random.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::probe::probe;

#[test]
fn the_corpus_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/sigv4");
    let mut files = 0;
    let mut claims = 0;
    for entry in fs::read_dir(folder).unwrap() {
        claims += probe(&fs::read(entry.unwrap().path()).unwrap());
        files += 1;
    }
    assert!(files >= 20, "{files} files");
    assert!(claims >= 12, "the corpus reaches whole claims: {claims}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_at_random_hold(bytes in any::<Vec<u8>>()) {
        probe(&bytes);
    }

    /// A good request with one stretch replaced.
    #[test]
    fn damaged_requests_hold(
        at in 0..1000_usize,
        length in 0..8_usize,
        bytes in proptest::collection::vec(any::<u8>(), 0..8),
    ) {
        for good in [&include_bytes!("../../../../fuzz/corpus/sigv4/post-sts-header-before-header")[..],
                     &include_bytes!("../../../../fuzz/corpus/sigv4/post-sts-header-before-query")[..]] {
            let at = at % good.len();
            let mut damaged = good.to_vec();
            damaged.splice(at..(at + length).min(good.len()), bytes.iter().copied());
            probe(&damaged);
        }
    }
}
