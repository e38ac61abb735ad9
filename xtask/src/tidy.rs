//! `cargo xtask tidy`: the rules of the house that neither the compiler nor a lint can hold. It runs as a test of this crate.
//!
//! What a rule finds can be excused in `ci/tidy.toml`, with a reason. Those lists may only shrink.

mod deny;
mod excuses;
mod floors;
mod functions;
mod licence;
mod manifests;
mod sources;
pub mod tables;

use crate::workspace::{Trouble, Workspace};
use std::fmt;
use std::path::Path;

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The rule, as `ci/tidy.toml` names it.
    pub rule: &'static str,
    /// What an excuse is made out to: a path, a crate, or `path::function`.
    pub place: String,
    pub line: Option<usize>,
    pub text: String,
}

/// Everything that is not excused, sorted. Empty is good.
pub fn findings(root: &Path) -> Result<Vec<Finding>, Trouble> {
    let workspace = Workspace::read(root)?;
    let mut findings = floors::check(&workspace);
    findings.extend(manifests::check(&workspace));
    findings.extend(deny::check(&workspace)?);
    findings.extend(sources::check(&workspace));
    findings.extend(functions::check(&workspace));
    findings.extend(tables::check(&workspace));
    let mut findings = excuses::apply(&workspace, findings)?;
    findings.sort();
    Ok(findings)
}

impl Finding {
    pub(crate) fn at(rule: &'static str, place: impl Into<String>, text: impl Into<String>) -> Self {
        Self { rule, place: place.into(), line: None, text: text.into() }
    }

    pub(crate) fn on_line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {} [{}]", self.place, self.text, self.rule),
            None => write!(f, "{}: {} [{}]", self.place, self.text, self.rule),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// The test that keeps the house tidy.
    #[test]
    fn the_tree_is_tidy() {
        let findings = findings(&crate::workspace::root()).unwrap();
        let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
        assert!(lines.is_empty(), "{} findings:\n{}", lines.len(), lines.join("\n"));
    }
}
