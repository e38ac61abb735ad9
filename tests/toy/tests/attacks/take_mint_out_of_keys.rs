//! The mint taken out of the set.

use secret::{Keys, Mint};

fn take(keys: &'static Keys) -> Mint {
    keys.mint
}

fn main() {}
