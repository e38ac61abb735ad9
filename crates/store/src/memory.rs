//! The engine that keeps everything in memory and loses it at the end: for tests and simulation.

use crate::Revision;
use crate::bundle::{Bundle, portions};
use crate::engine::{
    Answer, Batch, Check, CommitError, Committed, Direction, Engine, EngineFault, IndexQuery, Range, Row, Rows,
    ScrubError, TrailPage, TrailSource, Write,
};
use crate::index::{Page, Place, Posting, Token, Under};
use crate::trail::{Chain, Head, Root};
use std::collections::BTreeMap;
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
    trail: Vec<Bundle>,
    root: Option<Root>,
    head: Option<Head>,
    /// By token, period and last sequence.
    index: BTreeMap<(Token, i64, u64), Posting>,
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
            let skip = state.trail.partition_point(|bundle| bundle.sequence < from);
            let bundles = state.trail.iter().skip(skip).scan(0, |events, bundle| {
                let wanted = *events < limit;
                *events += bundle.count_from(from);
                wanted.then(|| bundle.clone())
            });
            Ok(TrailPage { bundles: bundles.collect(), root: state.root, head: state.head })
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
        self.now(move |state| state.commit(batch))
    }

    fn head(&self) -> Answer<'_, Result<Option<Head>, EngineFault>> {
        self.now(|state| Ok(state.head))
    }

    fn index_add(&self, after: u64, upto: u64, postings: Vec<Posting>) -> Answer<'_, Result<(), EngineFault>> {
        self.now(move |state| {
            if state.indexed_upto == after {
                let keyed = postings.into_iter().map(|one| ((one.token, one.period, one.last), one));
                state.index.extend(keyed);
                state.indexed_upto = upto;
            }
            Ok(())
        })
    }

    fn indexed_upto(&self) -> Answer<'_, Result<u64, EngineFault>> {
        self.now(|state| Ok(state.indexed_upto))
    }

    fn index_page(&self, query: IndexQuery) -> Answer<'_, Result<Vec<Place>, EngineFault>> {
        self.now(move |state| {
            let cut = state.root.map_or(0, |root| root.sequence);
            let (mut page, (from, to)) = (Page::new(&query, cut), Page::periods(&query));
            if from > to {
                return Ok(Vec::new());
            }
            let keys = (query.token, from, 0)..=(query.token, to, u64::MAX);
            for (_, posting) in state.index.range(keys).rev() {
                if !page.take(posting)? {
                    break;
                }
            }
            Ok(page.finish())
        })
    }

    fn cut(&self, root: Root, under: Vec<Under>) -> Answer<'_, Result<(), EngineFault>> {
        self.now(move |state| {
            state.root = Some(root);
            state.trail.retain(|bundle| bundle.sequence > root.sequence);
            for (token, period) in under {
                let gone = state.index.range((token, period, 0)..=(token, period, root.sequence));
                for key in gone.map(|(key, _)| *key).collect::<Vec<_>>() {
                    state.index.remove(&key);
                }
            }
            Ok(())
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
    fn commit(&mut self, mut batch: Batch) -> Result<Committed, CommitError> {
        if !batch.checks.iter().all(|check| self.holds(check)) {
            return Err(CommitError::Conflict);
        }
        let (mut chain, mut sealed) = (self.head.map(Chain::from).unwrap_or_default(), Vec::new());
        let first = chain.sequence.saturating_add(1);
        let events: Vec<_> = batch.events.iter().collect();
        for portion in portions(&events) {
            sealed.push(Bundle::seal(&mut chain, &batch.common.barrier, portion)?);
        }
        for write in std::mem::take(&mut batch.writes) {
            match write {
                Write::Put { space, key, row } => self.spaces.entry(space).or_default().insert(key, row),
                Write::Delete { space, key } => self.spaces.entry(space).or_default().remove(&key),
            };
        }
        self.trail.append(&mut sealed);
        self.head = Some(chain.head(&batch.common.barrier));
        let committed = Committed { first, last: chain.sequence };
        batch.land(committed);
        Ok(committed)
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
