//! A ticket that no vault has made.

use names::Time;
use vault::{Holder, Ticket};

fn forge(holder: Holder) -> Ticket {
    Ticket { holder, request: [0; 32], expires: Time::from_seconds(i64::MAX), digest: [0; 32] }
}

fn main() {}
