//! A copy of the exit.

use secret::Exit;

fn copy(exit: Exit) -> (Exit, Exit) {
    (exit.clone(), exit)
}

fn main() {}
