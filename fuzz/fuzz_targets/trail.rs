//! Fuzzes the trail as it lies on the disk: rows reordered, cut, doubled, changed, linked anew; and the postings of its index.
#![no_main]

#[path = "../src/trail.rs"]
mod probe;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    probe::probe(bytes);
});
