//! What is wrong with an input: all violations at once, in the order of the model, as AWS counts them.

use crate::{Member, Secrecy};
use std::fmt::{Display, Write as _};

/// Collects violations while an input is read, and knows at which place the reader is.
#[derive(Default)]
pub struct Report {
    path: Vec<Step>,
    violations: Vec<(Vec<u32>, Violation)>,
    /// The list or map of plain values that is being read. What breaks a bound in it is told once, of the whole.
    gathered: Option<Gathered>,
}

/// The values of a list or map, as far as they may be shown, and whether one of them breaks a bound.
#[derive(Default)]
pub(crate) struct Gathered {
    pub broken: bool,
    concealed: bool,
    shown: String,
    /// What stands before the next value.
    separator: &'static str,
}

/// One way in which an input breaks a bound of its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// `tags.1.member.tagValue`: members in lower camel case, list items counted from 1.
    pub place: String,
    pub shown: Value,
    pub constraint: Constraint,
}

/// The offending value as far as it may be repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    Text(String),
    /// Sensitive, or too large to repeat.
    Hidden,
}

/// The bound that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constraint {
    NotNull,
    LengthMin(u64),
    LengthMax(u64),
    ValueMin(i64),
    ValueMax(i64),
    Pattern(&'static str),
    Values(&'static [&'static str]),
    /// An item of a list breaks one of the rules; AWS names all of them, and not which item it was.
    Items(Vec<Constraint>),
    /// As [`Constraint::Items`], of the keys of a map.
    Keys(Vec<Constraint>),
    /// As [`Constraint::Items`], of the values of a map.
    MapValues(Vec<Constraint>),
}

enum Step {
    Member { index: u32, name: &'static str, secret: bool },
    Item(u32),
    Key(u32),
}

/// How many violations a report keeps: a hostile input shall not fill memory with its own faults.
const VIOLATIONS_MAX: usize = 100;
/// How much of an offending text is repeated.
const SHOWN_CHARS_MAX: usize = 2_048;

impl Report {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn enter_member(&mut self, index: usize, member: &'static Member) {
        let secret = member.secrecy != Secrecy::Public || member.schema.secrecy != Secrecy::Public;
        self.path.push(Step::Member { index: index as u32, name: member.name, secret });
    }

    pub fn enter_item(&mut self, index: usize) {
        self.path.push(Step::Item(index as u32));
    }

    pub fn enter_key(&mut self, index: usize) {
        self.path.push(Step::Key(index as u32));
    }

    pub fn leave(&mut self) {
        self.path.pop();
    }

    /// Notes that the value at the present place breaks `constraint`.
    pub fn violate(&mut self, shown: Value, constraint: Constraint) {
        if let Some(gathered) = &mut self.gathered {
            gathered.broken = true;
            return;
        }
        if self.violations.len() >= VIOLATIONS_MAX {
            return;
        }
        let hidden = self.path.iter().any(|step| matches!(step, Step::Member { secret: true, .. }));
        let shown = match shown {
            Value::Text(_) if hidden => Value::Hidden,
            Value::Text(text) if text.chars().count() > SHOWN_CHARS_MAX => Value::Hidden,
            other => other,
        };
        let order = self.path.iter().map(|step| match step {
            Step::Member { index, .. } | Step::Item(index) | Step::Key(index) => *index,
        });
        self.violations.push((order.collect(), Violation { place: self.place(), shown, constraint }));
    }

    /// From now on all values belong to one list or map.
    pub(crate) fn gather(&mut self) {
        self.gathered = Some(Gathered::default());
    }

    /// Ends what [`Report::gather`] began. `None` if nothing did.
    pub(crate) fn gathered(&mut self) -> Option<Gathered> {
        self.gathered.take()
    }

    /// The next value of the list or map; `None` for one that may not be shown. A map's value follows its key.
    pub(crate) fn tell(&mut self, value: Option<&dyn Display>) {
        let Some(gathered) = &mut self.gathered else { return };
        gathered.tell(value);
        gathered.separator = ", ";
    }

