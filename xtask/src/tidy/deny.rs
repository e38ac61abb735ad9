//! deny.toml, without cargo-deny: banned crates, crates with one way in, licences and sources.

use super::{Finding, licence};
use crate::workspace::{Trouble, Workspace};
use std::path::PathBuf;
use toml::{Table, Value};

const FILE: &str = "deny.toml";
const RULE: &str = "deny";
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub fn check(workspace: &Workspace) -> Result<Vec<Finding>, Trouble> {
    let unreadable = |text: String| Trouble::Unreadable { path: PathBuf::from(FILE), text };
    let text = workspace.file(FILE).ok_or_else(|| unreadable("is missing".to_owned()))?;
    let deny: Table = text.text.parse().map_err(|error: toml::de::Error| unreadable(error.to_string()))?;
    let mut findings = Vec::new();
    for ban in list(&deny, "bans", "deny") {
        findings.extend(banned(workspace, ban));
    }
    let allowed: Vec<&str> = list(&deny, "licenses", "allow").iter().filter_map(Value::as_str).collect();
    findings.extend(licences(workspace, &allowed));
    findings.extend(sources(workspace));
    Ok(findings)
}

fn list<'a>(table: &'a Table, section: &str, key: &str) -> &'a [Value] {
    table.get(section).and_then(|section| section.get(key)?.as_array()).map(Vec::as_slice).unwrap_or_default()
}

fn banned(workspace: &Workspace, ban: &Value) -> Vec<Finding> {
    let Some(name) = ban.get("crate").and_then(Value::as_str) else {
        return vec![Finding::at(RULE, FILE, format!("a ban names no `crate`: {ban}"))];
    };
    let Some(reason) = ban.get("reason").and_then(Value::as_str) else {
        return vec![Finding::at(RULE, FILE, format!("the ban of `{name}` has no reason"))];
    };
    let wrappers = ban.get("wrappers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let wrappers: Vec<&str> = wrappers.iter().filter_map(Value::as_str).collect();
    let package = workspace.packages.get(name);
    let dependents: Vec<&str> =
        package.map(|package| package.dependents.iter().map(String::as_str).collect()).unwrap_or_default();
    let strangers = dependents.iter().filter(|dependent| !wrappers.contains(dependent));
    let mut findings: Vec<Finding> =
        strangers.map(|who| Finding::at(RULE, *who, format!("depends on `{name}`: {reason}"))).collect();
    let stale = wrappers.iter().filter(|wrapper| !dependents.contains(wrapper));
    findings.extend(stale.map(|wrapper| {
        Finding::at(RULE, FILE, format!("`{wrapper}` does not depend on `{name}` (any more): take it off the wrappers"))
    }));
    findings
}

fn licences(workspace: &Workspace, allowed: &[&str]) -> Vec<Finding> {
    let packages = workspace.packages.iter().filter(|(_, package)| !licence::is_met(&package.licence, allowed));
    packages
        .map(|(name, package)| {
            Finding::at(RULE, name, format!("is under `{}`, which deny.toml does not allow", package.licence))
        })
        .collect()
}

/// Everything comes from crates.io, with a checksum, or stands in this tree.
fn sources(workspace: &Workspace) -> Vec<Finding> {
    let Some(lock) =
        std::fs::read_to_string(workspace.root.join("Cargo.lock")).ok().and_then(|text| text.parse::<Table>().ok())
    else {
        return vec![Finding::at(RULE, "Cargo.lock", "can not be read")];
    };
    let packages = lock.get("package").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let foreign = packages.iter().filter_map(|package| {
        let name = package.get("name")?.as_str()?;
        let source = package.get("source").and_then(Value::as_str);
        let own = workspace.members.iter().any(|member| member.name == name);
        let sound = match source {
            Some(source) => source == CRATES_IO && package.get("checksum").is_some(),
            None => own,
        };
        (!sound).then(|| {
            Finding::at(RULE, name, format!("comes from {}", source.unwrap_or("a folder outside the workspace")))
        })
    });
    foreign.collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::workspace::Package;

    fn workspace(dependents: &[(&str, &str)]) -> Workspace {
        let mut workspace =
            Workspace { root: PathBuf::new(), members: Vec::new(), files: Vec::new(), packages: Default::default() };
        for (name, dependent) in dependents {
            let package: &mut Package = workspace.packages.entry((*name).to_owned()).or_default();
            package.dependents.insert((*dependent).to_owned());
        }
        workspace
    }

    fn ban(text: &str) -> Value {
        Value::Table(text.parse().unwrap())
    }

    #[test]
    fn a_wrapper_may_and_nobody_else() {
        let ban = ban("crate = 'rusqlite'\nreason = 'use the store'\nwrappers = ['store']");
        assert_eq!(banned(&workspace(&[("rusqlite", "store")]), &ban), []);
        let texts: Vec<String> = banned(&workspace(&[("rusqlite", "store"), ("rusqlite", "kms")]), &ban)
            .iter()
            .map(Finding::to_string)
            .collect();
        assert_eq!(texts, ["kms: depends on `rusqlite`: use the store [deny]"]);
    }

    #[test]
    fn a_wrapper_that_wraps_nothing_is_stale() {
        let ban = ban("crate = 'rusqlite'\nreason = 'use the store'\nwrappers = ['store', 'kms']");
        assert_eq!(banned(&workspace(&[("rusqlite", "store")]), &ban).len(), 1);
    }

    #[test]
    fn a_plain_ban_has_no_way_in() {
        let ban = ban("crate = 'openssl'\nreason = 'no'");
        assert_eq!(banned(&workspace(&[("openssl", "anybody")]), &ban).len(), 1);
        assert_eq!(banned(&workspace(&[]), &ban), []);
    }
}
