//! The toy's own errors.

use crate::BoxName;

/// Code, status and text are those of `models/toy.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    NoSuchBox(BoxName),
    BoxExists,
    BoxBusy,
    BoxEmpty,
    BoxLocked,
    MalformedPolicy,
    DryRun,
}

impl kernel::Fault for Fault {
    fn code(&self) -> &'static str {
        match self {
            Self::NoSuchBox(_) => "NoSuchBox",
            Self::BoxExists => "BoxExists",
            Self::BoxBusy => "BoxBusy",
            Self::BoxEmpty => "BoxEmpty",
            Self::BoxLocked => "BoxLocked",
            Self::MalformedPolicy => "MalformedPolicy",
            Self::DryRun => "DryRunOperation",
        }
    }

    fn status(&self) -> u16 {
        match self {
            Self::NoSuchBox(_) | Self::BoxEmpty => 404,
            Self::BoxExists | Self::BoxBusy => 409,
            Self::BoxLocked | Self::MalformedPolicy => 400,
            Self::DryRun => 412,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::NoSuchBox(name) => format!("The box `{}` does not exist.", name.name),
            Self::BoxExists => "A box of this name exists.".to_owned(),
            Self::BoxBusy => "The box is being changed by another request.".to_owned(),
            Self::BoxEmpty => "There is no note in the box.".to_owned(),
            Self::BoxLocked => "The box is locked.".to_owned(),
            Self::MalformedPolicy => "The policy of the box is malformed.".to_owned(),
            Self::DryRun => "The request would have succeeded, but the DryRun flag is set.".to_owned(),
        }
    }

    fn conflict() -> Self {
        Self::BoxBusy
    }

    fn dry_run() -> Option<Self> {
        Some(Self::DryRun)
    }
}
