//! Fuzzes the readers of ARNs, key references, account ids, Regions and times.
#![no_main]

#[path = "../src/arn.rs"]
mod probe;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    probe::probe(bytes);
});
