//! A reply that was not recorded.

use kernel::{Failure, Recorded, RequestId};
use secret::Receipt;

fn forge(failure: Failure, receipt: Receipt, request_id: RequestId) -> Recorded {
    Recorded { result: Err(failure), receipt, request_id }
}

fn main() {}
