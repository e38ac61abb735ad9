//! A commit without events, from the desk.

use kernel::Desk;
use toy::Toy;

async fn commit(desk: &mut Desk<'_, Toy>) {
    desk.commit().await;
}

fn main() {}
