//! The event history, looked up by whole calls through a whole house.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod attributes;
mod bounds;
mod cutting;
mod pages;
mod rig;
mod testimony;
