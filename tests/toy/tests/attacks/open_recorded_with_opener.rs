//! A reply, opened with the key for computing.

use kernel::{Opened, Recorded};

fn open<'a>(recorded: &'a Recorded, opener: &secret::Opener) -> Opened<'a> {
    recorded.open(opener)
}

fn main() {}
