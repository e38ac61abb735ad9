//! The program: boot, listeners, timers, and the edge where replies leave the house. It is a library so that a simulation can own the
//! network: beside [`main`], what it shows is the edge, how one connection is served, and a house that is open and serves nobody.

mod admin;
pub mod answer;
mod aside;
mod backup;
mod boot;
mod cert;
mod cli;
mod config;
mod credentials;
mod data_dir;
mod doctor;
mod doorlog;
mod elsewhere;
mod founding;
mod head;
mod health;
pub mod indoors;
mod introduce;
pub mod listen;
mod log;
mod metrics;
mod own;
mod pace;
mod places;
mod process;
mod prune;
mod restore;
mod restored;
mod root;
mod serve;
mod timers;
mod trail;

use clap::Parser;
use std::process::ExitCode;

/// What the binary does.
pub fn main() -> ExitCode {
    let line = cli::Line::parse();
    process::end_on_panic();
    let granted = process::prepare();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let Ok(runtime) = runtime else {
        return cli::fail("the system gives no threads to run on");
    };
    runtime.block_on(async move {
        match line.command {
            cli::Command::Serve(args) => serve::serve(args, granted).await,
            cli::Command::Init(args) => serve::init(args).await,
            cli::Command::Cert(args) => cert::cert(args),
            cli::Command::Config { command: cli::ConfigCommand::Check(args) } => config::check(args),
            cli::Command::Doctor(args) => doctor::examine(args, granted).await,
            cli::Command::Trail { command: cli::TrailCommand::Verify(args) } => trail::verify(args).await,
            cli::Command::Backup(args) => backup::backup(args).await,
            cli::Command::Restore(args) => restore::restore(args).await,
            cli::Command::Admin { command: cli::AdminCommand::NewKey(args) } => admin::new_key(args).await,
        }
    })
}
