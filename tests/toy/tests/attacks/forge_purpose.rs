//! A purpose that every state admits.

use vault::{KeyState, Purpose, Unusable};

enum Anything {}

impl Purpose for Anything {
    fn admit(_: KeyState) -> Result<(), Unusable> {
        Ok(())
    }
}

fn main() {}
