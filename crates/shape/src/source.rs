//! Values on their way in.

use crate::{Report, Schema, TimeFormat};
use names::Time;
use secret::Secret;

/// What a format implements to read values, guided by the schema. Limits on depth and counts are the format's own.
pub trait Source {
    /// Reads a structure: calls `each` with the place of every member that is there and known. Unknown members and nulls are passed over.
    fn structure(&mut self, schema: &'static Schema, each: &mut EachMember<'_>) -> Result<(), Malformed>;

    /// Reads a list: calls `each` once an item.
    fn list(&mut self, schema: &'static Schema, each: &mut EachItem<'_>) -> Result<(), Malformed>;

    /// Reads a map: calls `each` once an entry.
    fn map(&mut self, schema: &'static Schema, each: &mut EachEntry<'_>) -> Result<(), Malformed>;

    fn text(&mut self) -> Result<String, Malformed>;

    fn blob(&mut self) -> Result<Vec<u8>, Malformed>;

    fn integer(&mut self) -> Result<i64, Malformed>;

    fn float(&mut self) -> Result<f64, Malformed>;

    fn boolean(&mut self) -> Result<bool, Malformed>;

    fn time(&mut self, format: TimeFormat) -> Result<Time, Malformed>;

    /// A secret text, which `look` sees before it shuts, to hold it against its bounds. The default copies; a format that can fill in
    /// place should.
    fn secret_text(&mut self, look: &mut Look<'_>) -> Result<Secret, Malformed> {
        let text = self.text()?;
        look(&text);
        Ok(Secret::from_vec(text.into_bytes()))
    }

    /// A secret blob.
    fn secret_blob(&mut self) -> Result<Secret, Malformed> {
        Ok(Secret::from_vec(self.blob()?))
    }
}

/// What [`Source::structure`] calls once a member: its place in the schema, and the source of its value.
pub type EachMember<'a> = dyn FnMut(usize, &mut dyn Source) -> Result<(), Malformed> + 'a;
/// What [`Source::list`] calls once an item.
pub type EachItem<'a> = dyn FnMut(&mut dyn Source) -> Result<(), Malformed> + 'a;
/// What [`Source::map`] calls once an entry, with its key.
pub type EachEntry<'a> = dyn FnMut(&str, &mut dyn Source) -> Result<(), Malformed> + 'a;

/// What [`Source::secret_text`] lets look at the text.
pub type Look<'a> = dyn FnMut(&str) + 'a;

/// Why bytes are not what the schema wants. The place is in the [`Report`] at that moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("not well-formed")]
    Syntax,
    #[error("{found} can not be converted to {wanted}")]
    Type { wanted: &'static str, found: &'static str },
    #[error("not valid base64")]
    Base64,
    #[error("not valid UTF-8")]
    Utf8,
    #[error("not a time")]
    Time,
    #[error("a number out of range")]
    Range,
    #[error("nested too deeply")]
    TooDeep,
    #[error("too many members")]
    TooMany,
}

impl Malformed {
    /// The text for the caller, with the member it is about.
    pub fn text(&self, report: &Report) -> String {
        let place = report.place();
        if place.is_empty() { self.to_string() } else { format!("{self} at '{place}'") }
    }
}
