//! A part of a target that shows itself as its service likes.

use kernel::Single;

struct Unjudged;

impl Single for Unjudged {}

fn main() {}
