//! Schemas made at run time from the models that the vectors carry. They live as long as the process.

use crate::tree::Tree;
use serde_json::Value;
use shape::{Kind, Location, Member, Schema, Secrecy, Shown, TimeFormat};
use std::collections::BTreeMap;

/// Recursive shapes are unrolled to this depth; no vector goes deeper.
const UNROLLED_DEPTH_MAX: usize = 9;

/// The schema of what `reference` (`{"shape": …}`) names; an empty structure where there is none.
pub fn schema(shapes: &Value, reference: Option<&Value>) -> &'static Schema {
    match reference {
        Some(reference) => of(shapes, reference, 0),
        None => leak(Schema { name: "Nothing", kind: Kind::Structure { members: &[] }, secrecy: Secrecy::Public }),
    }
}

fn of(shapes: &Value, reference: &Value, depth: usize) -> &'static Schema {
    let name = reference["shape"].as_str().unwrap();
    let shape = &shapes[name];
    let flattened = shape["flattened"] == true || reference["flattened"] == true;
    let within = |reference: &Value| of(shapes, reference, depth + 1);
    let kind = match shape["type"].as_str().unwrap() {
        "structure" if depth > UNROLLED_DEPTH_MAX => Kind::Structure { members: &[] },
        "structure" => Kind::Structure { members: members(shapes, shape, depth) },
        "list" => Kind::List {
            item: within(&shape["member"]),
            item_name: named(&shape["member"], "member"),
            flattened,
            min: 0,
            max: u64::MAX,
        },
        "map" => Kind::Map {
            key: within(&shape["key"]),
            value: within(&shape["value"]),
            key_name: named(&shape["key"], "key"),
            value_name: named(&shape["value"], "value"),
            flattened,
            min: 0,
            max: u64::MAX,
        },
        "string" => Kind::Text { min: 0, max: u64::MAX, pattern: None },
        "blob" => Kind::Blob { min: 0, max: u64::MAX },
        "integer" | "long" | "short" | "byte" => Kind::Integer { min: i64::MIN, max: i64::MAX, wide: true },
        "float" | "double" => Kind::Float,
        "boolean" => Kind::Boolean,
        "timestamp" => Kind::Time,
        other => panic!("a type of shape that is not known: {other}"),
    };
    leak(Schema { name: leak_text(name), kind, secrecy: Secrecy::Public })
}

fn members(shapes: &Value, shape: &Value, depth: usize) -> &'static [Member] {
    let members = shape["members"].as_object().unwrap().iter().map(|(name, reference)| {
        let target = &shapes[reference["shape"].as_str().unwrap()];
        let format = reference["timestampFormat"].as_str().or(target["timestampFormat"].as_str());
        Member {
            name: leak_text(name),
            wire: named(reference, name),
            location: Location::Body,
            required: false,
            secrecy: Secrecy::Public,
            shown: Shown::OnTrail,
            time: match format {
                None => TimeFormat::ByProtocol,
                Some("unixTimestamp") => TimeFormat::Epoch,
                Some("iso8601") => TimeFormat::Iso,
                Some("rfc822") => TimeFormat::Http,
                Some(other) => panic!("a format of times that is not known: {other}"),
            },
            schema: of(shapes, reference, depth + 1),
        }
    });
    Vec::leak(members.collect())
}

fn named(reference: &Value, otherwise: &str) -> &'static str {
    leak_text(reference["locationName"].as_str().unwrap_or(otherwise))
}

fn leak(schema: Schema) -> &'static Schema {
    Box::leak(Box::new(schema))
}

fn leak_text(text: &str) -> &'static str {
    String::leak(text.to_owned())
}

/// The value that a vector gives as `params` or `result`: members by the model's names, times as numbers, blobs as texts.
pub fn tree(schema: &'static Schema, value: &Value) -> Tree {
    match schema.kind {
        Kind::Structure { members } => {
            let values = value.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
            Tree::Structure(
                values
                    .map(|(name, value)| {
                        let index = schema.member_by_name(name).unwrap_or_else(|| panic!("no member {name}"));
                        (index, tree(members[index].schema, value))
                    })
                    .collect(),
            )
        }
        Kind::List { item, .. } => {
            Tree::List(value.as_array().unwrap().iter().map(|value| tree(item, value)).collect())
        }
        Kind::Map { value: entry, .. } => {
            let entries = value.as_object().unwrap().iter().map(|(key, value)| (key.clone(), tree(entry, value)));
            Tree::Map(entries.collect::<BTreeMap<_, _>>())
        }
        Kind::Text { .. } | Kind::Enumeration { .. } => Tree::Text(value.as_str().unwrap().to_owned()),
        Kind::Blob { .. } => Tree::Blob(value.as_str().unwrap().as_bytes().to_vec()),
        Kind::Integer { .. } => Tree::Integer(value.as_i64().unwrap()),
        Kind::Float => match value.as_str() {
            Some("NaN") => Tree::float(f64::NAN),
            Some("Infinity") => Tree::float(f64::INFINITY),
            Some("-Infinity") => Tree::float(f64::NEG_INFINITY),
            Some(other) => panic!("not a float: {other}"),
            None => Tree::float(value.as_f64().unwrap()),
        },
        Kind::Boolean => Tree::Boolean(value.as_bool().unwrap()),
        Kind::Time => Tree::Time((value.as_f64().unwrap() * 1e6).round() as i64),
    }
}
