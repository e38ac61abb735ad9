//! Fuzzes the reader of the query protocol.
#![no_main]

#[path = "../src/query.rs"]
mod query;
#[path = "../src/keys.rs"]
#[expect(dead_code, reason = "nothing is written here, so nothing needs a receipt")]
mod keys;
#[path = "../src/kitchen.rs"]
mod kitchen;
#[path = "../src/tree.rs"]
mod tree;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    query::probe(bytes);
});
