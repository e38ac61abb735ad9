//! Replays the committed corpora of the fuzz targets, and bytes at random.

use crate::replay::replay;
use proptest::prelude::*;

#[test]
fn the_corpora_hold() {
    let json = |bytes: &[u8]| {
        crate::fuzz_json::probe(bytes);
        usize::from(crate::fuzz_json::verdict(bytes) == crate::fuzz_json::Verdict::Accepted)
    };
    assert_eq!(replay("json", json), (7, 17));
    assert_eq!(replay("cbor", |bytes| usize::from(crate::fuzz_cbor::probe(bytes))), (5, 20));
    assert_eq!(replay("query", |bytes| usize::from(crate::fuzz_query::probe(bytes))), (10, 13));
}

const GOOD_CBOR: &[u8] = include_bytes!("../../../../fuzz/corpus/cbor/kitchen");
const GOOD_QUERY: &[u8] = include_bytes!("../../../../fuzz/corpus/query/kitchen");
const GOOD_JSON: &[u8] = include_bytes!("../../../../fuzz/corpus/json/kitchen");

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_at_random_hold(bytes in any::<Vec<u8>>()) {
        crate::fuzz_json::probe(&bytes);
        crate::fuzz_cbor::probe(&bytes);
        crate::fuzz_query::probe(&bytes);
    }

    /// Good bodies with one stretch replaced.
    #[test]
    fn damaged_bodies_hold(at in any::<prop::sample::Index>(), length in 0..6_usize, bytes in prop::collection::vec(any::<u8>(), 0..6)) {
        let damaged = |good: &[u8]| {
            let at = at.index(good.len());
            let mut damaged = good.to_vec();
            damaged.splice(at..(at + length).min(good.len()), bytes.iter().copied());
            damaged
        };
        crate::fuzz_json::probe(&damaged(GOOD_JSON));
        crate::fuzz_cbor::probe(&damaged(GOOD_CBOR));
        crate::fuzz_query::probe(&damaged(GOOD_QUERY));
    }
}

#[test]
fn the_kitchens_are_accepted() {
    assert_eq!(crate::fuzz_json::verdict(GOOD_JSON), crate::fuzz_json::Verdict::Accepted);
    assert!(crate::fuzz_cbor::probe(GOOD_CBOR));
    assert!(crate::fuzz_query::probe(GOOD_QUERY));
}
