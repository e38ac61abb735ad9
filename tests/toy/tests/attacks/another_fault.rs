//! Another service's fault, answered as one's own.

use kernel::{Never, Stop};
use toy::Fault;

fn answer() -> Result<(), Stop<Never>> {
    Err(Fault::BoxBusy)?
}

fn main() {}
