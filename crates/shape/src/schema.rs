//! What the model says of a shape.

use crate::Pattern;

/// One shape of a service's model.
pub struct Schema {
    /// The shape's name in the model.
    pub name: &'static str,
    pub kind: Kind,
    pub secrecy: Secrecy,
}

/// What a shape is, with its bounds. Lengths of texts count characters (UTF-16 units in AWS's own services; the difference shows beyond the
/// Basic Multilingual Plane only), lengths of blobs bytes, lengths of lists and maps entries.
pub enum Kind {
    Structure {
        members: &'static [Member],
    },
    List {
        item: &'static Schema,
        item_name: &'static str,
        flattened: bool,
        min: u64,
        max: u64,
    },
    Map {
        key: &'static Schema,
        value: &'static Schema,
        key_name: &'static str,
        value_name: &'static str,
        flattened: bool,
        min: u64,
        max: u64,
    },
    Text {
        min: u64,
        max: u64,
        pattern: Option<&'static Pattern>,
    },
    Enumeration {
        values: &'static [&'static str],
    },
    Blob {
        min: u64,
        max: u64,
    },
    /// `wide`: 64 bits (`long`); else 32, and what does not fit is no such number.
    Integer {
        min: i64,
        max: i64,
        wide: bool,
    },
    Float,
    Boolean,
    Time,
}

/// One member of a structure.
pub struct Member {
    /// The member's name in the model, which is the one that JSON and the query protocol use.
    pub name: &'static str,
    /// The name on the wire where the model gives another one.
    pub wire: &'static str,
    pub location: Location,
    pub required: bool,
    pub secrecy: Secrecy,
    pub shown: Shown,
    pub time: TimeFormat,
    pub schema: &'static Schema,
}

/// Where a member travels. Everything is in the body until a service with REST bindings comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Location {
    Body,
}

/// Who may see a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Secrecy {
    Public,
    /// Readable inside, absent from logs and from the trail.
    Private,
    /// Opened only by proofs (`secret::Secret`).
    Secret,
}

/// Whether CloudTrail shows a member that is public in itself: ciphertexts, grant tokens and signatures are no secrets, yet AWS leaves them
/// out of its records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shown {
    OnTrail,
    NotOnTrail,
}

/// How a time is written where the protocol's own default does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeFormat {
    ByProtocol,
    Epoch,
    Iso,
    Http,
}

impl Schema {
    /// The members of a structure; nothing for all other kinds.
    pub fn members(&self) -> &'static [Member] {
        match self.kind {
            Kind::Structure { members } => members,
            _ => &[],
        }
    }

    /// The place of the member that has this name on the wire.
    pub fn member_by_wire(&self, wire: &str) -> Option<usize> {
        self.members().iter().position(|member| member.wire == wire)
    }

    /// As [`Schema::member_by_wire`], by the model's own name.
    pub fn member_by_name(&self, name: &str) -> Option<usize> {
        self.members().iter().position(|member| member.name == name)
    }
}
