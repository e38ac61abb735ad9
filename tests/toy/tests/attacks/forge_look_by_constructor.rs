//! A look at everything instead of at the target.

use kernel::Look;

fn forge() -> Look<'static> {
    Look::everything()
}

fn main() {}
