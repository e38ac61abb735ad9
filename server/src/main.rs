//! The program: boot, listeners, timers, and the edge where replies leave the house.

mod answer;
mod boot;
mod cli;
mod config;
mod credentials;
mod data_dir;
mod doorlog;
mod founding;
mod health;
mod listen;
mod log;
mod own;
mod root;
mod serve;
mod timers;
mod trail;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let line = cli::Line::parse();
    // What the program writes is for its owner alone: SQLite's files too, which have no mode of their own choosing.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let Ok(runtime) = runtime else {
        return cli::fail("the system gives no threads to run on");
    };
    runtime.block_on(async move {
        match line.command {
            cli::Command::Serve(args) => serve::serve(args).await,
            cli::Command::Init(args) => serve::init(args).await,
            cli::Command::Trail { command: cli::TrailCommand::Verify(args) } => trail::verify(args).await,
        }
    })
}
