//! Inputs as trees, for calls that come from the wire with anything in them.

use names::Time;
use shape::{EachEntry, EachItem, EachMember, Kind, Malformed, Schema, Source, TimeFormat};

/// A value as a wire format would have read it.
#[derive(Clone, Debug)]
pub enum Tree {
    Map(Vec<(String, Tree)>),
    List(Vec<Tree>),
    Text(String),
    Number(i64),
    Truth(bool),
    /// Bytes that are no value at all.
    Garbage,
}

impl Tree {
    /// A structure or map.
    pub fn map<const N: usize>(entries: [(&str, Tree); N]) -> Self {
        Self::Map(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// What every reading of this value fails with, if it is not of the kind that is wanted.
    fn refused<T>(&self, wanted: &'static str) -> Result<T, Malformed> {
        match self {
            Self::Garbage => Err(Malformed::Syntax),
            _ => Err(Malformed::Type { wanted, found: "another value" }),
        }
    }
}

impl Source for Tree {
    fn structure(&mut self, schema: &'static Schema, each: &mut EachMember<'_>) -> Result<(), Malformed> {
        let Kind::Structure { members } = &schema.kind else { return self.refused("a structure") };
        let Self::Map(entries) = self else { return self.refused("a structure") };
        for (name, value) in entries {
            if let Some(place) = members.iter().position(|member| member.name == name) {
                each(place, value)?;
            }
        }
        Ok(())
    }

    fn list(&mut self, _: &'static Schema, each: &mut EachItem<'_>) -> Result<(), Malformed> {
        let Self::List(items) = self else { return self.refused("a list") };
        items.iter_mut().try_for_each(|item| each(item))
    }

    fn map(&mut self, _: &'static Schema, each: &mut EachEntry<'_>) -> Result<(), Malformed> {
        let Self::Map(entries) = self else { return self.refused("a map") };
        entries.iter_mut().try_for_each(|(key, value)| each(key, value))
    }

    fn text(&mut self) -> Result<String, Malformed> {
        if let Self::Text(text) = self { Ok(text.clone()) } else { self.refused("a text") }
    }

    fn blob(&mut self) -> Result<Vec<u8>, Malformed> {
        self.text().map(String::into_bytes)
    }

    fn integer(&mut self) -> Result<i64, Malformed> {
        if let Self::Number(number) = self { Ok(*number) } else { self.refused("a number") }
    }

    fn float(&mut self) -> Result<f64, Malformed> {
        self.refused("a number with a fraction")
    }

    fn boolean(&mut self) -> Result<bool, Malformed> {
        if let Self::Truth(truth) = self { Ok(*truth) } else { self.refused("true or false") }
    }

    fn time(&mut self, _: TimeFormat) -> Result<Time, Malformed> {
        self.integer().map(Time::from_seconds)
    }
}
