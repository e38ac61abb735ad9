//! The trail is kept for so many days: what is older is cut off, when the trail itself has been told what was said there last.

use crate::own;
use crate::own::Own;
use crate::root::hex;
use kernel::{
    Ages, Aim, Authorized, Breakage, Class, Cut, Demands, Desk, Found, House, Never, Nothing, Operation, Outside,
    Remarks, Settled, Stop, plan_cut,
};
use shape::{EMPTY, Empty, Malformed, OperationModel, OperationShape, Read, Report, Schema, Sink, Source, Write};
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
}

impl Pruning {
    /// Cuts what is old enough, step by step. While the clock is not believed nothing is: a cut cannot be undone.
    pub async fn round(&self, stop: &watch::Receiver<bool>) -> Result<(), Breakage> {
        let rounds = self.house.rounds(&own::SERVICE);
        while !*stop.borrow() && self.house.has_room() && rounds.clock_is_sound() {
            let before = rounds.now() - DAY * self.keep_days;
            let ages = Ages { before, overdue: before - DAY };
            let Some(cut) = plan_cut(&self.store, ages, self.kept.load(Ordering::SeqCst)).await? else { break };
            self.make(cut).await?;
        }
        Ok(())
    }

    /// First the trail is told, then it is cut. What happens between the two leaves a record too many, and the next round tells again.
    async fn make(&self, cut: Cut) -> Result<(), Breakage> {
        let (rounds, setting) = (self.house.rounds(&own::SERVICE), self.house.setting());
        let mut told = 0;
        for part in cut.settled {
            let input = Told { settled: Arc::new(Settled { before: told, ..part }), keep_days: self.keep_days };
            let recorded = rounds.recorded::<PruneTrail>(setting.account, setting.region.clone(), input).await?;
            recorded.ending().map_err(|_| Breakage::Stopped)?;
            told = recorded.sequence();
        }
        self.store.cut(cut.anchor, told, &cut.terms).await?;
        tracing::info!(upto = cut.anchor.sequence, "the trail was cut: records older than {} days", self.keep_days);
        Ok(())
    }
}

/// Records are about to be cut off the beginning of the trail.
pub struct PruneTrail;

/// What is told of it.
pub struct Told {
    settled: Arc<Settled>,
    keep_days: u32,
}

/// CloudTrail shows a service's own events without parameters.
impl Write for Told {
    fn write(&self, schema: &'static Schema, sink: &mut dyn Sink) {
        sink.begin(schema, 0);
        sink.end();
    }
}

/// No wire leads here, so nothing is ever read.
impl Read for Told {
    fn read(_: &'static Schema, _: &mut dyn Source, _: &mut Report) -> Result<Option<Self>, Malformed> {
        Err(Malformed::Syntax)
    }
}

static MODEL: OperationModel =
    OperationModel { name: PruneTrail::NAME, input: &EMPTY, output: None, result_wrapper: "", errors: &[] };

impl OperationShape for PruneTrail {
    const NAME: &'static str = "PruneTrail";
    type Input = Told;
    type Output = Empty;

    fn model() -> &'static OperationModel {
        &MODEL
    }
}

impl Operation for PruneTrail {
    type Shape = Self;
    type Service = Own;
    type Target = Nothing;
    type Staged = ();
    type Fault = Never;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(_: &Told) -> Result<Aim<Nothing>, Never> {
        Ok(Aim::at(()))
    }

    fn demands(_: &Told, _: &Found<Nothing>) -> Demands {
        Demands::internal("kagiban", "the program tells the trail up to which record it is cut")
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Never>> {
        Ok(())
    }

    async fn apply(_: &Authorized<'_, Self>, (): &(), _: &mut Desk<'_, Own>) -> Result<Empty, Stop<Never>> {
        Ok(Empty)
    }

    fn remarks(call: &Authorized<'_, Self>, (): &(), _: &Empty) -> Remarks {
        let Told { settled, keep_days } = call.input();
        let details = vec![
            ("lastRecord", settled.sequence.to_string()),
            ("link", hex(&settled.link)),
            ("keepDays", keep_days.to_string()),
            ("part", format!("{} of {}", settled.part + 1, settled.parts)),
        ];
        Remarks { service_details: Some(details), settled: Some(Arc::clone(settled)), ..Remarks::default() }
    }
}
