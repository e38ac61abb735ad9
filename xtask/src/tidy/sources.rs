//! What every file keeps to: its first line, its length, the width of its lines, and words that have no place in it.

use super::Finding;
use crate::new_op::UNWRITTEN;
use crate::workspace::{File, Workspace};

const FILE_LINES_MAX: usize = 500;
const LINE_CHARS_MAX: usize = 140;

/// Words that do not get in, each with what to do instead. They are put together here so that this file does not hold them.
const BANNED: &[(&str, &str)] = &[
    (concat!("FIX", "ME"), "mend it now, or open an issue"),
    (concat!("TO", "DO"), "do it now, or open an issue"),
    (concat!("XX", "X:"), "say what is meant"),
    (concat!("to", "do!("), "build it, or leave it out"),
    (concat!("unimple", "mented!("), "build it, or leave it out"),
    (concat!("db", "g!("), "speak through `tracing`"),
    (concat!("#[", "allow("), "`#[expect(…, reason = \"…\")]`"),
    (concat!("#![", "allow("), "`#![expect(…, reason = \"…\")]`"),
];

/// A test that is passed over. In CI none is that does not stand in a list, with its reason.
const IGNORED: &str = concat!("#[ig", "nore");

/// Where somebody's machine begins.
const FOLDERS_OF_SOMEBODY: [&str; 4] =
    [concat!("/ho", "me/"), concat!("/wo", "rk/"), concat!("/Us", "ers/"), concat!("/ro", "ot/")];

pub fn check(workspace: &Workspace) -> Vec<Finding> {
    workspace.files.iter().flat_map(of).collect()
}

fn of(file: &File) -> Vec<Finding> {
    let (mut findings, path) = (Vec::new(), file.path.as_str());
    let code = [".rs", ".py", ".sh"].iter().any(|ending| path.ends_with(ending));
    let prose = path.ends_with(".md");
    let lines = file.text.lines().count();
    if path.ends_with(".rs") && !file.text.starts_with("//! ") {
        findings
            .push(Finding::at("purpose", path, "the first line does not say what the file is for: `//! …`").on_line(1));
    }
    if code && lines > FILE_LINES_MAX {
        findings.push(Finding::at("file-length", path, format!("{lines} lines, more than {FILE_LINES_MAX}: split it")));
    }
    let ignored = file.text.matches(IGNORED).count();
    if path.ends_with(".rs") && ignored > 0 {
        let place = format!("{path}::{ignored} ignored");
        findings.push(Finding::at(
            "ignored",
            &place,
            "tests that no run makes: let them run, or say why not in `ci/tidy.toml`",
        ));
    }
    for (number, line) in file.text.lines().enumerate() {
        let at = |rule, text: String| Finding::at(rule, path, text).on_line(number + 1);
        let width = line.chars().count();
        if !prose && width > LINE_CHARS_MAX && !holds_json(line) {
            findings.push(at("width", format!("{width} characters, more than {LINE_CHARS_MAX}")));
        }
        if let Some(part) = line.trim_start().strip_prefix(UNWRITTEN) {
            findings.push(at("unwritten", format!("still to be written: {part}")));
        }
        for (word, instead) in BANNED.iter().filter(|(word, _)| !prose && line.contains(word)) {
            findings.push(at("ban", format!("`{word}` has no place here: {instead}")));
        }
        if let Some(folder) = FOLDERS_OF_SOMEBODY.iter().find(|folder| stands_alone(line, folder)) {
            findings.push(at("path", format!("`{folder}…` is somebody's machine: paths are relative to the root")));
        }
    }
    findings
}

/// Policies and bodies of requests are texts that are not broken.
fn holds_json(line: &str) -> bool {
    line.contains("r#\"{") || line.contains("\":")
}

/// Whether an absolute path begins here: nothing before it belongs to a longer one.
fn stands_alone(line: &str, folder: &str) -> bool {
    let longer = |before: &str| before.ends_with(|last: char| last.is_alphanumeric() || "._-~}/*)".contains(last));
    line.match_indices(folder).any(|(place, _)| !line.get(..place).is_some_and(longer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        let file = File { path: path.to_owned(), text: text.to_owned() };
        of(&file).iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn a_good_file_passes() {
        assert!(rules("a.rs", "//! Does a thing.\n\nfn a() {}\n").is_empty());
        assert!(rules("README.md", &"a word ".repeat(100)).is_empty());
    }

    #[test]
    fn each_rule_finds_what_it_is_for() {
        assert_eq!(rules("a.rs", "fn a() {}\n"), ["purpose"]);
        assert_eq!(rules("a.rs", &format!("//! A.\n{}", "\n".repeat(FILE_LINES_MAX))), ["file-length"]);
        assert_eq!(rules("a.rs", &format!("//! A.\n// {}\n", "x".repeat(LINE_CHARS_MAX))), ["width"]);
        assert_eq!(rules("a.rs", &format!("//! A.\n{IGNORED}]\n")), ["ignored"]);
        for (word, _) in BANNED {
            assert_eq!(rules("a.rs", &format!("//! A.\n// {word}\n")), ["ban"], "{word}");
        }
        assert_eq!(rules("a.rs", &format!("//! A.\n    {UNWRITTEN}who may\n")), ["unwritten"]);
        for folder in FOLDERS_OF_SOMEBODY {
            assert_eq!(rules("a.py", &format!("open('{folder}x')\n")), ["path"], "{folder}");
            assert!(rules("a.py", &format!("open('target{folder}x')\n")).is_empty(), "{folder}");
        }
    }
}
