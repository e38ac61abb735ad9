//! The whole house, taken out of a service's rounds.

use kernel::{House, Rounds};
use std::sync::Arc;

fn take(rounds: &Rounds) -> Arc<House> {
    Arc::clone(&rounds.house)
}

fn main() {}
