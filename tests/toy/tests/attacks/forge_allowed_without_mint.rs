//! The proof that this box was judged, by its constructor but without the mint.

use secret::Allowed;
use toy::Chest;

fn forge(chest: &Chest) -> Allowed<'_, Chest> {
    Allowed::assertion(chest)
}

fn main() {}
