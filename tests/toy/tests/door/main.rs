//! The promises of the door, each tried by calls of the toy service through a whole house.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod batches;
mod calls;
mod clock;
mod conflicts;
mod connections;
mod crooked;
mod families;
mod missing;
mod refusals;
mod rig;
mod tricks;
