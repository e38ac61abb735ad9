//! The receipt, taken out of a reply.

use kernel::Recorded;
use secret::Receipt;

fn take(recorded: Recorded) -> Receipt {
    recorded.receipt
}

fn main() {}
