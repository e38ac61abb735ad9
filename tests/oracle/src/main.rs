//! `oracle FROM TO` asks the requests of these seeds, `TO` excluded, and says what they gave in one line of JSON. Exit 1 means that both
//! evaluators did not answer one of them alike.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "its answer is what it prints")]

use oracle::{Counts, REQUESTS_OF_A_SEED, run};
use serde_json::json;
use std::collections::BTreeMap;
use std::process::ExitCode;

fn main() -> ExitCode {
    let bounds: Vec<u64> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let [from, to] = bounds.as_slice() else {
        eprintln!("usage: oracle FROM TO");
        return ExitCode::from(2);
    };
    let (mut counts, mut failed) = (Counts::new(), BTreeMap::new());
    for seed in *from..*to {
        if let Some(first) = run(seed, &mut counts).into_iter().next() {
            failed.insert(seed.to_string(), first);
        }
    }
    let requests = (to - from) * REQUESTS_OF_A_SEED;
    println!("{}", json!({"from": from, "to": to, "requests": requests, "counts": counts, "failed": failed}));
    ExitCode::from(u8::from(!failed.is_empty()))
}
