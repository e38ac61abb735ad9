//! A second mint.

use secret::Mint;

fn forge() -> Mint {
    Mint(())
}

fn main() {}
