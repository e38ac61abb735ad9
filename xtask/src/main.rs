//! The house's own chores: `cargo run -p xtask -- tidy`.

#![expect(clippy::disallowed_methods, reason = "chores read and write the files of the tree and start programs")]

mod ledger;
mod models;
mod new_op;
mod table;
mod tidy;
mod workspace;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

#[expect(clippy::print_stderr, reason = "a chore speaks to the one who runs it")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["models", botocore] => models::write_all(Path::new(botocore)).map_err(|fault| fault.to_string()),
        ["new-op", service, operation] => new_op(service, operation, &venv()),
        ["new-op", service, operation, botocore] => new_op(service, operation, Path::new(botocore)),
        ["tidy"] => tidy(),
        ["fill", rest @ ..] => fill(rest),
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

fn new_op(service: &str, operation: &str, botocore: &Path) -> Result<(), String> {
    let file = new_op::write(&workspace::root(), service, operation, botocore).map_err(|fault| fault.to_string())?;
    let text = "what is still to be written is marked there, and `the_tree_is_tidy` says so until it is";
    say(&format!("{}: {text}\n", file.display()))
}

/// The house stands on a higher floor than the chores, so this one is a program of its own.
fn fill(words: &[&str]) -> Result<(), String> {
    let program = ["run", "--quiet", "--release", "-p", "fill", "--"];
    let status = Command::new(env!("CARGO")).args(program).args(words).status().map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err("the house is not filled".to_owned()) }
}

/// Where `make clients` has put botocore: the packages of the tests' virtual environment.
fn venv() -> PathBuf {
    let versions = std::fs::read_dir(workspace::root().join(".venv-tests/lib")).into_iter().flatten().flatten();
    versions.map(|version| version.path().join("site-packages")).next().unwrap_or_default()
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
                            pip download --no-deps botocore==1.44.5 && unzip botocore-*.whl -d PATH
       xtask new-op SERVICE OPERATION [PATH]
                            begins an operation: its file, its lines in the table, models/ and docs/ledger.md;
                            PATH is that of `models`, by default what `make clients` has installed
       xtask fill KEYS --data-dir DIR --credentials-file FILE [--root-key-file FILE] [--list FILE]
                            makes so many keys in a stopped house, or in a new one, in seconds and by no network";
