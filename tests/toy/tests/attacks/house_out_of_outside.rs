//! The whole house, by the name of the field.

use kernel::{House, Outside};

fn take<'a>(outside: &Outside<'a>) -> &'a House {
    outside.house
}

fn main() {}
