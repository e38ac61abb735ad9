//! The tree as the chores see it: its members, its files, and what cargo says of its dependencies.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Why a chore could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("`{path}`: {source}", path = path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("`{path}`: {text}", path = path.display())]
    Unreadable { path: PathBuf, text: String },
    #[error("cargo {words}: {text}")]
    Cargo { words: String, text: String },
}

/// The workspace, read once.
pub struct Workspace {
    pub root: PathBuf,
    pub members: Vec<Member>,
    /// All files that a person wrote, by their path from the root.
    pub files: Vec<File>,
    /// Every third-party package that is built for some target, with those that depend on it directly.
    pub packages: BTreeMap<String, Package>,
}

/// A crate of the workspace.
pub struct Member {
    pub name: String,
    /// Its folder from the root: `crates/kernel`.
    pub folder: String,
    pub arrows: Vec<Arrow>,
}

/// One declared dependency.
pub struct Arrow {
    pub to: String,
    pub kind: Kind,
    /// Whether it leads to another member.
    pub inside: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Normal,
    Build,
    Dev,
}

/// A file of the tree.
pub struct File {
    /// From the root, with `/`.
    pub path: String,
    pub text: String,
}

/// A package as cargo resolves it.
#[derive(Default)]
pub struct Package {
    pub licence: String,
    pub dependents: BTreeSet<String>,
    /// Whether it stands in this tree.
    pub own: bool,
}

/// The root of this checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_path_buf()
}

impl Workspace {
    pub fn read(root: &Path) -> Result<Self, Trouble> {
        let metadata = cargo(root, &["metadata", "--format-version", "1", "--no-deps", "--offline"])?;
        let metadata: Value = serde_json::from_str(&metadata)
            .map_err(|error| Trouble::Cargo { words: "metadata".to_owned(), text: error.to_string() })?;
        let words = "tree --workspace --target all --edges normal,build,dev --prefix depth --offline --format |{p}|{l}";
        let words: Vec<&str> = words.split(' ').collect();
        let mut files = Vec::new();
        walk(root, root, &mut files)?;
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(Self {
            root: root.to_owned(),
            members: members(root, &metadata),
            files,
            packages: packages(&cargo(root, &words)?),
        })
    }

    /// The files of a folder that have this ending.
    pub fn files_in<'a>(&'a self, folder: &'a str, ending: &'a str) -> impl Iterator<Item = &'a File> {
        let within = move |file: &&File| file.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        self.files.iter().filter(within).filter(move |file| file.path.ends_with(ending))
    }

    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }
}

fn cargo(root: &Path, words: &[&str]) -> Result<String, Trouble> {
    let trouble = |text: String| Trouble::Cargo { words: words.join(" "), text };
    let program = option_env!("CARGO").unwrap_or("cargo");
    let output = Command::new(program).args(words).current_dir(root).output();
    let output = output.map_err(|error| trouble(error.to_string()))?;
    if !output.status.success() {
        return Err(trouble(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    String::from_utf8(output.stdout).map_err(|error| trouble(error.to_string()))
}

fn members(root: &Path, metadata: &Value) -> Vec<Member> {
    let packages = metadata.get("packages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    packages.iter().filter_map(|package| member(root, package)).collect()
}

fn member(root: &Path, package: &Value) -> Option<Member> {
    let manifest = Path::new(package.get("manifest_path")?.as_str()?);
    let folder = manifest.parent()?.strip_prefix(root).ok()?;
    let arrows = package.get("dependencies")?.as_array()?.iter().filter_map(arrow).collect();
    let folder = folder.to_string_lossy().replace('\\', "/");
    Some(Member { name: package.get("name")?.as_str()?.to_owned(), folder, arrows })
}

fn arrow(dependency: &Value) -> Option<Arrow> {
    let kind = match dependency.get("kind").and_then(Value::as_str) {
        Some("dev") => Kind::Dev,
        Some("build") => Kind::Build,
        _ => Kind::Normal,
    };
    let inside = dependency.get("path").is_some_and(|path| !path.is_null());
    Some(Arrow { to: dependency.get("name")?.as_str()?.to_owned(), kind, inside })
}

/// Out of `cargo tree`'s lines, `depth|name vX.Y.Z …|licence`: what is really built, features considered. `cargo metadata` also
/// lists what no feature asks for.
fn packages(tree: &str) -> BTreeMap<String, Package> {
    let mut packages: BTreeMap<String, Package> = BTreeMap::new();
    let mut above: Vec<String> = Vec::new();
    for line in tree.lines() {
        let Some((depth, rest)) = line.split_once('|') else { continue };
        let Some((title, licence)) = rest.rsplit_once('|') else { continue };
        let (Ok(depth), Some(name)) = (depth.parse::<usize>(), title.split(' ').next()) else { continue };
        above.truncate(depth);
        let package = packages.entry(name.to_owned()).or_default();
        licence.trim_end_matches(" (*)").clone_into(&mut package.licence);
        package.own |= title.contains(" (/") || title.contains(":\\");
        package.dependents.extend(above.last().cloned());
        above.push(name.to_owned());
    }
    packages
}

/// Everything that a person wrote, and no data of tests.
fn walk(root: &Path, folder: &Path, files: &mut Vec<File>) -> Result<(), Trouble> {
    const ENDINGS: [&str; 7] = ["rs", "toml", "py", "sh", "md", "tf", "ini"];
    let trouble = |source| Trouble::File { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(trouble)? {
        let path = entry.map_err(trouble)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let hidden = name.starts_with('.') && name != ".ci";
        let data = ["target", "node_modules", "data", "corpus", "artifacts", "acceptance", "__pycache__"]
            .contains(&name.as_str());
        if hidden || data {
            continue;
        }
        if path.is_dir() {
            walk(root, &path, files)?;
            continue;
        }
        let written = path.extension().is_some_and(|ending| ENDINGS.iter().any(|one| ending == *one));
        if written || name == "Makefile" || path.starts_with(root.join(".ci")) {
            files.push(read(root, &path)?);
        }
    }
    Ok(())
}

fn read(root: &Path, path: &Path) -> Result<File, Trouble> {
    let text = std::fs::read_to_string(path).map_err(|source| Trouble::File { path: path.to_owned(), source })?;
    let path = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
    Ok(File { path, text })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, reason = "tests")]

    use super::*;

    #[test]
    fn a_tree_gives_licences_and_dependents() {
        let tree = "0|store v0.1.0 (/somewhere/store)|Apache-2.0\n1|rusqlite v0.43.0|MIT\n2|libc v0.2.1|MIT OR Apache-2.0\n\
                    1|libc v0.2.1|MIT OR Apache-2.0 (*)\n";
        let packages = packages(tree);
        assert!(packages["store"].own && !packages["libc"].own);
        assert_eq!(packages["libc"].licence, "MIT OR Apache-2.0");
        assert_eq!(packages["libc"].dependents.iter().map(String::as_str).collect::<Vec<_>>(), ["rusqlite", "store"]);
    }
}
