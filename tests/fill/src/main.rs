//! `fill KEYS --data-dir DIR …` makes so many keys in a stopped house, or in a new one: for measurements of houses that have many.
//!
//! It is CreateKey itself, called in this process by many hands at once and signed by the administrator, without network and HTTP. So a row
//! is sealed, wrapped and told of as any other, and there is nothing for `kagiban trail verify` to overlook.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "its answer is what it prints")]
#![expect(clippy::disallowed_methods, reason = "it reads and writes its own files, and takes the time")]

mod hand;

use clap::Parser;
use hand::{AccessKey, Hand, NoKey};
use kagiban::indoors::{Indoors, NotIndoors, Place};
use kernel::Breakage;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Instant;
use tokio::task::JoinSet;

/// As many as the store takes into one transaction.
const HANDS: usize = 256;

/// Makes keys in a stopped house, or in a new one, by no network.
#[derive(Parser)]
struct Line {
    /// How many.
    keys: usize,
    /// The data directory. If it is missing or empty, a house is made as `kagiban init` makes it.
    #[arg(long)]
    data_dir: PathBuf,
    /// The administrator's key pair, as `kagiban` has written it; of a new house, where it is written.
    #[arg(long)]
    credentials_file: PathBuf,
    /// By default where `kagiban` has it.
    #[arg(long)]
    root_key_file: Option<PathBuf>,
    /// Where the ARNs of the new keys are written, a line each.
    #[arg(long)]
    list: Option<PathBuf>,
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let filled = runtime.map_err(NotFilled::from).and_then(|runtime| runtime.block_on(fill(Line::parse())));
    match filled {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("fill: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn fill(line: Line) -> Result<String, NotFilled> {
    let begin = Instant::now();
    let Line { keys, data_dir, credentials_file, root_key_file, list } = line;
    let indoors = Indoors::open(Place { data_dir, root_key_file, credentials_file: credentials_file.clone() }).await?;
    let access_key = AccessKey::of(&std::fs::read_to_string(credentials_file)?).ok_or(NotFilled::Credentials)?;
    let (access_key, left) = (Arc::new(access_key), Arc::new(AtomicUsize::new(keys)));
    let mut hands = JoinSet::new();
    for _ in 0..HANDS {
        let hand = Hand::new(indoors.door(), indoors.exit(), &access_key);
        hands.spawn(hand.make(Arc::clone(&left)));
    }
    let mut arns = Vec::with_capacity(keys);
    while let Some(made) = hands.join_next().await {
        arns.extend(made.map_err(|_| NotFilled::Fallen)??);
    }
    if let Some(file) = list {
        std::fs::write(file, arns.join("\n") + "\n")?;
    }
    let seconds = begin.elapsed().as_secs_f64();
    indoors.leave().await?;
    let all = begin.elapsed().as_secs_f64();
    Ok(format!("{} keys in {seconds:.1} s, and {:.1} s until each can be looked up", arns.len(), all - seconds))
}

#[derive(Debug, thiserror::Error)]
enum NotFilled {
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error("the credentials file has no access key")]
    Credentials,
    #[error(transparent)]
    Closed(#[from] NotIndoors),
    #[error(transparent)]
    Key(#[from] NoKey),
    #[error("one of those who make keys has fallen")]
    Fallen,
    #[error("the house could not be left in order: {0}")]
    Left(#[from] Breakage),
}
