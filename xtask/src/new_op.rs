//! `cargo xtask new-op`: the file of a new operation, its two lines in the table, and the model and the page that follow from them. What is
//! left to be written is marked in the file, and the tree is not tidy until it is.

use crate::tidy::tables::snake;
use crate::{ledger, models, table};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Before each part that is still to be written. Put together here, so that this file does not hold it.
pub const UNWRITTEN: &str = concat!("// UN", "WRITTEN: ");

/// Why nothing, or not all, was written.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("`{path}`: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("`{0}` has not the form that is expected here")]
    Form(PathBuf),
    #[error("`{0}` is in the table already")]
    There(String),
    #[error(transparent)]
    Model(#[from] models::Fault),
    #[error("`{path}`: {source}")]
    Json { path: PathBuf, source: serde_json::Error },
    #[error("the ledger: {0}")]
    Ledger(String),
    #[error("`cargo fmt` fails")]
    Unformatted,
}

/// Writes the operation's file and all that goes with it. `botocore` is where the models come from.
pub fn write(root: &Path, service: &str, operation: &str, botocore: &Path) -> Result<PathBuf, Fault> {
    let (lib, house) =
        (root.join(format!("services/{service}/src/lib.rs")), root.join(format!("models/{service}.house.toml")));
    let (library, listed) = (read(&lib)?, read(&house)?);
    let module = snake(operation);
    let file = root.join(format!("services/{service}/src/{module}.rs"));
    let rows = table::read(&library).ok_or_else(|| Fault::Form(lib.clone()))?.rows;
    if rows.iter().any(|row| row.operation == operation) || file.exists() {
        return Err(Fault::There(operation.to_owned()));
    }
    let library = with_lines(&library, &module, operation).ok_or_else(|| Fault::Form(lib.clone()))?;
    save(&house, &with_name(&listed, operation).ok_or_else(|| Fault::Form(house.clone()))?)?;
    if let Err(fault) = models::write_all(botocore) {
        // A name that AWS does not have leaves nothing behind.
        save(&house, &listed)?;
        return Err(fault.into());
    }
    let model = root.join(format!("models/{service}.json"));
    let shapes = serde_json::from_str(&read(&model)?).map_err(|source| Fault::Json { path: model, source })?;
    let text = body(&lib, service, operation, &shapes)?;
    save(&file, &text)?;
    save(&lib, &library)?;
    let formatted = Command::new(env!("CARGO")).args(["fmt", "-p", service]).current_dir(root).status();
    if !formatted.is_ok_and(|status| status.success()) {
        return Err(Fault::Unformatted);
    }
    let page = ledger::text(root).map_err(|trouble| Fault::Ledger(trouble.to_string()))?;
    save(&root.join("docs/ledger.md"), &page)?;
    Ok(file)
}

/// The two lines in `lib.rs`, each in the order of the alphabet.
fn with_lines(library: &str, module: &str, operation: &str) -> Option<String> {
    let opened = library.replacen("rows: &[Row::", "rows: &[\n        Row::", 1).replacen(")],\n", "),\n    ],\n", 1);
    let lines: Vec<&str> = if library.contains("rows: &[\n") { library } else { &opened }.lines().collect();
    let is_mod = |line: &&str| line.starts_with("mod ");
    let is_row = |line: &&str| line.trim_start().starts_with("Row::");
    let at = |belongs: &dyn Fn(&&str) -> bool, after: &dyn Fn(&str) -> bool| {
        let own = lines.iter().enumerate().filter(|(_, line)| belongs(line));
        let place = own.clone().find(|(_, line)| after(line)).map(|(place, _)| place);
        place.or_else(|| own.last().map(|(place, _)| place + 1))
    };
    let declared = format!("mod {module};");
    let of_mod = at(&is_mod, &|line| line > declared.as_str())?;
    let name = |line: &str| line.split('>').next().and_then(|head| head.rsplit([':', '<']).next()).map(str::to_owned);
    let of_row = at(&is_row, &|line| name(line).is_some_and(|name| name.as_str() > operation))?;
    let row = format!("        Row::of::<{module}::{operation}>(),");
    let mut out = String::with_capacity(library.len() + 128);
    for (place, line) in lines.iter().map(Some).chain([None]).enumerate() {
        let new = [(of_mod, &declared), (of_row, &row)];
        for (_, line) in new.iter().filter(|(at, _)| *at == place) {
            out.push_str(line);
            out.push('\n');
        }
        if let Some(line) = line {
            out.push_str(line);
            out.push('\n');
        }
    }
    Some(out)
}

/// The name among the operations of the house file, a line each.
fn with_name(listed: &str, operation: &str) -> Option<String> {
    const KEY: &str = "operations = [";
    let (before, rest) = listed.split_once(KEY)?;
    let (inner, after) = rest.split_once(']')?;
    let mut names: Vec<&str> = inner.split([',', '\n']).map(|name| name.trim().trim_matches('"')).collect();
    names.push(operation);
    names.retain(|name| !name.is_empty());
    names.sort_unstable();
    let names: String = names.iter().map(|name| format!("    \"{name}\",\n")).collect();
    Some(format!("{before}{KEY}\n{names}]{after}"))
}

