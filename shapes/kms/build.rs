//! Makes the shapes of models/kms.json.

use std::process::ExitCode;

fn main() -> ExitCode {
    shape_gen::build("kms")
}
