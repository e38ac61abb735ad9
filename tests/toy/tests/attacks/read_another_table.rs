//! Another service's table, read.

use kernel::Reads;
use names::{AccountId, Region};
use toy::BOXES;

struct Other;

async fn read(reads: &mut Reads<'_, Other>, place: &(AccountId, Region, String)) {
    let _ = reads.row(&BOXES, place).await;
}

fn main() {}
