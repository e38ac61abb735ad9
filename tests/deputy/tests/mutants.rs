//! What the deputy is worth: it has to notice when a line that records, judges or checks is taken out of the door.
//!
//! The kernel is copied to `target/mutants`, each of these lines behind a switch, and built once with what stands above it; everything
//! below is shared with the build that runs this test. With no switch the deputy is content; with each of them, the test that is named
//! fails.
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "a copy of the sources is made and built")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// One line that is taken out.
struct Mutant {
    name: &'static str,
    file: &'static str,
    /// As it stands, once in the file.
    line: &'static str,
    /// As it stands in the copy; `OUT` becomes the question whether this mutant is switched on.
    switched: &'static str,
    /// The test of the deputy that has to notice.
    noticed_by: &'static str,
}

const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "the record of a call",
        file: "gate.rs",
        line: "family.members.push(root);",
        switched: "if !OUT { family.members.push(root); }",
        noticed_by: "judged::who_has_no_policy_is_denied",
    },
    Mutant {
        name: "the ending in the record",
        file: "record.rs",
        line: "error_code: member.failure.as_ref()",
        switched: "error_code: member.failure.as_ref().filter(|_| !OUT)",
        noticed_by: "judged::who_has_no_policy_is_denied",
    },
    Mutant {
        name: "the end of a call that is denied",
        file: "gate.rs",
        line: "Decision::Deny(denial) => return",
        switched: "Decision::Deny(_) if OUT => {}\nDecision::Deny(denial) => return",
        noticed_by: "judged::who_is_denied_explicitly_is_denied",
    },
    Mutant {
        name: "the look at who calls what is internal",
        file: "gate.rs",
        line: "return if own {",
        switched: "return if own || OUT {",
        noticed_by: "judged::internal_rows_are_closed_to_users",
    },
    Mutant {
        name: "the bounds of the schema",
        file: "house.rs",
        line: "(Ok(()), Some(input)) if report.is_clean()",
        switched: "(Ok(()), Some(input)) if report.is_clean() || OUT",
        noticed_by: "spoiled::values_out_of_bounds_are_refused",
    },
    Mutant {
        name: "the operation's own check",
        file: "gate.rs",
        line: "steps.check(parts).map_err(Ending::Failed)?;",
        switched: "if !OUT { steps.check(parts).map_err(Ending::Failed)?; }",
        noticed_by: "judged::what_an_operation_checks_is_checked",
    },
    Mutant {
        name: "the end of a dry run",
        file: "gate.rs",
        line: "match steps.dry_run(parts.input)? {",
        switched: "match steps.dry_run(parts.input)?.filter(|_| !OUT) {",
        noticed_by: "judged::a_dry_run_ends_with_its_verdict",
    },
    Mutant {
        name: "the refusal of tokens",
        file: "admit.rs",
        line: "if !is_its_token(temporary, claim.token.as_deref()) {",
        switched: "if !is_its_token(temporary, claim.token.as_deref()) && !OUT {",
        noticed_by: "door::who_is_not_known_leaves_no_trace_and_gets_nowhere",
    },
];

/// The switch: the name of what is taken out.
const SWITCH: &str = "TAKEN_OUT";
/// What the copy of the kernel calls itself, so that nothing built with it is taken for what is built without.
const VERSION: (&str, &str) = ("\nversion.workspace = true", "\nversion = \"0.1.0-switched\"");

#[test]
fn the_deputy_notices_what_is_taken_out() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let (target, profile) = build();
    let tree = target.join("mutants");
    copy(&root, &tree);
    let deputy = built(&tree, &target, &profile);
    let content = run(&deputy, &tree, "nothing");
    assert!(content.status.success(), "the deputy fails when nothing is taken out:\n{}", text(&content.stdout));
    for mutant in MUTANTS {
        let output = run(&deputy, &tree, mutant.name);
        let failed = format!("test {} ... FAILED", mutant.noticed_by);
        let noticed = !output.status.success() && text(&output.stdout).contains(&failed);
        assert!(noticed, "without {} the test {} does not fail", mutant.name, mutant.noticed_by);
    }
}

