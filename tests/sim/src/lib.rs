//! A whole house on a simulated disk, clock and randomness: one seed, one history of random calls and faults, held against a small model.
//!
//! The disk keeps the engine's contract: a batch is whole or not at all, and what a crash leaves is what was synced. Torn pages and what
//! SQLite makes of them are below that contract and belong to the tests that kill the whole program.

#![expect(clippy::unwrap_used, reason = "a simulation: what fails in here is to fail the test")]

mod asking;
mod audit;
mod dice;
mod disk;
mod model;
mod planted;
mod run;
mod sight;
mod town;

pub use planted::Planted;
pub use run::{Counts, History, OPERATIONS, run};
pub use sight::{Mismatch, Sight};
