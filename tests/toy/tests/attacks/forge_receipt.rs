//! The proof of a record, written down.

use secret::Receipt;

fn forge() -> Receipt {
    Receipt { sequence: 1 }
}

fn main() {}
