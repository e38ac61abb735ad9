//! A finding that nobody has found.

use kernel::{Found, Target};
use toy::Chest;

fn forge(seen: <Chest as Target>::Seen) -> Found<Chest> {
    Found { seen }
}

fn main() {}
