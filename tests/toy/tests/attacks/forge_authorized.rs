//! A proof to act, written down.

use kernel::{Authorized, Found};
use toy::{Chest, ReadNote};

fn forge<'a>(input: &'a shapes_toy::ReadNoteInput, target: &'a Found<Chest>) -> Authorized<'a, ReadNote> {
    Authorized { input, target, parts: unreachable!() }
}

fn main() {}
