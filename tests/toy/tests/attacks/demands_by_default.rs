//! Demands of nothing, by default.

use kernel::Demands;

fn demand() -> Demands {
    Demands::default()
}

fn main() {}
