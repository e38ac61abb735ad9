//! Fuzzes the chain of uses: reordered, cut, doubled, changed, linked anew.
#![no_main]

#[path = "../src/uses.rs"]
mod probe;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    probe::probe(bytes);
});
