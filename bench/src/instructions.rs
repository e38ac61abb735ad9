//! Instructions, counted by valgrind, against what bench/instructions.toml says. They tell a growth of five per cent on a machine whose
//! clock tells nothing.

use crate::count::{ALL, Part};
use std::collections::BTreeMap;
use std::process::{Command, ExitCode, Stdio};
use std::{env, fs};

#[derive(clap::Args)]
pub struct Options {
    /// Write the file anew, with what is counted now.
    #[arg(long)]
    write: bool,
}

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.toml");
const HEAD: &str = "\
# Instructions that one of each takes (valgrind, x86-64, profile ci). `make bench-instructions` counts again and fails where there are
# over 5 % more. They depend on compiler and processor; `make bench-instructions-write` writes them anew, and the commit says why.

";
/// Growth that fails.
const GROWTH_PERCENT_MAX: f64 = 5.0;
/// Two runs, whose difference is what is counted.
const TIMES: [usize; 2] = [100, 900];

pub fn run(options: &Options) -> ExitCode {
    let counted: BTreeMap<&str, u64> = ALL.into_iter().map(|part| (part.name(), count(part))).collect();
    if options.write {
        let lines: Vec<String> = counted.iter().map(|(name, number)| format!("{name} = {number}\n")).collect();
        fs::write(FILE, format!("{HEAD}{}", lines.concat())).unwrap();
    }
    let kept: BTreeMap<String, u64> = toml::from_str(&fs::read_to_string(FILE).unwrap()).unwrap();
    let mut grown = false;
    for (name, number) in counted {
        let Some(before) = kept.get(name) else { panic!("{FILE} does not have `{name}`") };
        let percent = (number as f64 / *before as f64 - 1.0) * 100.0;
        let verdict = if percent > GROWTH_PERCENT_MAX { "GROWN" } else { "ok" };
        grown |= percent > GROWTH_PERCENT_MAX;
        println!("{name:<8} {number:>8} instructions, {before:>8} before, {percent:+.1} %: {verdict}");
    }
    if grown {
        eprintln!(
            "over {GROWTH_PERCENT_MAX} % more instructions than {FILE} says: find out why, or write it anew and say why"
        );
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Instructions of one repetition.
fn count(part: Part) -> u64 {
    let prepared = TIMES.into_iter().max().unwrap_or_default();
    let [few, many] = TIMES.map(|times| total(part, times, prepared));
    let [fewer, more] = TIMES.map(|times| u64::try_from(times).unwrap());
    many.saturating_sub(few) / (more - fewer)
}

/// All instructions of a run.
fn total(part: Part, times: usize, prepared: usize) -> u64 {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=none", "--version"]).stdout(Stdio::null());
    assert!(valgrind.status().is_ok_and(|status| status.success()), "valgrind is not installed");
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(env::current_exe().unwrap());
    command.args(["count", "--part", part.name(), "--times", &times.to_string(), "--prepared", &prepared.to_string()]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let line = said.lines().find_map(|line| line.split_once("Collected : ")).unwrap();
    line.1.trim().parse().unwrap()
}
