//! A text that is not a policy: which rule it breaks, where, and in whose words.

use crate::Kind;
use crate::json::{Fault, Why};

/// Why a document is refused. The text is AWS's where its words are known (most were recorded from IAM's CreatePolicy).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Malformed {
    class: Class,
    text: String,
    offset: usize,
    line: usize,
    column: usize,
}

/// The rule that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// More bytes than a document of its kind may have.
    TooLarge,
    /// More nesting, statements or members than any honest document has.
    TooComplex,
    /// A character outside tab, line feed, carriage return and U+0020 to U+00FF.
    Character,
    NotJson,
    /// JSON, but not of the policy grammar: an unknown element, a value of the wrong type, an element named twice.
    Syntax,
    /// A managed policy must be of version 2012-10-17.
    Version,
    /// What IAM calls "legacy parsing": the case of an effect, a date, an ARN with too few parts.
    Legacy,
    DuplicateSid,
    SidCharacter,
    ActionMissing,
    ResourceMissing,
    Action,
    Resource,
    /// An element that documents of this kind must not have.
    Prohibited,
    PrincipalMissing,
    /// A principal that can name nobody.
    Principal,
    /// `ForAllValues` over a key with one value, in a key policy: it would also match requests without that key.
    OverlyPermissive,
}

impl Malformed {
    pub(crate) fn new(class: Class, text: impl Into<String>, at: usize) -> Self {
        Self { class, text: text.into(), offset: at, line: 1, column: 1 }
    }

    pub(crate) fn syntax(at: usize) -> Self {
        Self::new(Class::Syntax, "Syntax errors in policy.", at)
    }

    pub(crate) fn legacy(at: usize) -> Self {
        Self::new(Class::Legacy, "The policy failed legacy parsing", at)
    }

    pub(crate) fn of_json(fault: Fault, kind: Kind) -> Self {
        let class = match fault.why {
            Why::NotJson => Class::NotJson,
            Why::TwiceNamed => Class::Syntax,
            Why::TooDeep | Why::TooMany => Class::TooComplex,
        };
        // Recorded: CreatePolicy answers the one, CreateRole the other.
        let text = match (kind, class) {
            (Kind::Trust, Class::NotJson) => "This policy contains invalid Json",
            _ => "Syntax errors in policy.",
        };
        Self::new(class, text, fault.at)
    }

    /// Counts lines and columns up to the offset.
    pub(crate) fn located(mut self, document: &str) -> Self {
        let before = document.get(..self.offset).unwrap_or(document);
        self.line = before.matches('\n').count() + 1;
        self.column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        self
    }

    pub fn class(&self) -> Class {
        self.class
    }

    /// What the caller is told.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The byte at which the offending element begins, counted from 0.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// In characters, counted from 1.
    pub fn column(&self) -> usize {
        self.column
    }
}
