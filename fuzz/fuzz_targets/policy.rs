//! Fuzzes the reader of policy documents.
#![no_main]

#[path = "../src/policy.rs"]
mod probe;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    probe::probe(bytes);
});
