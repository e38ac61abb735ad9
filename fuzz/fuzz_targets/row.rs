//! Fuzzes keys of tables, records and events.
#![no_main]

#[path = "../src/row.rs"]
mod probe;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    probe::probe(bytes);
});
