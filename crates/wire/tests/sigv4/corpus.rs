//! Replays the committed corpus of the fuzz target, and bytes at random.

use super::probe::probe;
use super::replay::replay;
use proptest::prelude::*;

#[test]
fn the_corpus_holds() {
    assert_eq!(replay("sigv4", probe), (12, 21));
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
