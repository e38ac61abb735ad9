//! Refusals that repeat too fast to get a record each: a caller without permissions shall not fill the disk with records of refusals.
//!
//! Beyond a rate (see [`crate::Rate::refused`]), refusals of one kind (same caller, operation and code) within one second share a record.
//! The first commits its own; the others are counted, and their receipts name that record, which tells of their kind. The count goes
//! durable with the next record of the kind, or when the second is over, whichever comes first. A crash loses the counts of about a second,
//! and nothing else: no call that was answered is without a record of its kind.

use crate::family::{Family, Member};
use crate::gate;
use crate::record::{self, REFUSED_PARAMETERS_BYTES_MAX};
use crate::{Breakage, House, Principal};
use names::AccountId;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Draft;
use tokio::sync::OnceCell;

/// The refusals of this second, by their kind.
#[derive(Default)]
pub(crate) struct Tallies {
    open: Mutex<HashMap<Kind, Arc<Tally>>>,
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
    /// Counted in the second before, and not durable yet.
    carried: AtomicU64,
    counted: Mutex<Counted>,
}

#[derive(Default)]
struct Counted {
    count: u64,
    /// The first of those that were counted, in case no other record of the kind follows.
    first: Option<store::Event>,
    closed: bool,
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
                let carried = tally.carried.swap(0, Ordering::Relaxed);
                if let Some(root) = family.members.last_mut() {
                    root.repeated = carried;
                }
                let settled = gate::settle(house, family).await;
                if settled.is_err() {
                    tally.carried.fetch_add(carried, Ordering::Relaxed);
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

    /// Makes the counts durable of all seconds that are over; of this one too, when the house ends.
    pub(crate) async fn tell(house: &House, all: bool) -> Result<(), Breakage> {
        let second = house.clock.monotonic().0.as_secs();
        let over: Vec<Arc<Tally>> = {
            let mut open = house.tallies.lock();
            open.extract_if(|_, tally| all || tally.second != second).map(|(_, tally)| tally).collect()
        };
        let mut events: Vec<_> = over.iter().filter_map(|tally| tally.close_with_event()).collect::<Result<_, _>>()?;
        while !events.is_empty() {
            let rest = events.split_off(events.len().min(RECORDS_PER_COMMIT));
            let batch = Draft::new(Arc::clone(&house.store)).into_batch(Vec::new(), events)?;
            events = rest;
            house.store.commit(batch).await?;
        }
        Ok(())
    }

    /// The tally of this second. An older one of the kind is closed, and its count carried over.
    fn tally(&self, kind: &Kind, second: u64) -> Arc<Tally> {
        let mut open = self.lock();
        if let Some(tally) = open.get(kind).filter(|tally| tally.second == second) {
            return Arc::clone(tally);
        }
        let carried = open.get(kind).map_or(0, |former| former.close().0);
        let tally = Arc::new(Tally {
            second,
            record: OnceCell::new(),
            carried: AtomicU64::new(carried),
            counted: Mutex::default(),
        });
        open.insert(kind.clone(), Arc::clone(&tally));
        tally
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Kind, Arc<Tally>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tally {
    /// Counts one more; `false` when it is closed.
    fn counts(&self, house: &House, family: &Family) -> Result<bool, Breakage> {
        let mut counted = self.lock();
        if counted.closed {
            return Ok(false);
        }
        if counted.first.is_none()
            && let Some(root) = family.members.last()
        {
            counted.first = Some(record::told(house, root, REFUSED_PARAMETERS_BYTES_MAX)?);
        }
        counted.count += 1;
        Ok(true)
    }

    /// Counts no more. What is not durable yet: how many, and the first of them.
    fn close(&self) -> (u64, Option<store::Event>) {
        let mut counted = self.lock();
        counted.closed = true;
        let count = std::mem::take(&mut counted.count) + self.carried.swap(0, Ordering::Relaxed);
        (count, counted.first.take())
    }

    /// The record of all that were counted: it is that of the first of them, and stands for the others beside.
    fn close_with_event(&self) -> Option<Result<store::Event, Breakage>> {
        let (count, first) = self.close();
        first.map(|first| record::repeated(first, count.saturating_sub(1)))
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
