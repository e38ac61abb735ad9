//! Makes the shapes of models/toy.json.

use std::process::ExitCode;

fn main() -> ExitCode {
    shape_gen::build("toy")
}
