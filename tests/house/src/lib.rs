//! Whole houses in one process, for the tests of the services: memory store, real vault, real policies, real gate.
//!
//! ```ignore
//! let house = House::boot([&toy::SERVICE]).await;
//! let alice = house.user("alice", &[r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"toy:*","Resource":"*"}}"#]).await;
//! alice.call::<shapes_toy::CreateBox>(CreateBoxInput::new("b".to_owned())).await.output();
//! assert_eq!(house.events().await.len(), 1);
//! ```
//!
//! Users, keys and policies live in a small directory of the harness's own ([`Directory`]); the services under test see them through the
//! same upward traits that `iam` implements. Nothing is mocked: users sign, the vault checks, the gate judges and records. When a house is
//! dropped it verifies its trail, and that each call that was answered has exactly one event of its own, or, as a refusal
//! among many, shares one of its kind.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a house for tests: what fails in here is to fail the test")]

mod actor;
mod answered;
mod boot;
mod directory;
mod engine;
mod hands;
mod tree;

pub use actor::Actor;
pub use answered::Answered;
pub use boot::{ACCOUNT, House, OTHER_ACCOUNT, Plan, Upward, keys};
pub use directory::Directory;
pub use engine::{HookedEngine, Rows};
pub use hands::Hands;
pub use tree::Tree;
