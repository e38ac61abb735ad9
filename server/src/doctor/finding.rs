//! What was found: how bad it is, what it is, why it matters, how it is mended; and the report of all.

use serde::Serialize;
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

/// From the best to the worst.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Ok,
    /// Worth knowing; nothing has to be done.
    Note,
    /// Something is weaker than it could be, or will go wrong.
    Warning,
    /// Something is wrong.
    Problem,
}

/// One thing that was looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    level: Level,
    /// A name that stays, for scripts.
    check: &'static str,
    what: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    why: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    mend: String,
}

impl Finding {
    pub fn ok(check: &'static str, what: String) -> Self {
        Self { level: Level::Ok, check, what, why: "", mend: String::new() }
    }

    pub fn note(check: &'static str, what: String, why: &'static str, mend: impl Into<String>) -> Self {
        Self { level: Level::Note, check, what, why, mend: mend.into() }
    }

    pub fn warning(check: &'static str, what: String, why: &'static str, mend: impl Into<String>) -> Self {
        Self { level: Level::Warning, check, what, why, mend: mend.into() }
    }

    pub fn problem(check: &'static str, what: String, why: &'static str, mend: impl Into<String>) -> Self {
        Self { level: Level::Problem, check, what, why, mend: mend.into() }
    }

    pub fn is_problem(&self) -> bool {
        self.level == Level::Problem
    }

    #[cfg(test)]
    pub fn told(&self) -> (Level, &'static str) {
        (self.level, self.check)
    }
}

/// All findings, the worst first.
#[derive(Serialize)]
pub struct Report {
    level: Level,
    findings: Vec<Finding>,
}

impl Report {
    pub fn of(mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
        let level = findings.first().map_or(Level::Ok, |finding| finding.level);
        Self { level, findings }
    }

    pub fn status(&self) -> ExitCode {
        ExitCode::from(match self.level {
            Level::Ok | Level::Note => 0,
            Level::Warning => 1,
            Level::Problem => 2,
        })
    }

    /// For people.
    pub fn text(&self, directory: &Path) -> String {
        let mut text = format!("kagiban {}, data directory {}\n\n", env!("CARGO_PKG_VERSION"), directory.display());
        for Finding { level, check, what, why, mend } in &self.findings {
            // Writing to memory does not fail.
            let _ = writeln!(text, "{:<8} {check}: {what}", level.word());
            for (name, words) in [("why", *why), ("mend", mend.as_str())] {
                if !words.is_empty() {
                    let _ = writeln!(text, "         {name}: {words}");
                }
            }
        }
        let count = |level| self.findings.iter().filter(|finding| finding.level == level).count();
        let _ = write!(
            text,
            "\nproblems: {}, warnings: {}, notes: {}, ok: {}",
            count(Level::Problem),
            count(Level::Warning),
            count(Level::Note),
            count(Level::Ok)
        );
        text
    }

    /// For programs: `{"level": …, "findings": [{"level", "check", "what", "why", "mend"}, …]}`.
    pub fn json(&self) -> String {
        // INVARIANT: texts and words, with no map whose keys could fail.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_comes_first_and_decides() {
        let found = |level| match level {
            Level::Ok => Finding::ok("a", "x".into()),
            Level::Note => Finding::note("b", "x".into(), "y", "z"),
            Level::Warning => Finding::warning("c", "x".into(), "y", "z"),
            Level::Problem => Finding::problem("d", "x \"quoted\"".into(), "y", "z"),
        };
        for (levels, status) in [
            (&[][..], 0),
            (&[Level::Ok, Level::Note], 0),
            (&[Level::Note, Level::Warning, Level::Ok], 1),
            (&[Level::Ok, Level::Problem, Level::Warning], 2),
        ] {
            let report = Report::of(levels.iter().copied().map(found).collect());
            assert_eq!(report.status(), ExitCode::from(status), "{levels:?}");
        }
        let report = Report::of(vec![found(Level::Ok), found(Level::Problem)]);
        assert!(report.text(Path::new("/data")).contains("problem  d: x \"quoted\"\n         why: y\n"));
        let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap_or_default();
        let first = json.pointer("/findings/0");
        assert_eq!(first.and_then(|first| first.get("what")), Some(&"x \"quoted\"".into()), "{json}");
        assert_eq!((json.get("level"), json.pointer("/findings/1/why")), (Some(&"problem".into()), None));
    }
}
