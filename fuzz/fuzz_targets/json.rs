//! Fuzzes the reader and the writer of JSON.
#![no_main]

#[path = "../src/json.rs"]
mod json;
#[path = "../src/keys.rs"]
mod keys;
#[path = "../src/kitchen.rs"]
mod kitchen;
#[path = "../src/tree.rs"]
mod tree;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    json::probe(bytes);
});
