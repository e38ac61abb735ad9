//! A service is a table, an operation is a file: each row has its file, each file its row, and each file says where AWS describes it.

use super::Finding;
use crate::table::{self, Table};
use crate::workspace::{File, Workspace};

const RULE: &str = "tables";

pub fn check(workspace: &Workspace) -> Vec<Finding> {
    let services = workspace.members.iter().filter(|member| member.folder.starts_with("services/"));
    services.flat_map(|member| of(workspace, &member.folder)).collect()
}

fn of(workspace: &Workspace, folder: &str) -> Vec<Finding> {
    let library = format!("{folder}/src/lib.rs");
    let Some(table) = workspace.file(&library).and_then(|file| table::read(&file.text)) else {
        return vec![Finding::at(RULE, library, "has no `pub static SERVICE: Service` with its rows")];
    };
    let sources = format!("{folder}/src");
    let operations: Vec<(&File, Vec<String>)> =
        workspace.files_in(&sources, ".rs").map(|file| (file, table::operations(&file.text))).collect();
    let mut findings = Vec::new();
    for (file, names) in &operations {
        findings.extend(names.iter().flat_map(|name| file_of(&table, file, name)));
        if names.len() > 1 {
            let text = format!("{} operations, one would be the rule: {}", names.len(), names.join(", "));
            findings.push(Finding::at(RULE, &file.path, text));
        }
    }
    for row in &table.rows {
        if !operations.iter().any(|(_, names)| names.contains(&row.operation)) {
            let text = format!(
                "the row `{}` has no `impl Operation for {}` in a file of its own",
                row.operation, row.operation
            );
            findings.push(Finding::at(RULE, &library, text));
        }
    }
    let named: Vec<&str> = table.rows.iter().filter(|row| !row.internal).map(|row| row.operation.as_str()).collect();
    if !named.is_sorted_by(|one, other| one < other) {
        findings.push(Finding::at(
            RULE,
            &library,
            "the rows are not in the order of the alphabet, or one stands twice",
        ));
    }
    findings
}

/// The file of one operation: it has a row, is named after the operation, and its first line says where AWS describes it.
fn file_of(table: &Table, file: &File, operation: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |text: String| findings.push(Finding::at(RULE, &file.path, text));
    let stem = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
    if stem != snake(operation) {
        find(format!("holds the operation `{operation}`: its name is {}.rs", snake(operation)));
    }
    let Some(row) = table.rows.iter().find(|row| row.operation == operation) else {
        find(format!("the operation `{operation}` has no row in the service's table"));
        return findings;
    };
    // An internal operation is the house's own: AWS has no page about it.
    let title = format!("//! {}:{operation} <https://docs.aws.amazon.com/", table.service);
    let first = file.text.lines().next().unwrap_or_default();
    let linked = first.starts_with(&title) && first.ends_with(&format!("/API_{operation}.html>"));
    if !row.internal && !linked {
        find(format!("the first line is to be `{title}…/API_{operation}.html>`"));
    }
    findings
}

/// `CreateKey` is `create_key`, `GetKMSKey` is `get_kms_key`.
pub fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (place, letter) in letters.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|place| letters.get(place));
        let after_lower = before.is_some_and(|before| !before.is_uppercase());
        let before_lower = letters.get(place + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && before.is_some() && (after_lower || before_lower) {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Member;
    use std::path::PathBuf;

    const TABLE: &str = "//! KMS.\npub static SERVICE: Service = Service { name: \"kms\", rows: &[Row::of::<create_key::CreateKey>()] };";
    const OPERATION: &str = "//! kms:CreateKey <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html>\n\
                             impl Operation for CreateKey {}";

    fn found(table: &str, operation: (&str, &str)) -> usize {
        let file = |path: &str, text: &str| File { path: format!("services/kms/src/{path}"), text: text.to_owned() };
        let member = Member { name: "kms".to_owned(), folder: "services/kms".to_owned(), arrows: Vec::new() };
        let files = vec![file("lib.rs", table), file(operation.0, operation.1)];
        check(&Workspace { root: PathBuf::new(), members: vec![member], files, packages: Default::default() }).len()
    }

    #[test]
    fn a_row_and_its_file_belong_together() {
        assert_eq!(found(TABLE, ("create_key.rs", OPERATION)), 0);
        assert_eq!(found(TABLE, ("new_key.rs", OPERATION)), 1, "another name");
        assert_eq!(found(TABLE, ("create_key.rs", "//! Nothing.")), 1, "a row without a file");
        assert_eq!(
            found(&TABLE.replace("Row::of::<create_key::CreateKey>()", ""), ("create_key.rs", OPERATION)),
            1,
            "no row"
        );
        assert_eq!(
            found(TABLE, ("create_key.rs", &OPERATION.replace("API_CreateKey", "API_Encrypt"))),
            1,
            "another page"
        );
        assert_eq!(found("//! KMS.", ("create_key.rs", OPERATION)), 1, "no table");
    }

    #[test]
    fn an_internal_row_needs_no_page() {
        let table = TABLE.replace("Row::of", "Row::internal");
        assert_eq!(found(&table, ("create_key.rs", "//! Makes keys.\nimpl Operation for CreateKey {}")), 0);
    }

    #[test]
    fn names_become_snakes() {
        for (name, file) in
            [("CreateKey", "create_key"), ("ListMFADevices", "list_mfa_devices"), ("Encrypt", "encrypt")]
        {
            assert_eq!(snake(name), file);
        }
    }
}
