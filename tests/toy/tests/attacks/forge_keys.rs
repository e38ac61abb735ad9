//! A second set of keys.

use secret::{Exit, Keys, Mint, Opener};

fn forge() -> Keys {
    Keys { mint: Mint::default(), opener: Opener::default(), exit: Exit::default() }
}

fn main() {}
