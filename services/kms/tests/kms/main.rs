//! KMS in the language of operations: whole houses with real policies, a real vault and a clock that the tests move.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod accounts;
mod aliases;
mod conditions;
mod crypto;
mod deletion;
mod erased;
mod keys;
mod pages;
mod policies;
mod rig;
mod states;
mod tags;
mod trail;
mod via;
