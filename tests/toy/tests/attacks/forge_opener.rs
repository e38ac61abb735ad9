//! A second opener.

use secret::Opener;

fn forge() -> Opener {
    Opener(())
}

fn main() {}
