//! Fuzzes the reading of SigV4 claims.
#![no_main]

#[path = "../src/sigv4.rs"]
mod sigv4;
#[path = "../src/sketch.rs"]
mod sketch;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sigv4::probe(bytes);
});