/// The operation's file: what follows from the model stands there, what does not is marked.
fn body(lib: &Path, service: &str, operation: &str, model: &Value) -> Result<String, Fault> {
    let library = read(lib)?;
    let form = || Fault::Form(lib.to_owned());
    let marker =
        library.lines().find_map(|line| line.strip_prefix("pub struct ")?.strip_suffix(';')).ok_or_else(form)?;
    let of = |role: &str| model.pointer(&format!("/operations/{operation}/{role}")).and_then(Value::as_str);
    let shape = |role: &str, suffix: &str| of(role).map_or("Empty".to_owned(), |_| format!("{operation}{suffix}"));
    let (input, output) = (shape("input", "Input"), shape("output", "Output"));
    let shapes: Vec<_> = [&input, &output].into_iter().filter(|name| *name != "Empty").cloned().collect();
    let empty = if shapes.len() < 2 { "use shape::Empty;\n" } else { "" };
    let dry = of("input").and_then(|name| model.pointer(&format!("/shapes/{name}/members/DryRun")));
    let dry = dry.map_or(String::new(), |_| {
        format!("    fn dry_run(input: &{input}) -> bool {{\n        input.dry_run == Some(true)\n    }}\n\n")
    });
    let page = page(lib, service).ok_or_else(form)?;
    let read_only = ["Describe", "Get", "List", "Lookup", "Verify"].iter().any(|verb| operation.starts_with(verb));
    let filled = TEMPLATE
        .replace("#PAGE", &page)
        .replace("#EMPTY\n", empty)
        .replace("#SHAPES", &format!("use shapes_{service}::{{{}}};", shapes.join(", ")))
        .replace("#DRY", &dry)
        .replace("#INPUT", &input)
        .replace("#OUTPUT", &output)
        .replace("#READ_ONLY", &read_only.to_string())
        .replace("#MARKER", marker)
        .replace("#SERVICE", service)
        .replace("#OPERATION", operation)
        .replace("#UNWRITTEN ", UNWRITTEN);
    Ok(filled)
}

/// The address of the operation's page, as another file of the service has that of its own.
fn page(lib: &Path, service: &str) -> Option<String> {
    let files = std::fs::read_dir(lib.parent()?).ok()?.filter_map(Result::ok);
    files.into_iter().find_map(|file| {
        let text = std::fs::read_to_string(file.path()).ok()?;
        let line = text.lines().next()?.strip_prefix(&format!("//! {service}:"))?;
        let (base, _) = line.split_once('<')?.1.split_once("API_")?;
        Some(base.to_owned())
    })
}

const TEMPLATE: &str = "\
//! #SERVICE:#OPERATION <#PAGEAPI_#OPERATION.html>

use crate::#MARKER;
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Failure, Found, Never, Nothing, Operation, Outside, Stop};
#EMPTY
#SHAPES

pub struct #OPERATION;

#UNWRITTEN upon what it acts (`Target`), what it prepares (`Staged`), with what it fails (`Fault`), and how it stands on the trail
impl Operation for #OPERATION {
    type Shape = shapes_#SERVICE::#OPERATION;
    type Service = #MARKER;
    type Target = Nothing;
    type Staged = ();
    type Fault = Never;
    const TRAIL: Class = Class::Management { read_only: #READ_ONLY };

    #UNWRITTEN which thing the input names; pure, no look-up
    fn aim(_: &#INPUT) -> Result<Aim<Nothing>, Never> {
        Ok(Aim::at(()))
    }

    #UNWRITTEN who may: the action, upon each part of the target
    fn demands(_: &#INPUT, target: &Found<Nothing>) -> Demands {
        Demands::on(Action(\"#SERVICE:#OPERATION\"), target.look())
    }

#DRY    #UNWRITTEN what it does outside its tables, once; before it, in `check`, whether the target is in a state to
    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Never>> {
        Ok(())
    }

    #UNWRITTEN what it answers and writes, the same when run twice; then its tests, in `services/#SERVICE/tests`
    async fn apply(_: &Authorized<'_, Self>, (): &(), _: &mut Desk<'_, #MARKER>) -> Result<#OUTPUT, Stop<Never>> {
        let text = \"#OPERATION is not served yet.\".to_owned();
        Err(Stop::Foreign(Failure { code: \"UnsupportedOperationException\".into(), status: 400, text }))
    }
}
";

fn read(path: &Path) -> Result<String, Fault> {
    std::fs::read_to_string(path).map_err(|source| Fault::File { path: path.to_owned(), source })
}

fn save(path: &Path, text: &str) -> Result<(), Fault> {
    std::fs::write(path, text).map_err(|source| Fault::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// In each service, at the beginning, in the middle and at the end.
    #[test]
    fn the_two_lines_stand_in_order_in_every_table() {
        for service in ["cloudtrail", "iam", "kms", "sts"] {
            let text = read(&crate::workspace::root().join(format!("services/{service}/src/lib.rs"))).unwrap();
            let former = table::read(&text).unwrap().rows;
            for operation in ["AaFirst", "ListMiddle", "ZzLast"] {
                let with = with_lines(&text, &snake(operation), operation).unwrap();
                let rows = table::read(&with).unwrap().rows;
                assert_eq!(rows.len(), former.len() + 1, "{with}");
                let place = rows.iter().position(|row| row.operation == operation).unwrap();
                let before = rows.iter().take(place).filter(|row| !row.internal);
                assert!(before.clone().all(|row| row.operation.as_str() < operation), "{service}: {with}");
                assert_eq!(with.lines().filter(|line| line.starts_with("mod ")).count(), 1 + mods(&text));
                let sorted = with.lines().filter(|line| line.starts_with("mod ")).is_sorted();
                assert!(sorted, "{service}: {with}");
            }
        }
    }

    fn mods(text: &str) -> usize {
        text.lines().filter(|line| line.starts_with("mod ")).count()
    }

    #[test]
    fn a_name_is_listed_in_order_and_nothing_else_changes() {
        let one = with_name("origin = \"o\"\noperations = [\"B\"]\n\n[types]\n", "A").unwrap();
        assert_eq!(one, "origin = \"o\"\noperations = [\n    \"A\",\n    \"B\",\n]\n\n[types]\n");
        assert_eq!(with_name(&one, "C").unwrap().matches('"').count(), one.matches('"').count() + 2);
    }
}
