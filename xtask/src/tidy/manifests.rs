//! What each manifest says: the workspace's lints, no publication, versions in one place. And the budget of the tests.

use super::Finding;
use crate::workspace::{Member, Workspace};
use toml::{Table, Value};

/// What CI may take in all, in seconds on two cores.
const BUDGET_SECONDS_MAX: i64 = 1_500;

pub fn check(workspace: &Workspace) -> Vec<Finding> {
    let members = workspace.members.iter().flat_map(|member| of(workspace, member));
    members.chain(budget(workspace)).collect()
}

fn of(workspace: &Workspace, member: &Member) -> Vec<Finding> {
    let path = format!("{}/Cargo.toml", member.folder);
    let Some(manifest) = table(workspace, &path) else {
        return vec![Finding::at("manifest", path, "can not be read")];
    };
    let inherits = |keys: [&str; 2]| {
        let value = manifest.get(keys[0]).and_then(|value| value.get(keys[1]));
        value == Some(&Value::Boolean(true))
            || value.and_then(|value| value.get("workspace")) == Some(&Value::Boolean(true))
    };
    let mut findings = Vec::new();
    for keys in [["lints", "workspace"], ["package", "publish"], ["package", "license"], ["package", "edition"]] {
        if !inherits(keys) {
            let text = format!("`{}.{}` is not the workspace's", keys[0], keys[1]);
            findings.push(Finding::at("manifest", &path, text));
        }
    }
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let Some(Value::Table(dependencies)) = manifest.get(section) else { continue };
        let own = dependencies.iter().filter(|(_, value)| value.get("workspace") != Some(&Value::Boolean(true)));
        findings.extend(own.map(|(name, _)| {
            Finding::at(
                "manifest",
                &path,
                format!("`{name}` has a version here; versions stand in the root's Cargo.toml"),
            )
        }));
    }
    findings
}

/// The seconds of the suites stay within what CI has.
fn budget(workspace: &Workspace) -> Option<Finding> {
    const PATH: &str = "ci/budget.toml";
    let budget = table(workspace, PATH)?;
    let total = budget.get("total").and_then(Value::as_integer).unwrap_or(i64::MAX);
    let suites = budget.get("suite").and_then(Value::as_table)?;
    let sum: i64 = suites.values().filter_map(|suite| suite.get("seconds")?.as_integer()).sum();
    let over = total > BUDGET_SECONDS_MAX || sum > BUDGET_SECONDS_MAX;
    over.then(|| Finding::at("budget", PATH, format!("{sum} s in all, total {total}: more than {BUDGET_SECONDS_MAX}")))
}

fn table(workspace: &Workspace, path: &str) -> Option<Table> {
    workspace.file(path)?.text.parse().ok()
}
