//! Demands of nothing, by a constructor.

use kernel::Demands;

fn demand() -> Demands {
    Demands::new()
}

fn main() {}
