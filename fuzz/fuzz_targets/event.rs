//! Fuzzes events of the trail against a naive reader.
#![no_main]

#[path = "../src/event.rs"]
mod probe;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    probe::probe(bytes);
});
