//! The proofs of this process: they are cut once, so all tests of one process share them.

use secret::{Keys, Receipt};
use std::sync::OnceLock;

#[expect(clippy::disallowed_methods, reason = "a process of tests is a house of its own and cuts its own keys")]
pub fn keys() -> &'static Keys {
    static KEYS: OnceLock<Option<&'static Keys>> = OnceLock::new();
    KEYS.get_or_init(secret::cut_keys).unwrap()
}

pub fn receipt() -> Receipt {
    Receipt::assertion(&keys().mint, 1)
}
