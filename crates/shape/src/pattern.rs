//! The regular expressions of the models.

use std::sync::OnceLock;

/// A pattern of the model, compiled when it is first needed. It must match the whole text.
pub struct Pattern {
    /// As AWS prints it in its validation errors.
    pub text: &'static str,
    /// The same in the syntax of the `regex` crate.
    expression: &'static str,
    compiled: OnceLock<Option<regex::Regex>>,
}

/// The most memory that one compiled pattern may take.
const PATTERN_BYTES_MAX: usize = 4 << 20;

impl Pattern {
    pub const fn new(text: &'static str, expression: &'static str) -> Self {
        Self { text, expression, compiled: OnceLock::new() }
    }

    /// Whether the whole of `text` matches. A pattern that does not compile admits nothing; the generator's tests compile all of them.
    pub fn admits(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| {
            let whole = format!("^(?:{})$", self.expression);
            regex::RegexBuilder::new(&whole).size_limit(PATTERN_BYTES_MAX).build().ok()
        });
        compiled.as_ref().is_some_and(|expression| expression.is_match(text))
    }

    /// Whether the expression is one. For tests.
    pub fn compiles(&self) -> bool {
        regex::Regex::new(self.expression).is_ok()
    }
}
