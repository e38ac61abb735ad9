//! The toy's rounds.

use crate::{BOXES, Toy};
use kernel::{Breakage, Chore, Rounds};
use std::collections::BTreeSet;
use store::Span;

/// Finds the accounts that have boxes, and sweeps each.
pub struct SweepBoxes;

const BOXES_PER_ROUND_MAX: usize = 1_000;

impl Chore for SweepBoxes {
    type Service = Toy;
    const NAME: &'static str = "SweepBoxes";

    async fn run(rounds: &Rounds) -> Result<(), Breakage> {
        let page = rounds.reading::<Toy>().reads().page(&BOXES, &Span::all(), BOXES_PER_ROUND_MAX).await?;
        let places: BTreeSet<_> = page.rows.into_iter().map(|((account, region, _), _)| (account, region)).collect();
        for (account, region) in places {
            // What one account's sweep ends with is on the trail, and no reason to leave the others out.
            let _ = rounds.call::<shapes_toy::Sweep>(account, region, shape::Empty).await?;
        }
        Ok(())
    }
}
