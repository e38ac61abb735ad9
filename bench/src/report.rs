//! The table, printed and kept in docs/performance.md between two markers.

use crate::clock::now;
use crate::compare::{Cell, Turn};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/performance.md");

const HEAD: [&str; 13] = [
    "operation",
    "connections",
    "floor (b) µs",
    "durable floor µs",
    "house µs",
    "ratio",
    "with upkeep µs",
    "ratio",
    "requests/s, durable floor",
    "house",
    "p50 / p99 ms, durable floor",
    "house",
    "memory MiB",
];

/// One row of the table.
pub fn line(cell: &Cell) -> String {
    let of = |place: usize, value: fn(&Turn) -> f64| {
        median(cell.turns.iter().filter_map(|turns| turns.get(place)).map(value).collect())
    };
    let ratio = |value: fn(&Turn) -> f64| {
        median(cell.turns.iter().map(|[_, durable, house]| value(house) / value(durable)).collect())
    };
    let (cpu, settled) =
        ((|turn| turn.cpu_micros) as fn(&Turn) -> f64, (|turn| turn.settled_micros) as fn(&Turn) -> f64);
    format!(
        "| {} | {} | {:.1} | {:.1} | {:.1} | **{:.2}** | {:.1} | {:.2} | {:.0} | {:.0} | {:.2} / {:.1} | {:.2} / {:.1} | {:.0} |",
        cell.operation.name(),
        cell.connections,
        of(0, cpu),
        of(1, cpu),
        of(2, cpu),
        ratio(cpu),
        of(2, settled),
        ratio(settled),
        of(1, |turn| turn.per_second),
        of(2, |turn| turn.per_second),
        of(1, |turn| turn.p50),
        of(1, |turn| turn.p99),
        of(2, |turn| turn.p50),
        of(2, |turn| turn.p99),
        of(2, |turn| turn.memory_mib),
    )
}

pub fn text(cells: &[Cell], idle_mib: &[f64], binary: &Path, pairs: usize, seconds: f64) -> String {
    let mut text = String::new();
    let size = fs::metadata(binary).unwrap().len() as f64 / f64::from(1 << 20);
    writeln!(text, "{}, commit {}, `{}` ({size:.1} MiB).", now().iso(), commit(), binary.display()).unwrap();
    writeln!(text, "{}", machine()).unwrap();
    writeln!(
        text,
        "{pairs} pairs a cell, {seconds} s each. Load average at the end: {}.",
        first_words("/proc/loadavg", 3)
    )
    .unwrap();
    if let [_, durable, house] = idle_mib {
        writeln!(text, "Memory before the load: durable floor {durable:.1} MiB, house {house:.1} MiB.").unwrap();
    }
    writeln!(text, "\n| {} |\n|---|{}", HEAD.join(" | "), "--:|".repeat(HEAD.len() - 1)).unwrap();
    for cell in cells {
        writeln!(text, "{}", line(cell)).unwrap();
    }
    text
}

/// Puts the text between the markers of `place` in the document.
pub fn replace(place: &str, text: &str) {
    let [begin, end] = ["begin", "end"].map(|edge| format!("<!-- {place}: {edge} -->\n"));
    let document = fs::read_to_string(DOCUMENT).unwrap();
    let (before, rest) = document.split_once(&begin).expect("the document has the first marker");
    let (_, after) = rest.split_once(&end).expect("the document has the second marker");
    fs::write(DOCUMENT, format!("{before}{begin}\n{text}\n{end}{after}")).unwrap();
}

/// The middle one; of an even number, the lower of the two.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

pub fn machine() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap();
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map(|line| line.trim_start_matches([' ', '\t', ':']));
    let cores = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let memory = fs::read_to_string("/proc/meminfo").unwrap();
    let kib: f64 = memory.split_whitespace().nth(1).and_then(|text| text.parse().ok()).unwrap();
    let system = first_words("/proc/sys/kernel/osrelease", 1);
    let gib = kib / f64::from(1 << 20);
    format!(
        "{cores} cores ({}), {gib:.0} GiB, Linux {}.",
        model.unwrap_or("unknown"),
        system.split('-').next().unwrap_or_default()
    )
}

pub fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    };
    let changed = !git(&["status", "--porcelain", "--untracked-files=no", "..", ":!../docs"]).is_empty();
    format!("{}{}", git(&["rev-parse", "--short=10", "HEAD"]), if changed { " with changes" } else { "" })
}

fn first_words(file: &str, count: usize) -> String {
    fs::read_to_string(file).unwrap().split_whitespace().take(count).collect::<Vec<_>>().join(" ")
}
