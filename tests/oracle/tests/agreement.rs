//! Both evaluators, asked the same, answer alike.
#![expect(clippy::print_stderr, reason = "what decided is told with its count")]

use oracle::{ALLOWED, Counts, REQUESTS_OF_A_SEED, run, whole_table};
use std::thread;

/// Two million requests.
const SEEDS: u64 = 2_000_000 / REQUESTS_OF_A_SEED;
const THREADS: u64 = 2;
/// How often each row has to decide.
const EACH_ROW_MIN: u64 = 1_000;
/// Hundredths of the requests that have to be allowed.
const ALLOWED_PERCENT_MIN: u64 = 20;
const SHOWN_MAX: usize = 3;

/// The rows: the order of the decision within an account, across accounts, and the table of keys.
const ROWS: &[&str] = &[
    "0 root",
    "0 root without delegation",
    "0 root, by a written delegation",
    "1 explicit deny",
    "2 a level of guardrails is silent",
    "4 a service or provider",
    "4 everyone",
    "4 everyone, an outsider",
    "4 federated user",
    "4 role or user behind",
    "4 session",
    "4 user",
    "5 federated user without a session policy",
    "5 identity",
    "5 identity without delegation",
    "5 identity, and a boundary or session policy is silent",
    "6 grant",
    "6 grant, an outsider",
    "7 implicit deny",
    "7 implicit deny, an outsider",
    "across: both are silent",
    "across: both sides",
    "across: grant",
    "across: the caller's account is silent",
    "across: the resource is silent",
    "any deny, across",
    "any deny, within",
    "delegated alone, across",
    "delegated alone, within",
    "delegated and identity, across",
    "delegated and identity, within",
    "direct and identity, across",
    "direct and identity, within",
    "direct, across",
    "direct, within",
    "grant, across",
    "grant, within",
    "identity alone, across",
    "identity alone, within",
    "nothing",
];

#[test]
fn two_million_requests_are_answered_alike() {
    let portions: Vec<_> = (0..THREADS).map(|part| (SEEDS * part / THREADS)..(SEEDS * (part + 1) / THREADS)).collect();
    let parts: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = portions
            .into_iter()
            .map(|seeds| {
                scope.spawn(move || {
                    let mut counts = Counts::new();
                    let told: Vec<String> = seeds.flat_map(|seed| run(seed, &mut counts)).collect();
                    (counts, told)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_default()).collect()
    });
    let mut counts = Counts::new();
    let mut told = Vec::new();
    for (part, differences) in parts {
        part.into_iter().for_each(|(row, times)| *counts.entry(row).or_default() += times);
        told.extend(differences);
    }
    show(&counts);
    assert_alike(&told);
    for row in ROWS {
        assert!(counts.get(row) >= Some(&EACH_ROW_MIN), "{row} decided {:?} times", counts.get(row));
    }
    assert_eq!(counts.len(), ROWS.len() + 1, "a row is not listed");
    let allowed = counts.get(ALLOWED).copied().unwrap_or_default();
    assert!(allowed * 100 >= SEEDS * REQUESTS_OF_A_SEED * ALLOWED_PERCENT_MIN, "{allowed} are allowed");
}

/// Seeds that failed in the long form stay with the ordinary ones.
#[test]
fn seeds_that_failed_once_are_answered_alike() {
    let lines = include_str!("../proved.toml").lines().filter(|line| line.starts_with("failed"));
    let seeds = lines.flat_map(|line| line.split(['[', ']', ',']).filter_map(|word| word.trim().parse().ok()));
    let told: Vec<String> = seeds.flat_map(|seed| run(seed, &mut Counts::new())).collect();
    assert_alike(&told);
}

#[test]
fn every_combination_of_what_policies_say_is_answered_alike() {
    let (counts, told) = whole_table();
    show(&counts);
    assert_alike(&told);
    for row in
        ROWS.iter().filter(|row| row.starts_with(|char: char| char.is_ascii_digit()) || row.starts_with("across"))
    {
        assert!(counts.contains_key(row), "nothing in the table is decided by {row}");
    }
}

fn assert_alike(told: &[String]) {
    let shown: Vec<&str> = told.iter().take(SHOWN_MAX).map(String::as_str).collect();
    assert!(told.is_empty(), "{} are not answered alike:\n{}", told.len(), shown.join("\n\n"));
}

fn show(counts: &Counts) {
    for (row, times) in counts {
        eprintln!("{times:>8} {row}");
    }
}
