//! Makes the shapes of models/iam.json.

use std::process::ExitCode;

fn main() -> ExitCode {
    shape_gen::build("iam")
}
