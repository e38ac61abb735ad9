//! What must hold of a JSON document, whatever the bytes: serde_json and our reader accept the same, and read the same in it.

use super::kitchen::KITCHEN;
use super::tree::Tree;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use shape::{Malformed, Source};
use std::fmt;
use wire::json::JsonSource;

/// Names of members that the comparison looks into.
pub const ANYTHING: &[&str] = &["text", "blob", "integer", "self", "list"];

#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    Accepted,
    Refused,
    /// Refused for its size alone.
    Limited,
}

/// Reads `bytes` by a schema and compares them with what serde_json says.
pub fn probe(bytes: &[u8]) {
    verdict(bytes);
    if let Ok(mut source) = JsonSource::new(bytes)
        && let Ok(tree) = Tree::read(&KITCHEN, &mut source)
        && source.finish().is_ok()
    {
        let receipt = super::keys::receipt();
        let mut sink = wire::json::JsonSink::new(&super::keys::keys().exit, &receipt);
        tree.write(&KITCHEN, &mut sink);
        let written = sink.finish();
        let mut source = JsonSource::new(&written).unwrap();
        Tree::read(&KITCHEN, &mut source).unwrap();
        source.finish().unwrap();
        serde_json::from_slice::<serde_json::Value>(&written).unwrap();
    }
}

/// Compares our reader, without regard to types, with serde_json. Panics where they differ.
pub fn verdict(bytes: &[u8]) -> Verdict {
    if bytes.is_empty() {
        // Ours to decide: no body is an empty structure.
        return Verdict::Accepted;
    }
    let ours = JsonSource::new(bytes).and_then(|mut source| {
        let value = anything(&mut source)?;
        source.finish().map(|()| value)
    });
    let theirs = serde_json::from_slice::<Document>(bytes);
    let shown = String::from_utf8_lossy(bytes);
    match (ours, theirs) {
        (Err(Malformed::TooDeep | Malformed::TooMany), _) => Verdict::Limited,
        // We read no number that is passed over; serde_json reads them all.
        (_, Err(error)) if error.to_string().contains("number out of range") => Verdict::Refused,
        (Err(Malformed::Range), _) if bytes.len() > wire::limits::NUMBER_BYTES_MAX => Verdict::Limited,
        (Ok(value), Ok(document)) => match document.known() {
            Some(expected) => {
                assert!(same(&value, &expected), "{value:?} and {expected:?} of {shown}");
                Verdict::Accepted
            }
            None => panic!("accepted, but null stands in a list or for a structure: {shown}"),
        },
        (Err(malformed), Ok(document)) => {
            let well_typed = matches!(document, Document::Object(_)) && document.known().is_some();
            assert!(!well_typed, "{malformed}: {shown}");
            Verdict::Refused
        }
        (Ok(value), Err(error)) => panic!("{value:?}, but {error}: {shown}"),
        (Err(_), Err(_)) => Verdict::Refused,
    }
}

/// A document as far as the comparison looks into it.
#[derive(Debug, Clone)]
enum Document {
    Null,
    Boolean(bool),
    Number(f64),
    Text(String),
    List(Vec<Document>),
    /// In the order written, with what stands twice.
    Object(Vec<(String, Document)>),
}

impl Document {
    /// Only the members that the schema knows and that are not null, the last of each name. `None` where null stands in a list.
    fn known(&self) -> Option<Self> {
        match self {
            Self::Null => None,
            Self::List(items) => items.iter().map(Self::known).collect::<Option<_>>().map(Self::List),
            Self::Object(entries) => {
                let mut known: Vec<(String, Self)> = Vec::new();
                for (name, value) in entries {
                    if !ANYTHING.contains(&name.as_str()) || matches!(value, Self::Null) {
                        continue;
                    }
                    known.retain(|(other, _)| other != name);
                    known.push((name.clone(), value.known()?));
                }
                known.sort_by(|one, other| one.0.cmp(&other.0));
                Some(Self::Object(known))
            }
            other => Some(other.clone()),
        }
    }
}

/// Numbers may differ in their last bits: serde_json does not round exactly unless it is told to.
fn same(one: &Document, other: &Document) -> bool {
    match (one, other) {
        (Document::Number(one), Document::Number(other)) => {
            one == other || (one.to_bits() as i64).abs_diff(other.to_bits() as i64) <= 4
        }
        (Document::Boolean(one), Document::Boolean(other)) => one == other,
        (Document::Text(one), Document::Text(other)) => one == other,
        (Document::List(one), Document::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Document::Object(one), Document::Object(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| one.0 == other.0 && same(&one.1, &other.1))
        }
        _ => false,
    }
}

/// Reads a value of whatever type it is. A reader that finds another type than the wanted one takes nothing.
fn anything(source: &mut dyn Source) -> Result<Document, Malformed> {
    match source.text() {
        Err(Malformed::Type { found: "TRUE_VALUE" | "FALSE_VALUE", .. }) => source.boolean().map(Document::Boolean),
        Err(Malformed::Type { found: "NUMBER_VALUE", .. }) => source.float().map(Document::Number),
        Err(Malformed::Type { found: "START_ARRAY", .. }) => {
            let mut items = Vec::new();
            source.list(&KITCHEN, &mut |source| {
                items.push(anything(source)?);
                Ok(())
            })?;
            Ok(Document::List(items))
        }
        Err(Malformed::Type { found: "START_OBJECT", .. }) => {
            let mut entries: Vec<(String, Document)> = Vec::new();
            source.structure(&KITCHEN, &mut |index, source| {
                let name = KITCHEN.members()[index].wire;
                if ANYTHING.contains(&name) {
                    let value = anything(source)?;
                    entries.retain(|(other, _)| other != name);
                    entries.push((name.to_owned(), value));
                }
                Ok(())
            })?;
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            Ok(Document::Object(entries))
        }
        other => other.map(Document::Text),
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Document;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Document, E> {
        Ok(Document::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Document, E> {
        Ok(Document::Boolean(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Document, E> {
        Ok(Document::Number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Document, E> {
        Ok(Document::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Document, E> {
        Ok(Document::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Document, E> {
        Ok(Document::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Document, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Document::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Document, A::Error> {
        let mut object = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            object.push(entry);
        }
        Ok(Document::Object(object))
    }
}
