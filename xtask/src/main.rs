//! The house's own chores: `cargo run -p xtask -- tidy`.

#![expect(clippy::disallowed_methods, reason = "chores read and write the files of the tree and start programs")]

mod ledger;
mod models;
mod table;
mod tidy;
mod workspace;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

#[expect(clippy::print_stderr, reason = "a chore speaks to the one who runs it")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["models", botocore] => models::write_all(Path::new(botocore)).map_err(|fault| fault.to_string()),
        ["tidy"] => tidy(),
        ["ledger"] => {
            ledger::text(&workspace::root()).map_err(|trouble| trouble.to_string()).and_then(|text| say(&text))
        }
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

fn tidy() -> Result<(), String> {
    let findings = tidy::findings(&workspace::root()).map_err(|trouble| trouble.to_string())?;
    let lines: Vec<String> = findings.iter().map(tidy::Finding::to_string).collect();
    if lines.is_empty() { Ok(()) } else { Err(format!("{}\n{} findings", lines.join("\n"), lines.len())) }
}

fn say(text: &str) -> Result<(), String> {
    std::io::stdout().lock().write_all(text.as_bytes()).map_err(|error| error.to_string())
}

const USAGE: &str = "\
usage: xtask tidy           checks the rules that neither compiler nor lint can hold
       xtask ledger         says which operations of AWS's models are served, and where we differ on purpose
       xtask models PATH    writes models/*.json anew; PATH holds an unpacked botocore wheel:
                            pip download --no-deps botocore==1.44.5 && unzip botocore-*.whl -d PATH";
