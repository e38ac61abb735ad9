//! A reply, opened by somebody who is not the edge.

use kernel::{Opened, Recorded};

fn open(recorded: &Recorded) -> Opened<'_> {
    recorded.open()
}

fn main() {}
