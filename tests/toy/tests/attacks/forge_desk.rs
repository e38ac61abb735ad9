//! A desk for the tables of another service.

use kernel::{Desk, ReadSet};
use std::marker::PhantomData;
use toy::Toy;

fn forge(set: &mut ReadSet) -> Desk<'_, Toy> {
    Desk { set, service: PhantomData }
}

fn main() {}
