//! Why no Rust can be made of a model.

use crate::pattern::Refused;
use std::path::PathBuf;

/// Why no Rust can be made of a model. All of them are faults of the model or of the house file, and end the build.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    #[error("`{path}`")]
    File { path: PathBuf, source: std::io::Error },
    #[error("the model is not what the generator reads: {0}")]
    Model(#[from] serde_json::Error),
    #[error("the house file is not what the generator reads: {0}")]
    House(#[from] toml::de::Error),
    #[error("`{shape}` is named and not described")]
    UnknownShape { shape: String },
    #[error(
        "the house file lists operation `{operation}`, which the model has not: run `xtask models`, or take it out"
    )]
    UnknownOperation { operation: String },
    #[error("the model holds operation `{operation}`, which the house file does not list: run `xtask models`")]
    UnlistedOperation { operation: String },
    #[error("the entry `{entry}` of the house file's `{table}` fits nothing in the model: take it out")]
    Stale { table: &'static str, entry: String },
    #[error(
        "`{shape}` has the pattern `{pattern}`: {refused}; give a replacement with a reason in the house file's `patterns`"
    )]
    Pattern { shape: String, pattern: String, refused: Refused },
    #[error("`{shape}` {trouble}")]
    Unfit { shape: String, trouble: Unfit },
    #[error("two things would be called `{name}`: {one} and {other}")]
    SameName { name: String, one: String, other: String },
}

/// What the runtime cannot express, or the model leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("is sensitive and neither a text nor a blob: say in the house file's `secrecy` what it is")]
    Sensitive,
    #[error("is a secret map key")]
    SecretKey,
    #[error("is a map key that is not a text")]
    Key,
    #[error("has a house type and is not a plain public text")]
    HouseType,
    #[error("has more members than a reader can count")]
    TooManyMembers,
    #[error("travels elsewhere than in the body")]
    Location,
    #[error("has a bound that is no number of its kind")]
    Bound,
    #[error("lacks its item, key or value")]
    Incomplete,
    #[error("is declared as an error and is none")]
    Exception,
    #[error("requires a member that it has not")]
    Required,
    #[error("speaks a protocol that the house does not know")]
    Protocol,
    #[error("gives a time in a format that the house does not know")]
    TimeFormat,
    #[error("has a value that makes no name")]
    Value,
    #[error("is the input or output of an operation and no structure")]
    Structure,
}
