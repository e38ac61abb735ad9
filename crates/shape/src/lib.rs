//! Shapes as data: one [`Schema`] describes a structure of AWS's model, and one walk over it serves every wire format, the trail, the
//! console and the fuzzers.
//!
//! The generated crates (`shapes/*`) hold plain structures and one static schema each. A format is one implementation of [`Sink`] (out) and
//! one of [`Source`] (in); validation happens on the way in, against the bounds in the schema, and finds all violations at once, as AWS
//! counts them.

mod model;
mod pattern;
mod report;
mod schema;
mod sink;
mod source;
mod value;

pub use model::{EMPTY, Empty, ErrorModel, Inward, Model, OperationModel, OperationShape, Protocol};
pub use pattern::Pattern;
pub use report::{Constraint, Report, Value as ShownValue, Violation, text as violations_text};
pub use schema::{Kind, Location, Member, Schema, Secrecy, Shown, TimeFormat};
pub use sink::Sink;
pub use source::{EachEntry, EachItem, EachMember, Look, Malformed, Source};
pub use value::{
    Enumeration, Read, ReadMember, Shape, Write, finish_member, present, read_enumeration, read_members, write_members,
};

#[doc(hidden)]
pub use bytes;
