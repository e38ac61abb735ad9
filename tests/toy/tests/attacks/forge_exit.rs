//! A second exit.

use secret::Exit;

fn forge() -> Exit {
    Exit(())
}

fn main() {}
