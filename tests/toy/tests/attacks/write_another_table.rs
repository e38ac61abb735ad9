//! Another service's table, written.

use kernel::Desk;
use names::{AccountId, Region};
use toy::{BOXES, BoxRow};

struct Other;

async fn write(desk: &mut Desk<'_, Other>, place: &(AccountId, Region, String), row: BoxRow) {
    let _ = desk.put(&BOXES, place, row).await;
}

fn main() {}
