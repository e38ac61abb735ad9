//! A caller whom nobody has checked.

use kernel::Caller;

fn forge() -> Caller {
    Caller { known: unreachable!(), via: unreachable!() }
}

fn main() {}
