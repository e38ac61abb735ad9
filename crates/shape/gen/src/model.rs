//! The model as `xtask models` writes it: botocore's form, facts only. An unknown fact is refused, so that none is ignored unseen.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub metadata: Metadata,
    /// The names of all operations, served or not.
    pub known: Vec<String>,
    pub operations: Ordered<Operation>,
    pub shapes: Ordered<Shape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Metadata {
    pub api_version: String,
    pub endpoint_prefix: String,
    pub protocols: Vec<String>,
    pub json_version: Option<String>,
    pub signing_name: Option<String>,
    #[serde(default)]
    pub target_prefix: String,
    #[serde(default)]
    pub xml_namespace: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Operation {
    pub input: Option<String>,
    pub output: Option<String>,
    #[serde(default)]
    pub result_wrapper: String,
    #[serde(default)]
    pub errors: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Shape {
    #[serde(rename = "type")]
    pub kind: Kind,
    #[serde(default)]
    pub members: Ordered<Reference>,
    #[serde(default)]
    pub required: Vec<String>,
    /// The item of a list.
    pub member: Option<Reference>,
    /// The key of a map.
    pub key: Option<Reference>,
    /// The value of a map.
    pub value: Option<Reference>,
    #[serde(default)]
    pub flattened: bool,
    pub min: Option<serde_json::Number>,
    pub max: Option<serde_json::Number>,
    pub pattern: Option<String>,
    #[serde(rename = "enum")]
    pub values: Option<Vec<String>>,
    #[serde(default)]
    pub sensitive: bool,
    pub timestamp_format: Option<String>,
    /// What an operation may declare as its error.
    #[serde(default)]
    pub exception: bool,
    /// Of an exception: the fault is the service's, not the caller's.
    #[serde(default)]
    pub fault: bool,
    pub error: Option<ErrorFacts>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Structure,
    List,
    Map,
    String,
    Blob,
    Integer,
    Long,
    Float,
    Double,
    Boolean,
    Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ErrorFacts {
    pub code: Option<String>,
    pub http_status_code: Option<u16>,
}

/// A member, item, key or value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Reference {
    pub shape: String,
    pub location: Option<String>,
    pub location_name: Option<String>,
    pub timestamp_format: Option<String>,
}

impl Model {
    /// Takes the bounds and values of a shape away. `false` if it has none.
    pub fn unbind(&mut self, shape: &str) -> bool {
        let Some((_, shape)) = self.shapes.0.iter_mut().find(|(name, _)| name == shape) else { return false };
        let numbers = [shape.min.take(), shape.max.take()];
        let others = (shape.pattern.take(), shape.values.take());
        others != (None, None) || numbers.iter().any(Option::is_some)
    }
}

/// A map in the order of the text.
pub struct Ordered<T>(Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Ordered<T> {
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub fn find(&self, name: &str) -> Option<&T> {
        self.iter().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder(PhantomData))
    }
}

struct InOrder<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for InOrder<T> {
    type Value = Ordered<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered<T>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Ordered(entries))
    }
}
