//! `ci/tidy.toml`: what a rule lets pass, with reasons. The lists may only shrink.

use super::Finding;
use crate::workspace::{Trouble, Workspace};
use std::path::PathBuf;
use toml::{Table, Value};

const FILE: &str = "ci/tidy.toml";

/// Takes away what is excused, and adds what is wrong with the excuses themselves: stale ones, ones without a reason, and a list
/// that is not exactly as long as the number that was committed with it.
pub fn apply(workspace: &Workspace, findings: Vec<Finding>) -> Result<Vec<Finding>, Trouble> {
    let Some(file) = workspace.file(FILE) else { return Ok(findings) };
    let table: Table = file
        .text
        .parse()
        .map_err(|error: toml::de::Error| Trouble::Unreadable { path: PathBuf::from(FILE), text: error.to_string() })?;
    let mut left = findings;
    for (rule, list) in &table {
        let excuses = list.get("excused").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        left.extend(counted(rule, list, excuses.len()));
        for excuse in excuses {
            let word = |key| excuse.get(key).and_then(Value::as_str).unwrap_or_default();
            let (place, reason) = (word("place"), word("reason"));
            let before = left.len();
            left.retain(|finding| finding.rule != rule || finding.place != place);
            if left.len() == before {
                left.push(Finding::at(
                    "excuses",
                    FILE,
                    format!("[{rule}] `{place}` is in order: take it off the list"),
                ));
            }
            if reason.is_empty() {
                left.push(Finding::at("excuses", FILE, format!("[{rule}] `{place}` has no reason")));
            }
        }
    }
    Ok(left)
}

fn counted(rule: &str, list: &Value, length: usize) -> Option<Finding> {
    let committed = list.get("count").and_then(Value::as_integer).and_then(|count| usize::try_from(count).ok());
    let text = match committed {
        Some(count) if count == length => return None,
        Some(count) if count < length => {
            format!("[{rule}] has {length} excuses, {count} were agreed: mend it, do not excuse it")
        }
        Some(_) => format!("[{rule}] has only {length} excuses left: lower `count`, so that it stays so"),
        None => format!("[{rule}] has no `count`"),
    };
    Some(Finding::at("excuses", FILE, text))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::workspace::File;

    const LONG: &str = "[width]\ncount = 1\nexcused = [{ place = 'a.rs', reason = 'a table' }]";

    fn left(excuses: &str, findings: &[Finding]) -> Vec<String> {
        let file = File { path: FILE.to_owned(), text: excuses.to_owned() };
        let workspace =
            Workspace { root: PathBuf::new(), members: Vec::new(), files: vec![file], packages: Default::default() };
        apply(&workspace, findings.to_vec()).unwrap().iter().map(Finding::to_string).collect()
    }

    #[test]
    fn what_is_excused_is_taken_away_and_nothing_else() {
        let found = [
            Finding::at("width", "a.rs", "wide"),
            Finding::at("width", "b.rs", "wide"),
            Finding::at("ban", "a.rs", "x"),
        ];
        assert_eq!(left(LONG, &found), ["b.rs: wide [width]", "a.rs: x [ban]"]);
    }

    #[test]
    fn a_stale_excuse_is_a_finding() {
        assert_eq!(left(LONG, &[]), ["ci/tidy.toml: [width] `a.rs` is in order: take it off the list [excuses]"]);
    }

    #[test]
    fn a_list_neither_grows_nor_keeps_room_to_grow() {
        let found = [Finding::at("width", "a.rs", "wide")];
        for count in ["count = 0", "count = 2", ""] {
            assert_eq!(left(&LONG.replace("count = 1", count), &found).len(), 1, "{count}");
        }
    }

    #[test]
    fn an_excuse_has_a_reason() {
        assert_eq!(left(&LONG.replace("a table", ""), &[Finding::at("width", "a.rs", "wide")]).len(), 1);
    }
}
