//! Values of any schema, read and written without generated code.

use super::keys::keys;
use names::Time;
use secret::Secret;
use shape::{Kind, Malformed, Schema, Secrecy, Sink, Source, TimeFormat};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    Structure(BTreeMap<usize, Tree>),
    List(Vec<Tree>),
    Map(BTreeMap<String, Tree>),
    Text(String),
    Blob(Vec<u8>),
    Integer(i64),
    /// The bits of a double, so that NaN equals itself; all NaN are one.
    Float(u64),
    Boolean(bool),
    /// Microseconds.
    Time(i64),
}

impl Tree {
    pub fn float(number: f64) -> Self {
        Self::Float(if number.is_nan() { f64::NAN.to_bits() } else { number.to_bits() })
    }

    pub fn read(schema: &'static Schema, source: &mut dyn Source) -> Result<Self, Malformed> {
        let secret = schema.secrecy == Secrecy::Secret;
        Ok(match schema.kind {
            Kind::Structure { members } => {
                let mut values = BTreeMap::new();
                source.structure(schema, &mut |index, source| {
                    values.insert(index, Self::read(members[index].schema, source)?);
                    Ok(())
                })?;
                Self::Structure(values)
            }
            Kind::List { item, .. } => {
                let mut items = Vec::new();
                source.list(schema, &mut |source| {
                    items.push(Self::read(item, source)?);
                    Ok(())
                })?;
                Self::List(items)
            }
            Kind::Map { value, .. } => {
                let mut entries = BTreeMap::new();
                source.map(schema, &mut |key, source| {
                    entries.insert(key.to_owned(), Self::read(value, source)?);
                    Ok(())
                })?;
                Self::Map(entries)
            }
            Kind::Text { .. } if secret => {
                let text = source.secret_text(&mut |_| {})?.open(&keys().opener).to_vec();
                Self::Text(String::from_utf8(text).unwrap())
            }
            Kind::Blob { .. } if secret => Self::Blob(source.secret_blob()?.open(&keys().opener).to_vec()),
            Kind::Text { .. } | Kind::Enumeration { .. } => Self::Text(source.text()?),
            Kind::Blob { .. } => Self::Blob(source.blob()?),
            Kind::Integer { .. } => Self::Integer(source.integer()?),
            Kind::Float => Self::float(source.float()?),
            Kind::Boolean => Self::Boolean(source.boolean()?),
            Kind::Time => Self::Time(source.time(TimeFormat::ByProtocol)?.micros()),
        })
    }

    pub fn write(&self, schema: &'static Schema, sink: &mut dyn Sink) {
        let secret = schema.secrecy == Secrecy::Secret;
        match self {
            Self::Structure(values) => {
                sink.begin(schema, values.len());
                for (index, value) in values {
                    let member = &schema.members()[*index];
                    sink.member(member);
                    value.write(member.schema, sink);
                }
                sink.end();
            }
            Self::List(items) => {
                let Kind::List { item, .. } = schema.kind else { panic!("a list") };
                sink.begin(schema, items.len());
                for value in items {
                    sink.item();
                    value.write(item, sink);
                }
                sink.end();
            }
            Self::Map(entries) => {
                let Kind::Map { value, .. } = schema.kind else { panic!("a map") };
                sink.begin(schema, entries.len());
                for (key, entry) in entries {
                    sink.key(key);
                    entry.write(value, sink);
                }
                sink.end();
            }
            Self::Text(text) if secret => sink.secret(schema, &Secret::from_vec(text.clone().into_bytes())),
            Self::Blob(bytes) if secret => sink.secret(schema, &Secret::from_vec(bytes.clone())),
            Self::Text(text) => sink.text(text),
            Self::Blob(bytes) => sink.blob(bytes),
            Self::Integer(number) => sink.integer(*number),
            Self::Float(bits) => sink.float(f64::from_bits(*bits)),
            Self::Boolean(truth) => sink.boolean(*truth),
            Self::Time(micros) => sink.time(Time::from_micros(*micros)),
        }
    }
}
