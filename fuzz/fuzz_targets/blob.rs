//! Fuzzes the formats of the vault: ciphertexts, marks of heads, wrapped records, the keyring file.
#![no_main]

#[path = "../src/blob.rs"]
mod probe;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    probe::probe(bytes);
});
