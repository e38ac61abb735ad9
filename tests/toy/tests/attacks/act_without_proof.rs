//! An operation, done without a proof.

use kernel::{Desk, Operation};
use toy::{DeleteBox, Toy};

fn act(desk: &mut Desk<'_, Toy>) {
    let _ = DeleteBox::apply((), &(), desk);
}

fn main() {}
