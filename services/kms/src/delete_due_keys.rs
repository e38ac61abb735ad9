//! The round that finds the keys whose date of deletion has come, and ends them.

use crate::Kms;
use crate::delete_key::{DeleteKeyInput, DeleteKeyShape};
use crate::tables::{BY_DELETION, KEYS};
use kernel::{Breakage, Chore, Rounds};
use names::{KeyRef, Time};
use std::time::Duration;
use store::Span;

pub struct DeleteDueKeys;

/// How often the round is made. A key outlives its date by no more than that, as long as the house runs.
pub const PERIOD: Duration = Duration::from_secs(60);
const KEYS_PER_PAGE: usize = 100;

impl Chore for DeleteDueKeys {
    type Service = Kms;
    const NAME: &'static str = "delete-due-keys";

    async fn run(rounds: &Rounds) -> Result<(), Breakage> {
        let end = rounds.now() + Duration::from_micros(1);
        let mut span = Span::<Time>::all().before(&end);
        loop {
            let page = rounds.reading::<Kms>().reads().by_index(&KEYS, &BY_DELETION, &span, KEYS_PER_PAGE).await?;
            // A clock that has jumped must not delete every key that was ever scheduled.
            if page.rows.is_empty() || !rounds.clock_is_sound() {
                break;
            }
            rounds.owe_scrub().await?;
            for ((account, region, id), _) in page.rows {
                let input = DeleteKeyInput { key_id: KeyRef::parse(id.as_str()) };
                // One that cannot be deleted now stays due, and does not keep the others: why, its record says.
                let _ = rounds.call::<DeleteKeyShape>(account, region, input).await?;
            }
            match page.next {
                Some(cursor) => span = span.after(&cursor),
                None => break,
            }
        }
        // Also what an earlier round could not erase, or left when the house went down.
        rounds.scrub().await
    }
}
