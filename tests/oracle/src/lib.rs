//! A second evaluator of policies, naive on purpose: written from AWS's documentation by somebody who had not read `crates/policy`, and
//! sharing nothing with it but the names of its face. What both are asked, both must answer alike.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test: what fails in here is to fail it"
)]

mod alphabet;
mod asking;
mod compare;
mod condition;
mod dice;
mod judge;
mod principal;
mod reading;
mod request;
mod table;
mod town;
mod values;
mod wildcard;

pub use compare::{ALLOWED, Counts, REQUESTS_OF_A_SEED, run};
pub use table::whole_table;
