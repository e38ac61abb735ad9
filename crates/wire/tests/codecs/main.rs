//! The codecs from outside: AWS's protocol vectors, comparison with other implementations, round trips, the corpus of the fuzzers.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests read their corpus from files, cut the keys and look at the clock"
)]

mod corpus;
mod differential;
#[path = "../../../../fuzz/src/cbor.rs"]
mod fuzz_cbor;
#[path = "../../../../fuzz/src/json.rs"]
mod fuzz_json;
#[path = "../../../../fuzz/src/query.rs"]
mod fuzz_query;
#[path = "../../../../fuzz/src/keys.rs"]
mod keys;
#[path = "../../../../fuzz/src/kitchen.rs"]
mod kitchen;
mod limits;
mod models;
#[path = "../../../../fuzz/src/replay.rs"]
mod replay;
mod roundtrip;
mod speed;
#[path = "../../../../fuzz/src/tree.rs"]
mod tree;
mod types;
mod vectors;
mod xml;
