//! The proof that a box was judged, kept for later calls.

use kernel::Authorized;
use secret::Allowed;
use toy::{Chest, ReadNote};

fn keep(call: &Authorized<'_, ReadNote>) -> Allowed<'static, Chest> {
    call.target()
}

fn main() {}
