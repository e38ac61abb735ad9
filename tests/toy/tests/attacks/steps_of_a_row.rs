//! The steps of another operation, taken out of its row.

use kernel::Row;

fn take(row: &'static Row) {
    let _ = row.steps;
}

fn main() {}
