//! The three keys that are cut once at boot, and the cutting.

use std::sync::OnceLock;

/// Makes proofs: [`crate::Receipt`] and [`crate::Allowed`]. Only the gate holds it.
pub struct Mint(());

/// Opens secrets for computing. Only `cipher` and `vault` hold it.
pub struct Opener(());

/// Opens secrets for leaving the house, together with a [`crate::Receipt`]. Only the edge (`server`, `drivers`) holds it.
pub struct Exit(());

/// The set that [`cut_keys`] hands out.
pub struct Keys {
    pub mint: Mint,
    pub opener: Opener,
    pub exit: Exit,
}

static KEYS: OnceLock<Keys> = OnceLock::new();

/// Cuts the keys of this process. The first call gets them, every later one gets `None`: nobody can cut a second set.
pub fn cut_keys() -> Option<&'static Keys> {
    let mut first = false;
    let keys = KEYS.get_or_init(|| {
        first = true;
        Keys { mint: Mint(()), opener: Opener(()), exit: Exit(()) }
    });
    first.then_some(keys)
}
