//! What the house costs: measured against floors that do the least that any such server must, and counted in instructions.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a measurement that cannot be taken has nothing to say but that"
)]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "it starts servers, calls them and reads the clock"
)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a measurement prints")]

mod clock;
mod compare;
mod count;
mod floor;
mod grown;
mod instructions;
mod load;
mod operation;
mod report;
mod rig;
mod sigv4;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Measures the house against its floors.
#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Floors and house in turn; prints the table and writes it into docs/performance.md.
    Compare(compare::Options),
    /// What a house costs that has many keys, beside one that has few; prints a table and writes it into docs/performance.md.
    Grown(grown::Options),
    /// A floor alone, until it is killed.
    Floor(floor::Options),
    /// Load upon a server that runs already, for profiles.
    Load(load::Options),
    /// Counts instructions under valgrind and compares them with bench/instructions.toml.
    Instructions(instructions::Options),
    /// What `instructions` runs under valgrind.
    Count(count::Options),
}

fn main() -> ExitCode {
    match Line::parse().command {
        Command::Compare(options) => compare::run(&options),
        Command::Grown(options) => grown::run(&options),
        Command::Floor(options) => floor::run(&options),
        Command::Load(options) => load::run(&options),
        Command::Instructions(options) => return instructions::run(&options),
        Command::Count(options) => count::run(&options),
    }
    ExitCode::SUCCESS
}
