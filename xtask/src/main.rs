//! The house's own chores: `cargo run -p xtask -- models <path-to-botocore>`.

mod models;

use std::path::Path;
use std::process::ExitCode;

#[expect(clippy::print_stderr, reason = "a chore speaks to the one who runs it")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["models", botocore] => models::write_all(Path::new(botocore)).map_err(|fault| fault.to_string()),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

const USAGE: &str = "\
usage: xtask models PATH    writes models/*.json anew; PATH holds an unpacked botocore wheel:
                            pip download --no-deps botocore==1.44.5 && unzip botocore-*.whl -d PATH";
