//! A whole house on a simulated network, disk, clock and randomness: one seed, one history of random calls and faults, held against a small
//! model.
//!
//! Requests come as bytes to the program's own edge, on connections that break. The disk keeps the engine's contract: a group of commits is
//! whole or not at all, and what a crash leaves is what was synced. Torn pages and what SQLite makes of them are below that contract and
//! belong to the tests that kill the whole program.

#![expect(clippy::unwrap_used, reason = "a simulation: what fails in here is to fail the test")]

mod ask;
mod asking;
mod audit;
mod choosing;
mod dice;
mod disk;
mod documents;
mod model;
mod network;
mod planted;
mod run;
mod sealings;
mod settling;
mod sight;
mod signing;
mod spoil;
mod town;
mod witness;

pub use asking::served;
pub use planted::Planted;
pub use run::{Counts, History, OPERATIONS, run};
pub use sight::{Mismatch, Sight};
