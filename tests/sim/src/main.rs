//! `sim FROM TO` runs these seeds, `TO` excluded, and says what they gave in one line of JSON. Exit 1 means that a seed failed.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "its answer is what it prints")]

use serde_json::json;
use sim::{Counts, Planted, run};
use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::process::ExitCode;

/// As in the program. A hundred thousand seeds are hours of calls, of which the system's allocator took a seventh.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let bounds: Vec<u64> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let [from, to] = bounds.as_slice() else {
        eprintln!("usage: sim FROM TO");
        return ExitCode::from(2);
    };
    let (mut counts, mut failed) = (Counts::new(), BTreeMap::new());
    for seed in *from..*to {
        match catch_unwind(|| run(seed, Planted::Nothing)) {
            Ok(Ok(history)) => {
                history.counts.into_iter().for_each(|(what, times)| *counts.entry(what).or_default() += times);
            }
            Ok(Err(mismatch)) => drop(failed.insert(seed.to_string(), format!("{mismatch:?}"))),
            Err(_) => drop(failed.insert(seed.to_string(), "it panics".to_owned())),
        }
    }
    println!("{}", json!({"from": from, "to": to, "counts": counts, "failed": failed}));
    ExitCode::from(u8::from(!failed.is_empty()))
}
