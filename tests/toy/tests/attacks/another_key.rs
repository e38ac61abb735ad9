//! Authorized for one box, using the key of another.

use kernel::Authorized;
use toy::{Chest, ReadNote};
use vault::{Decrypting, Usable};

fn use_another<'a>(call: &Authorized<'a, ReadNote>, another: &'a Chest) -> Usable<'a, Decrypting> {
    let _judged = call.target();
    Usable::of(another).unwrap()
}

fn main() {}
