//! The vault, reached for by a crate that does not depend on it.

fn reach(_: &dyn vault::Vault) {}

fn main() {}