/// The target folder and the profile of the build that this test belongs to, so that the copy shares what is built already.
fn build() -> (PathBuf, String) {
    let own = std::env::current_exe().unwrap();
    let folder = own.parent().and_then(Path::parent).unwrap();
    let profile = folder.file_name().unwrap().to_string_lossy().into_owned();
    let profile = if profile == "debug" { "dev".to_owned() } else { profile };
    (folder.parent().unwrap().to_owned(), profile)
}

/// A workspace whose members are those of the tree itself, the kernel excepted. Cargo names what it builds by places within the workspace,
/// so it finds what is built already.
fn copy(root: &Path, tree: &Path) {
    for file in ["Cargo.toml", "Cargo.lock"] {
        write(&tree.join(file), &std::fs::read_to_string(root.join(file)).unwrap());
    }
    link_all(root, tree, &["crates", "target"]);
    link_all(&root.join("crates"), &tree.join("crates"), &["kernel"]);
    let (from, to) = (root.join("crates/kernel"), tree.join("crates/kernel"));
    let manifest = std::fs::read_to_string(from.join("Cargo.toml")).unwrap();
    write(&to.join("Cargo.toml"), &manifest.replace(VERSION.0, VERSION.1));
    copy_folder(&from.join("src"), &to.join("src"));
}

/// Every folder of `from`, by its name in `to`.
fn link_all(from: &Path, to: &Path, excepted: &[&str]) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        let hidden = name.to_string_lossy().starts_with('.');
        let link = to.join(&name);
        if path.is_dir() && !hidden && !excepted.iter().any(|one| name == *one) && !link.is_symlink() {
            std::os::unix::fs::symlink(path, link).unwrap();
        }
    }
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let place = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &place);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        write(&place, &switched(&path, text));
    }
}

/// The source with its switches in.
fn switched(path: &Path, mut text: String) -> String {
    let name = path.file_name().unwrap().to_string_lossy();
    for mutant in MUTANTS.iter().filter(|mutant| mutant.file == name) {
        let times = text.matches(mutant.line).count();
        assert_eq!(times, 1, "`{}` stands {times} times in the kernel's {name}", mutant.line);
        let question = format!("crate::taken_out({:?})", mutant.name);
        text = text.replace(mutant.line, &mutant.switched.replace("OUT", &question));
    }
    if name == "lib.rs" {
        text.push_str(&format!(
            "\nfn taken_out(name: &str) -> bool {{\n    std::env::var_os({SWITCH:?}).is_some_and(|one| one == name)\n}}\n"
        ));
    }
    text
}

/// Writes what is not there already, so that a second build finds nothing to do.
fn write(path: &Path, text: &str) {
    if std::fs::read_to_string(path).is_ok_and(|former| former == text) {
        return;
    }
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Builds the deputy of the copy, and answers where it is.
fn built(tree: &Path, target: &Path, profile: &str) -> PathBuf {
    let words = ["test", "--no-run", "--offline", "--workspace", "--test", "rows", "--profile", profile];
    let cargo =
        Command::new(env!("CARGO")).args(words).arg("--target-dir").arg(target).current_dir(tree).output().unwrap();
    let said = text(&cargo.stderr);
    assert!(cargo.status.success(), "the copy does not build:\n{said}");
    // `  Executable tests/rows/main.rs (…/rows-0123456789abcdef)`
    let line = said.lines().find(|line| line.contains("Executable")).unwrap();
    let path = line.rsplit_once('(').unwrap().1.trim_end_matches(')');
    tree.join(path)
}

fn run(deputy: &Path, tree: &Path, taken_out: &str) -> Output {
    Command::new(deputy).env(SWITCH, taken_out).current_dir(tree.join("tests/deputy")).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
