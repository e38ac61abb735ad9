//! What people review when it changes: the public faces of the two crates that everything rests on, and the operations that are judged by
//! nobody.
//!
//! `SNAPSHOTS=overwrite cargo test -p deputy --test faces` writes the faces anew, for the diff. The list of unjudged operations it only
//! shortens: a new line is written by hand, with a reason that a reviewer believes.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests that read sources and snapshots")]

mod face;
mod spaces;
mod unjudged;

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn snapshot(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots").join(name)
}

fn overwriting() -> bool {
    std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite")
}

/// The Rust files of the crate or crates under `folder`, without their tests.
fn product_sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = sources(folder);
    files.retain(|file| file.components().any(|part| part.as_os_str() == "src"));
    files
}

/// The Rust files under `folder`, in order.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The lines that only one of the two has.
fn differences(committed: &str, current: &str) -> String {
    let only = |mark: &str, one: &str, other: &str| -> String {
        let has = |line: &&str| !other.lines().any(|known| known == *line);
        one.lines().filter(has).map(|line| format!("{mark} {line}\n")).collect()
    };
    only("-", committed, current) + &only("+", current, committed)
}
