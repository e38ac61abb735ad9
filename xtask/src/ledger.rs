//! `cargo xtask ledger`: which operations of AWS's models are served, which of their errors no test produces, and where the house differs
//! from a model on purpose. `docs/ledger.md` is what it prints.

use crate::table;
use crate::workspace::{Trouble, Workspace};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

const HEAD: &str = "\
# What is served

Which operations of AWS's models are served and which are not; which errors they declare that no test produces, and
why; and where the house differs from a model on purpose. Printed by `cargo run -p xtask -- ledger`, and a test holds
this page to it.
";

/// The page, a part for each service.
pub fn text(root: &Path) -> Result<String, Trouble> {
    let workspace = Workspace::read(root)?;
    let excused = excused(root)?;
    let mut text = HEAD.to_owned();
    for member in workspace.members.iter().filter(|member| member.folder.starts_with("services/")) {
        let name = &member.name;
        let known = known(root, name)?;
        let library = workspace.file(&format!("{}/src/lib.rs", member.folder));
        let rows = library.and_then(|file| table::read(&file.text)).map(|table| table.rows).unwrap_or_default();
        let served: BTreeSet<String> =
            rows.iter().filter(|row| !row.internal).map(|row| row.operation.clone()).collect();
        let missing = known.difference(&served).cloned().collect();
        let of_the_house = served
            .difference(&known)
            .cloned()
            .chain(rows.into_iter().filter(|row| row.internal).map(|row| row.operation));
        let percent = served.len() * 100 / known.len().max(1);
        let _ = write!(text, "\n## {name}: {} of {} operations ({percent} %)\n", served.len(), known.len());
        paragraph(&mut text, "served", &served);
        paragraph(&mut text, "not served", &missing);
        paragraph(&mut text, "the house's own", &of_the_house.collect());
        let errors = excused.iter().filter(|entry| entry.service == *name);
        listed(&mut text, "declared and not produced by a test", errors.map(Excused::line));
        listed(&mut text, "different on purpose", differences(&workspace, name).into_iter());
    }
    Ok(text)
}

/// An entry of `tests/model/excused.toml`: an error that operations declare and no test produces.
struct Excused {
    service: String,
    error: String,
    reason: String,
    operations: Vec<String>,
}

impl Excused {
    fn line(&self) -> String {
        format!("`{}` of {}: {}", self.error, self.operations.join(", "), self.reason)
    }
}

fn excused(root: &Path) -> Result<Vec<Excused>, Trouble> {
    let path = root.join("tests/model/excused.toml");
    let text = std::fs::read_to_string(&path).map_err(|source| Trouble::File { path: path.clone(), source })?;
    let unreadable = |text: &str| Trouble::Unreadable { path: path.clone(), text: text.to_owned() };
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| unreadable(&error.to_string()))?;
    let entries = table.get("excused").and_then(toml::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let entry = |entry: &toml::Value| {
        let word = |name: &str| entry.get(name).and_then(toml::Value::as_str).map(str::to_owned);
        let operations = entry.get("operations")?.as_array()?.iter().filter_map(toml::Value::as_str);
        let operations = operations.map(str::to_owned).collect();
        Some(Excused { service: word("service")?, error: word("error")?, reason: word("reason")?, operations })
    };
    entries.iter().map(|value| entry(value).ok_or_else(|| unreadable("an entry lacks a part"))).collect()
}

fn paragraph(text: &mut String, title: &str, names: &BTreeSet<String>) {
    if !names.is_empty() {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        wrap(text, &format!("{title}: {}", names.join(", ")), "\n", "");
    }
}

fn listed(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    for (index, line) in lines.enumerate() {
        if index == 0 {
            let _ = write!(text, "\n{title}:\n\n");
        }
        wrap(text, &line, "- ", "  ");
    }
}

/// Writes words as lines, the first of them after `first` and the others after `others`.
fn wrap(text: &mut String, words: &str, first: &str, others: &str) {
    const WIDTH: usize = 120;
    text.push_str(first);
    let mut width = first.len();
    for (index, word) in words.split(' ').enumerate() {
        if index > 0 && width + 1 + word.len() > WIDTH {
            let _ = write!(text, "\n{others}");
            width = others.len();
        } else if index > 0 {
            text.push(' ');
            width += 1;
        }
        text.push_str(word);
        width += word.len();
    }
    text.push('\n');
}

/// The operations of AWS's model, served or not.
fn known(root: &Path, service: &str) -> Result<BTreeSet<String>, Trouble> {
    let path = root.join("models").join(format!("{service}.json"));
    let text = std::fs::read_to_string(&path).map_err(|source| Trouble::File { path: path.clone(), source })?;
    let model: Value =
        serde_json::from_str(&text).map_err(|error| Trouble::Unreadable { path, text: error.to_string() })?;
    let known = model.get("known").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Ok(known.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// Every entry of the house file that has a reason.
fn differences(workspace: &Workspace, service: &str) -> Vec<String> {
    let file = workspace.file(&format!("models/{service}.house.toml"));
    let table: toml::Table = file.and_then(|file| file.text.parse().ok()).unwrap_or_default();
    let mut lines = Vec::new();
    for (section, entries) in &table {
        let Some(entries) = entries.as_table() else { continue };
        lines.extend(
            entries
                .iter()
                .map(|(name, value)| format!("{section}: `{name} = {}`", value.to_string().replace('\n', " "))),
        );
    }
    lines
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_page_is_what_the_ledger_says() {
        let root = crate::workspace::root();
        let page = std::fs::read_to_string(root.join("docs/ledger.md")).unwrap();
        assert!(page == text(&root).unwrap(), "cargo run -p xtask -- ledger >docs/ledger.md");
    }

    #[test]
    fn words_are_wrapped() {
        let mut text = String::new();
        wrap(&mut text, &["word"; 30].join(" "), "- ", "  ");
        assert!(text.starts_with("- word word ") && text.contains("\n  word"), "{text}");
        assert!(text.lines().all(|line| line.len() <= 120), "{text}");
    }
}
