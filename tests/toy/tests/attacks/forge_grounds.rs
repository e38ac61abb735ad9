//! Grounds for a permission that no policy gave.

use policy::{Grounds, How};

fn forge() -> Grounds {
    Grounds::new(How::Root, Vec::new())
}

fn main() {}
