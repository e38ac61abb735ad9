//! The trail is kept for so many days: what is older is cut off, when the trail itself has been told what was said there last.

use crate::own::{self, News};
use crate::root::hex;
use kernel::{Ages, Breakage, Cut, Demands, Failure, House, NoCut, Remarks, Settled, plan_cut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::Store;
use tokio::sync::watch;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What the cutting of a trail needs.
pub struct Pruning {
    pub house: Arc<House>,
    pub store: Arc<Store>,
    /// The event that the head kept apart names. Nothing behind it is cut.
    pub kept: Arc<AtomicU64>,
    /// 1 at least.
    pub keep_days: u32,
    /// A trail that does not hold together was found: until the next start nothing is cut, and nothing more is said.
    pub flawed: bool,
}

impl Pruning {
    /// Cuts what is old enough, step by step. While the clock is not believed nothing is: a cut cannot be undone.
    pub async fn round(&mut self, stop: &watch::Receiver<bool>) -> Result<(), Uncut> {
        let rounds = self.house.rounds(&own::SERVICE);
        while !self.flawed && !*stop.borrow() && self.house.has_room() && rounds.clock_is_sound() {
            let before = rounds.now() - DAY * self.keep_days;
            let ages = Ages { before, overdue: before - DAY };
            let planned = plan_cut(&self.store, ages, self.kept.load(Ordering::SeqCst)).await;
            self.flawed = matches!(planned, Err(NoCut::Flawed(_)));
            let Some(cut) = planned? else { break };
            self.make(cut).await?;
        }
        Ok(())
    }

    /// First the trail is told, then it is cut. What happens between the two leaves a record too many, and the next round tells again.
    async fn make(&self, cut: Cut) -> Result<(), Uncut> {
        let mut told = 0;
        for part in cut.settled {
            let settled = Arc::new(Settled { before: told, ..part });
            let recorded = own::tell(&self.house, PruneTrail { settled, keep_days: self.keep_days }).await?;
            recorded.ending().map_err(Uncut::Untold)?;
            told = recorded.sequence();
        }
        self.store.cut(cut.anchor, told, &cut.terms).await.map_err(Breakage::from)?;
        tracing::info!(upto = cut.anchor.sequence, "the trail was cut: records older than {} days", self.keep_days);
        Ok(())
    }
}

/// Why the trail was not cut.
#[derive(Debug, thiserror::Error)]
pub enum Uncut {
    #[error(transparent)]
    Unplanned(#[from] NoCut),
    #[error(transparent)]
    Broken(#[from] Breakage),
    #[error("the trail could not be told: {}", .0.text)]
    Untold(Failure),
}

/// Records are about to be cut off the beginning of the trail.
pub struct PruneTrail {
    settled: Arc<Settled>,
    keep_days: u32,
}

impl News for PruneTrail {
    const NAME: &'static str = "PruneTrail";

    fn demands() -> Demands {
        Demands::internal("kagiban", "the program tells the trail up to which record it is cut")
    }

    fn remarks(&self) -> Remarks {
        let Self { settled, keep_days } = self;
        let details = vec![
            ("lastRecord", settled.sequence.to_string()),
            ("link", hex(&settled.link)),
            ("keepDays", keep_days.to_string()),
            ("part", format!("{} of {}", settled.part + 1, settled.parts)),
        ];
        Remarks { settled: Some(Arc::clone(settled)), ..own::details(details) }
    }
}
