//! The binary `kagiban`.

use std::process::ExitCode;

fn main() -> ExitCode {
    kagiban::main()
}
