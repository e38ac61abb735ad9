//! Refusals that repeat too fast to get a record each: a caller without permissions shall not fill the disk with records of refusals.
//!
//! Beyond a rate (see [`crate::Rate::refused`]), refusals of one kind (same caller, operation and code) within one second share a record.
//! The first commits its own; the others are counted, and their receipts name that record, which tells of their kind. The count goes
//! durable with the next record of the kind, or when the second is over, whichever comes first; what a full disk does not take then is kept
//! for the next round. A crash loses the counts of about a second, and nothing else: no call that was answered is without a record of its
//! kind.

use crate::family::{Family, Member};
use crate::gate;
use crate::record::{self, REFUSED_PARAMETERS_BYTES_MAX};
use crate::{Breakage, House, Principal};
use names::AccountId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Draft;
use tokio::sync::OnceCell;

/// The refusals of this second, by their kind.
#[derive(Default)]
pub(crate) struct Tallies {
    open: Mutex<HashMap<Kind, Arc<Tally>>>,
    /// Of seconds that are over, and not durable yet. There are no more than there were kinds: when a commit meets a full disk nothing more
    /// is counted until there is space again.
    late: Mutex<Vec<Sum>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Kind {
    account: AccountId,
    principal: String,
    service: &'static str,
    operation: &'static str,
    code: String,
}

/// The refusals of one kind in one second of monotonic time.
struct Tally {
    second: u64,
    /// Where the record is that they share.
    record: OnceCell<u64>,
    counted: Mutex<Counted>,
}

struct Counted {
    /// Before there is the record that they share: what was counted in the second before, and is not durable yet.
    sum: Option<Sum>,
    closed: bool,
}

/// Refusals that were counted, and are not durable yet.
#[derive(Clone)]
struct Sum {
    /// At least 1.
    count: u64,
    /// The first of them, in case no other record of the kind follows.
    first: store::Event,
}

/// How many records one commit of counts has.
const RECORDS_PER_COMMIT: usize = 100;

impl Kind {
    /// The kind of a refusal that gets no record of its own. A call that used keys, or that has others behind it, always gets one.
    pub(crate) fn of(house: &House, family: &Family, root: &Member) -> Option<Self> {
        let failure = root.failure.as_ref()?;
        let alone = family.members.is_empty() && root.staged.is_none() && root.uses.is_empty();
        let own = matches!(root.caller.principal(), Principal::Service(_));
        if !alone || own || house.throttle.records_refusal(&root.caller, house.clock.monotonic()) {
            return None;
        }
        Some(Self {
            account: root.caller.account(),
            principal: root.caller.unique_id().to_owned(),
            service: root.service.name,
            operation: root.row.name,
            code: failure.code.to_string(),
        })
    }
}

impl Tallies {
    /// Commits the family of one refused call, or counts the call with those of its kind. The place of the record that tells of it.
    pub(crate) async fn settle(house: &House, kind: &Kind, family: &mut Family) -> Result<u64, Breakage> {
        loop {
            let tally = house.tallies.tally(kind, house.clock.monotonic().0.as_secs());
            let mut own = false;
            let commit = async {
                own = true;
                let carried = tally.lock().sum.take();
                if let Some(root) = family.members.last_mut() {
                    root.repeated = carried.as_ref().map_or(0, |sum| sum.count);
                }
                let settled = gate::settle(house, family).await;
                if let (Err(_), Some(carried)) = (&settled, carried) {
                    house.tallies.give_back(&tally, carried);
                }
                settled.map(|committed| committed.last)
            };
            let sequence = *tally.record.get_or_try_init(|| commit).await?;
            if own || tally.counts(house, family)? {
                return Ok(sequence);
            }
            // Its second was over before it was counted.
        }
    }

    /// Makes the counts durable of all seconds that are over; of this one too, when the house ends. What fails with its commit is tried
    /// again in the next round.
    pub(crate) async fn tell(house: &House, all: bool) -> Result<(), Breakage> {
        let second = house.clock.monotonic().0.as_secs();
        let over: Vec<Arc<Tally>> = {
            let mut open = house.tallies.lock();
            open.extract_if(|_, tally| all || tally.second != second).map(|(_, tally)| tally).collect()
        };
        let mut sums = std::mem::take(&mut *house.tallies.late());
        sums.extend(over.iter().filter_map(|tally| tally.close()));
        let mut told = Ok(());
        while !sums.is_empty() {
            let rest = sums.split_off(sums.len().min(RECORDS_PER_COMMIT));
            // One that cannot be written keeps back no other.
            let (events, unwritable): (Vec<_>, Vec<_>) = sums.iter().map(Sum::event).partition(Result::is_ok);
            told = unwritable.into_iter().next().map_or(told, |broken| broken.map(drop));
            if let Err(breakage) = commit(house, events.into_iter().flatten().collect()).await {
                let mut late = house.tallies.late();
                late.append(&mut sums);
                late.extend(rest);
                return Err(breakage);
            }
            sums = rest;
        }
        told
    }

    /// What did not become durable with the record of its tally. If that is closed meanwhile, it waits for the next round.
    fn give_back(&self, tally: &Tally, carried: Sum) {
        let mut counted = tally.lock();
        if counted.closed {
            self.late().push(carried);
        } else {
            // INVARIANT: nothing is counted before there is a record, so there is nothing to add it to.
            counted.sum = Some(carried);
        }
    }

    /// The tally of this second. An older one of the kind is closed, and its count carried over.
    fn tally(&self, kind: &Kind, second: u64) -> Arc<Tally> {
        let mut open = self.lock();
        if let Some(tally) = open.get(kind).filter(|tally| tally.second == second) {
            return Arc::clone(tally);
        }
        let sum = open.get(kind).and_then(|former| former.close());
        let counted = Mutex::new(Counted { sum, closed: false });
        let tally = Arc::new(Tally { second, record: OnceCell::new(), counted });
        open.insert(kind.clone(), Arc::clone(&tally));
        tally
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Kind, Arc<Tally>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn late(&self) -> MutexGuard<'_, Vec<Sum>> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn commit(house: &House, events: Vec<store::Event>) -> Result<(), Breakage> {
    if !events.is_empty() {
        let batch = Draft::new(Arc::clone(&house.store)).into_batch(Vec::new(), events)?;
        house.store.commit(batch).await?;
    }
    Ok(())
}

impl Tally {
    /// Counts one more; `false` when it is closed.
    fn counts(&self, house: &House, family: &Family) -> Result<bool, Breakage> {
        let mut counted = self.lock();
        if counted.closed {
            return Ok(false);
        }
        if let Some(sum) = &mut counted.sum {
            sum.count += 1;
        } else if let Some(root) = family.members.last() {
            let first = record::told(house, root, REFUSED_PARAMETERS_BYTES_MAX)?;
            counted.sum = Some(Sum { count: 1, first });
        }
        Ok(true)
    }

    /// Counts no more. What is not durable yet.
    fn close(&self) -> Option<Sum> {
        let mut counted = self.lock();
        counted.closed = true;
        counted.sum.take()
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sum {
    /// The record of all that were counted: it is that of the first of them, and stands for the others beside.
    fn event(&self) -> Result<store::Event, Breakage> {
        record::repeated(self.first.clone(), self.count.saturating_sub(1))
    }
}
