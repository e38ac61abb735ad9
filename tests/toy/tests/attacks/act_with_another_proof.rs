//! An operation, done with the proof for another one.

use kernel::{Authorized, Desk, Operation};
use toy::{DeleteBox, DescribeBox, Toy};

fn act(call: &Authorized<'_, DescribeBox>, desk: &mut Desk<'_, Toy>) {
    let _ = DeleteBox::apply(call, &(), desk);
}

fn main() {}
