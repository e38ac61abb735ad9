//! A receipt for what another service answered.

use kernel::Kept;
use secret::Receipt;

fn take(kept: &Kept<shapes_toy::ReadNoteOutput>) -> &Receipt {
    kept.receipt()
}

fn main() {}
