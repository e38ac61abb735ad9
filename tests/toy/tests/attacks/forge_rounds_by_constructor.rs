//! The rounds of another service, by the name of the constructor.

use kernel::{Breakage, House, Rounds, Service};
use std::sync::Arc;

fn forge(house: Arc<House>, service: &'static Service) -> Result<Rounds, Breakage> {
    Rounds::of(house, service)
}

fn main() {}
