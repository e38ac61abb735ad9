//! A mint by default.

use secret::Mint;

fn forge() -> Mint {
    Default::default()
}

fn main() {}
