//! A finding that nobody has found, by the name of the constructor.

use kernel::{Found, Target};
use toy::Chest;

fn forge(seen: <Chest as Target>::Seen) -> Found<Chest> {
    Found::of(seen)
}

fn main() {}
