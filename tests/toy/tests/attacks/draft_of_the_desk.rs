//! The pending writes, by the name of the field.

use kernel::Desk;
use toy::Toy;

fn take<'a>(desk: &'a mut Desk<'_, Toy>) -> &'a mut kernel::ReadSet {
    desk.set
}

fn main() {}
