//! Makes the shapes of models/sts.json.

use std::process::ExitCode;

fn main() -> ExitCode {
    shape_gen::build("sts")
}
