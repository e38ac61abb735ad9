//! The proof that this box was judged, written down.

use secret::Allowed;
use toy::Chest;

fn forge(chest: &Chest) -> Allowed<'_, Chest> {
    Allowed { thing: chest }
}

fn main() {}
