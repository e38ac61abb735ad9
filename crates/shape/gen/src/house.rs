//! The house file: what the model cannot say.

use crate::Fault;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `models/<service>.house.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct House {
    /// The folder of botocore's data that holds the model: `kms/2014-11-01`. Absent where the model is written by hand.
    pub origin: Option<String>,
    /// The operations that the model shall hold.
    pub operations: Vec<String>,
    /// House types of texts: `KeyIdType = "names::KeyRef"`.
    #[serde(default)]
    pub types: BTreeMap<String, String>,
    /// Exceptions to the model's sensitivity, by shape or by `Structure.member`.
    #[serde(default)]
    pub secrecy: BTreeMap<String, Exception>,
    #[serde(default)]
    pub trail: Trail,
    /// Shapes whose bounds and values the operation judges, with the reason: AWS answers with an error of the service's own.
    #[serde(default)]
    pub judged: BTreeMap<String, String>,
    /// Replacements of patterns that cannot be translated, by shape.
    #[serde(default)]
    pub patterns: BTreeMap<String, Replacement>,
}

/// Who may see a value, in order of rising secrecy.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    Public,
    Private,
    Secret,
}

/// A departure from the model's sensitivity.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    pub class: Class,
    /// For the reader of the house file and for the ledger.
    pub reason: String,
}

/// What CloudTrail leaves out of its records.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Trail {
    /// Shapes, or `Structure.member`.
    #[serde(default)]
    pub absent: Vec<String>,
}

/// The pattern of a shape in the syntax of the `regex` crate.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    pub expression: String,
    /// For the reader of the house file and for the ledger.
    pub reason: String,
}

impl House {
    pub fn parse(text: &str) -> Result<Self, Fault> {
        Ok(toml::from_str(text)?)
    }
}
