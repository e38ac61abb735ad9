//! A reply that was not recorded, by the name of the constructor.

use kernel::{Failure, Recorded, RequestId};
use secret::Receipt;

fn forge(failure: Failure, receipt: Receipt, request_id: RequestId) -> Recorded {
    Recorded::assertion(Err(failure), receipt, request_id)
}

fn main() {}
