//! The deputy goes round and rattles at every door. What it tries is made out of the tables and their schemas, so that a new row is covered
//! on the day it is written.
//!
//! Every refusal leaves exactly one record and no write; before anybody is known, none at all.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod door;
mod inputs;
mod judged;
mod rig;
mod samples;
mod spoiled;
