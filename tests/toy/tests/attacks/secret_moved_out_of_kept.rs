//! A secret, moved out of what another service answered.

use kernel::Kept;

fn take(kept: &Kept<shapes_toy::ReadNoteOutput>) -> secret::Secret {
    kept.note
}

fn main() {}
