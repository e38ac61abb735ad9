//! Fuzzes the reader and the writer of CBOR.
#![no_main]

#[path = "../src/cbor.rs"]
mod cbor;
#[path = "../src/keys.rs"]
mod keys;
#[path = "../src/kitchen.rs"]
mod kitchen;
#[path = "../src/tree.rs"]
mod tree;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cbor::probe(bytes);
});
