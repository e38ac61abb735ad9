//! `cargo xtask ledger`: which operations of AWS's models are served, and where the house differs from a model on purpose.

use crate::table;
use crate::workspace::{Trouble, Workspace};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// One paragraph a service.
pub fn text(root: &Path) -> Result<String, Trouble> {
    let workspace = Workspace::read(root)?;
    let mut text = String::new();
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
        let _ = writeln!(text, "{name}: {} of {} operations ({percent} %)", served.len(), known.len());
        paragraph(&mut text, "served", &served);
        paragraph(&mut text, "not served", &missing);
        paragraph(&mut text, "the house's own", &of_the_house.collect());
        for line in differences(&workspace, name) {
            let _ = writeln!(text, "  differs: {line}");
        }
        text.push('\n');
    }
    Ok(text)
}

fn paragraph(text: &mut String, title: &str, names: &BTreeSet<String>) {
    const INDENT: usize = 4;
    const WIDTH: usize = 120;
    if names.is_empty() {
        return;
    }
    let _ = writeln!(text, "  {title}:");
    let mut width = WIDTH;
    for name in names {
        if width + name.len() + 1 > WIDTH {
            if width < WIDTH {
                text.push('\n');
            }
            let _ = write!(text, "{:INDENT$}{name}", "");
            width = INDENT + name.len();
        } else {
            let _ = write!(text, " {name}");
            width += name.len() + 1;
        }
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
            entries.iter().map(|(name, value)| format!("{section}: {name} = {}", value.to_string().replace('\n', " "))),
        );
    }
    lines
}
