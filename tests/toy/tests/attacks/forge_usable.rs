//! A key whose state nobody has asked.

use std::marker::PhantomData;
use toy::Chest;
use vault::{Decrypting, Usable};

fn forge(chest: &Chest) -> Usable<'_, Decrypting> {
    Usable { key: chest, purpose: PhantomData }
}

fn main() {}
