//! The engine that keeps everything in memory and loses it at the end: for tests and simulation.

use crate::engine::{
    Answer, Batch, Check, CommitError, Committed, Direction, Engine, EngineFault, IndexEntry, IndexQuery, Range, Row,
    Rows, ScrubError, TrailPage, TrailSource, Write,
};
use crate::trail::{Chain, Head, TrailRow};
use crate::{INDEX_ENTRIES_MAX, Revision};
use names::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The same semantics as the engines that last.
#[derive(Default)]
pub struct MemoryEngine {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    spaces: BTreeMap<&'static str, BTreeMap<Vec<u8>, Row>>,
    trail: Vec<TrailRow>,
    head: Option<Head>,
    index: BTreeSet<IndexEntry>,
    indexed_upto: u64,
    notes: BTreeMap<String, Vec<u8>>,
}

impl MemoryEngine {
    pub fn new() -> Self {
        Self::default()
    }

    /// Does `work` at once, in the order of the calls.
    fn now<'a, T: Send + 'a>(&'a self, work: impl FnOnce(&mut State) -> T + Send + 'a) -> Answer<'a, T> {
        Box::pin(async move { work(&mut self.lock()) })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TrailSource for MemoryEngine {
    fn trail(&self, from: u64, limit: usize) -> Answer<'_, Result<TrailPage, EngineFault>> {
        self.now(move |state| {
            let skip = usize::try_from(from.saturating_sub(1)).unwrap_or(usize::MAX);
            let rows = state.trail.iter().skip(skip).take(limit).cloned().collect();
            Ok(TrailPage { rows, head: state.head })
        })
    }
}

impl Engine for MemoryEngine {
    fn row<'a>(&'a self, space: &'static str, key: &'a [u8]) -> Answer<'a, Result<Option<Row>, EngineFault>> {
        self.now(move |state| Ok(state.row(space, key).cloned()))
    }

    fn scan<'a>(
        &'a self,
        space: &'static str,
        range: &'a Range,
        direction: Direction,
        limit: usize,
    ) -> Answer<'a, Result<Rows, EngineFault>> {
        self.now(move |state| {
            let rows = state.range(space, range).map(|(key, row)| (key.clone(), row.clone()));
            Ok(match direction {
                Direction::Forward => rows.take(limit).collect(),
                Direction::Backward => rows.rev().take(limit).collect(),
            })
        })
    }

    fn commit(&self, batch: Batch) -> Answer<'_, Result<Committed, CommitError>> {
        self.now(move |state| state.commit(batch).ok_or(CommitError::Conflict))
    }

    fn head(&self) -> Answer<'_, Result<Option<Head>, EngineFault>> {
        self.now(|state| Ok(state.head))
    }

    fn index_add(&self, upto: u64, entries: Vec<IndexEntry>) -> Answer<'_, Result<(), EngineFault>> {
        assert!(entries.len() <= INDEX_ENTRIES_MAX, "upkeep comes in bounded portions");
        self.now(move |state| {
            state.index.extend(entries);
            state.indexed_upto = state.indexed_upto.max(upto);
            Ok(())
        })
    }

    fn indexed_upto(&self) -> Answer<'_, Result<u64, EngineFault>> {
        self.now(|state| Ok(state.indexed_upto))
    }

    fn index_page(&self, query: IndexQuery) -> Answer<'_, Result<Vec<(Time, u64)>, EngineFault>> {
        self.now(move |state| {
            let entry = |time, sequence| IndexEntry { token: query.token, time, sequence };
            let from = Bound::Included(entry(query.from, 0));
            let to = match query.after {
                Some((time, sequence)) => entry(time, sequence).min(entry(query.to, u64::MAX)),
                None => entry(query.to, u64::MAX),
            };
            if entry(query.from, 0) > to {
                return Ok(Vec::new());
            }
            // The entry that ended the page before is not shown again; no event has the last sequence of all.
            let entries = state.index.range((from, Bound::Excluded(to))).rev().take(query.limit);
            Ok(entries.map(|entry| (entry.time, entry.sequence)).collect())
        })
    }

    fn note<'a>(&'a self, name: &'a str) -> Answer<'a, Result<Option<Vec<u8>>, EngineFault>> {
        self.now(move |state| Ok(state.notes.get(name).cloned()))
    }

    fn put_note<'a>(&'a self, name: &'a str, bytes: Vec<u8>) -> Answer<'a, Result<(), EngineFault>> {
        self.now(move |state| {
            state.notes.insert(name.to_owned(), bytes);
            Ok(())
        })
    }

    fn scrub(&self) -> Answer<'_, Result<(), ScrubError>> {
        // There is no data directory, so nothing is left in it.
        self.now(|_| Ok(()))
    }
}

impl State {
    fn commit(&mut self, batch: Batch) -> Option<Committed> {
        if !batch.checks.iter().all(|check| self.holds(check)) {
            return None;
        }
        for write in batch.writes {
            match write {
                Write::Put { space, key, row } => self.spaces.entry(space).or_default().insert(key, row),
                Write::Delete { space, key } => self.spaces.entry(space).or_default().remove(&key),
            };
        }
        let mut chain = self.head.map(Chain::from).unwrap_or_default();
        let first = chain.sequence.saturating_add(1);
        self.trail.extend(batch.events.into_iter().map(|event| chain.append(event)));
        self.head = Some(chain.head(&batch.barrier));
        if let Some(landed) = batch.landed {
            landed();
        }
        Some(Committed { first, last: chain.sequence })
    }

    fn holds(&self, check: &Check) -> bool {
        match check {
            Check::At { space, key, revision } => self.row(space, key).map(|row| row.revision) == Some(*revision),
            Check::Absent { space, key } => self.row(space, key).is_none(),
            Check::Range { space, range, rows } => {
                let found = self.range(space, range).map(|(key, row)| (key.as_slice(), row.revision));
                found.eq(rows.iter().map(|(key, revision): &(Vec<u8>, Revision)| (key.as_slice(), *revision)))
            }
        }
    }

    fn row(&self, space: &str, key: &[u8]) -> Option<&Row> {
        self.spaces.get(space)?.get(key)
    }

    fn range(&self, space: &str, range: &Range) -> impl DoubleEndedIterator<Item = (&Vec<u8>, &Row)> {
        // A range that ends before it begins is empty here; an ordered map would panic.
        let rows = self.spaces.get(space).filter(|_| !range.is_empty());
        let to = range.to.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let bounds = (Bound::Included(range.from.as_slice()), to);
        rows.map(|rows| rows.range::<[u8], _>(bounds)).into_iter().flatten()
    }
}
