//! The rounds of another service, by the name of the constructor.

use kernel::{House, Rounds, Service};
use std::sync::Arc;

fn forge(house: Arc<House>, service: &'static Service) -> Rounds {
    Rounds::of(house, service)
}

fn main() {}
