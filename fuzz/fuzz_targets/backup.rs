//! Fuzzes the head, the chunks and the items of backups.
#![no_main]

#[path = "../src/backup.rs"]
mod probe;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    probe::probe(bytes);
});
