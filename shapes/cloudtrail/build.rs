//! Makes the shapes of models/cloudtrail.json.

use std::process::ExitCode;

fn main() -> ExitCode {
    shape_gen::build("cloudtrail")
}