    pub(crate) fn tell_key(&mut self, key: &str) {
        let Some(gathered) = &mut self.gathered else { return };
        gathered.tell(Some(&key));
        gathered.separator = "=";
    }

    /// The place where the reader is: `tags.1.member.tagValue`. Empty at the top.
    pub fn place(&self) -> String {
        let mut place = String::new();
        for step in &self.path {
            if !place.is_empty() {
                place.push('.');
            }
            match step {
                Step::Member { name, .. } => lower_camel(name, &mut place),
                Step::Item(index) => {
                    let _ = write!(place, "{}.member", index + 1);
                }
                Step::Key(_) => place.push_str("key"),
            }
        }
        place
    }

    /// All violations, in the order of the model. Empty when the input is sound.
    pub fn violations(mut self) -> Vec<Violation> {
        self.violations.sort_by(|one, other| one.0.cmp(&other.0));
        self.violations.into_iter().map(|(_, violation)| violation).collect()
    }

    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }
}

impl Gathered {
    fn tell(&mut self, value: Option<&dyn Display>) {
        match value {
            // A character has four bytes at most.
            Some(value) if self.shown.len() <= SHOWN_CHARS_MAX * 4 => {
                let _ = write!(self.shown, "{}{value}", self.separator);
            }
            _ => self.concealed = true,
        }
    }

    /// The list or map in Java's spelling.
    pub fn value(&self, opening: char, closing: char) -> Value {
        if self.concealed { Value::Hidden } else { Value::Text(format!("{opening}{}{closing}", self.shown)) }
    }
}

impl Violation {
    /// AWS's text: `Value 'x' at 'keyId' failed to satisfy constraint: Member must have length less than or equal to 2048`. IAM and the
    /// other query services leave the value out (`quoted` false), also where there is none.
    pub fn text(&self, quoted: bool) -> String {
        let value = match &self.shown {
            Value::Null if quoted => "Value null".to_owned(),
            Value::Text(text) if quoted => format!("Value '{text}'"),
            _ => "Value".to_owned(),
        };
        format!("{value} at '{}' failed to satisfy constraint: {}", self.place, self.constraint.text())
    }
}

impl Constraint {
    fn text(&self) -> String {
        match self {
            Self::NotNull => "Member must not be null".to_owned(),
            Self::LengthMin(min) => format!("Member must have length greater than or equal to {min}"),
            Self::LengthMax(max) => format!("Member must have length less than or equal to {max}"),
            Self::ValueMin(min) => format!("Member must have value greater than or equal to {min}"),
            Self::ValueMax(max) => format!("Member must have value less than or equal to {max}"),
            Self::Pattern(pattern) => format!("Member must satisfy regular expression pattern: {pattern}"),
            Self::Values(values) => format!("Member must satisfy enum value set: [{}]", values.join(", ")),
            Self::Items(rules) => format!("Member must satisfy constraint: [{}]", joined(rules)),
            Self::Keys(rules) => format!("Map keys must satisfy constraint: [{}]", joined(rules)),
            Self::MapValues(rules) => format!("Map value must satisfy constraint: [{}]", joined(rules)),
        }
    }
}

fn joined(rules: &[Constraint]) -> String {
    rules.iter().map(Constraint::text).collect::<Vec<_>>().join(", ")
}

/// The member names in AWS's validation errors and trail records begin in lower case: `KeyId` is `keyId`, `SSEAlgorithm` is `sSEAlgorithm`.
fn lower_camel(name: &str, out: &mut String) {
    let mut chars = name.chars();
    if let Some(first) = chars.next() {
        out.push(first.to_ascii_lowercase());
    }
    out.push_str(chars.as_str());
}

/// `1 validation error detected: …; …`, as AWS joins them.
pub fn text(violations: &[Violation], quoted: bool) -> String {
    let texts: Vec<String> = violations.iter().map(|violation| violation.text(quoted)).collect();
    let noun = if texts.len() == 1 { "error" } else { "errors" };
    format!("{} validation {noun} detected: {}", texts.len(), texts.join("; "))
}
