//! What an engine is: rows in order, commits as a whole, and the trail beside them.

use crate::bundle::Bundle;
use crate::draft::Event;
use crate::index::{Place, Posting, Token, Under};
use crate::store::Common;
use crate::trail::{Head, Root};
use crate::warm::Change;
use crate::{Revision, Store};
use names::Time;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// The checks and writes that one batch may have.
pub const BATCH_ROWS_MAX: usize = 4096;
/// The keys, values and events of one batch together.
pub const BATCH_BYTES_MAX: usize = 4 << 20;

/// What an engine answers, in its own time.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Keys and rows, in the order asked for.
pub type Rows = Vec<(Vec<u8>, Row)>;

/// Where the trail can be read: an engine, or a store that another process has open.
pub trait TrailSource: Send + Sync {
    /// The bundles that have events from sequence `from` on, as many as make up `limit` events, and the head, both of one moment. No
    /// bundles: there are no such events.
    fn trail(&self, from: u64, limit: usize) -> Answer<'_, Result<TrailPage, EngineFault>>;
}

/// An ordered map from `(space, key)` to rows, with a trail. Reads see only what is committed.
pub trait Engine: TrailSource {
    fn row<'a>(&'a self, space: &'static str, key: &'a [u8]) -> Answer<'a, Result<Option<Row>, EngineFault>>;

    /// The rows of `range` in the order of their keys (or against it), `limit` at most, all of one moment.
    fn scan<'a>(
        &'a self,
        space: &'static str,
        range: &'a Range,
        direction: Direction,
        limit: usize,
    ) -> Answer<'a, Result<Rows, EngineFault>>;

    /// All or nothing, and durable when it answers `Ok`. A future that is dropped after its first poll may still be
    /// committed.
    fn commit(&self, batch: Batch) -> Answer<'_, Result<Committed, CommitError>>;

    /// The last row of the trail, as it signs for itself; `None` before the first commit.
    fn head(&self) -> Answer<'_, Result<Option<Head>, EngineFault>>;

    /// Upkeep of the trail's look-up index: adds the postings of all events after the sequence `after` up to `upto`. It does nothing
    /// unless the index is complete up to `after` and no further: so adding twice is adding once.
    fn index_add(&self, after: u64, upto: u64, postings: Vec<Posting>) -> Answer<'_, Result<(), EngineFault>>;

    /// The sequence up to which the look-up index is complete; 0 before the first upkeep.
    fn indexed_upto(&self) -> Answer<'_, Result<u64, EngineFault>>;

    /// Times and sequences of the events under a token, newest first.
    fn index_page(&self, query: IndexQuery) -> Answer<'_, Result<Vec<Place>, EngineFault>>;

    /// Cuts off the beginning of the trail, as one transaction: notes the root, and deletes the bundles up to it and those postings `under`
    /// these terms that name nothing behind it. What other postings still name is not found any more. [`Store::cut`] looks at the root.
    fn cut(&self, root: Root, under: Vec<Under>) -> Answer<'_, Result<(), EngineFault>>;

    /// A row about the store itself (how it is unsealed). It is neither sealed nor recorded: it is read before there is
    /// a barrier.
    fn note<'a>(&'a self, name: &'a str) -> Answer<'a, Result<Option<Vec<u8>>, EngineFault>>;

    fn put_note<'a>(&'a self, name: &'a str, bytes: Vec<u8>) -> Answer<'a, Result<(), EngineFault>>;

    /// Erases what deleted and replaced rows have left behind. When it answers `Ok`, their bytes are nowhere in the
    /// data directory.
    fn scrub(&self) -> Answer<'_, Result<(), ScrubError>>;

    /// Whether the disk was found full, and no space has been regained since. The house's own records may still find place.
    fn is_short(&self) -> bool {
        false
    }

    /// What was committed so far. Zeros of an engine that does not count.
    fn commits(&self) -> Commits {
        Commits::default()
    }

    /// Looks whether there is space again, and lays what was kept back anew; `true` if the disk is full no longer.
    fn regain(&self) -> Answer<'_, Result<bool, EngineFault>> {
        Box::pin(async { Ok(true) })
    }
}

/// What an engine has committed since it was opened.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Commits {
    /// Transactions, each with one sync.
    pub groups: u64,
    /// What they were of: batches, index entries, notes.
    pub jobs: u64,
    /// How long writing and syncing the log took.
    pub sync_micros: u64,
    /// The place of the last event on the trail.
    pub events: u64,
}

/// A row as an engine keeps it: sealed bytes, and what the seal is bound to beside space and key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    pub revision: Revision,
    pub format: u16,
    pub bytes: Arc<[u8]>,
}

/// Keys from `from` (included) to `to` (excluded; `None` is the end of the space).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Range {
    pub from: Vec<u8>,
    pub to: Option<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    Forward,
    Backward,
}

/// What a commit demands of the state it meets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Check {
    /// The row is there, at this revision.
    At { space: &'static str, key: Vec<u8>, revision: Revision },
    /// There is no such row.
    Absent { space: &'static str, key: Vec<u8> },
    /// The range holds these rows at these revisions, in the order of their keys, and no other. No rows: the range is
    /// empty.
    Range { space: &'static str, range: Range, rows: Vec<(Vec<u8>, Revision)> },
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Write {
    Put { space: &'static str, key: Vec<u8>, row: Row },
    Delete { space: &'static str, key: Vec<u8> },
}

/// What is committed as one: checks, writes, events. The engine seals the events, as many together as it commits together; all batches of
/// an engine are of houses with the same key.
pub struct Batch {
    pub checks: Vec<Check>,
    pub(crate) writes: Vec<Write>,
    pub(crate) events: Vec<Event>,
    pub(crate) changes: Vec<Change>,
    pub(crate) common: Arc<Common>,
}

/// The places that a batch's events have on the trail: from `first` to `last`, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Committed {
    pub first: u64,
    pub last: u64,
}

/// A page of the trail, and its root and head at the same moment.
#[derive(Clone, Debug)]
pub struct TrailPage {
    pub bundles: Vec<Bundle>,
    /// `None`: nothing was ever cut.
    pub root: Option<Root>,
    pub head: Option<Head>,
}

/// Events under `token` from `from` to `to`, both included; after the place that ended the page before.
#[derive(Clone, Copy, Debug)]
pub struct IndexQuery {
    pub token: Token,
    pub from: Time,
    pub to: Time,
    pub after: Option<Place>,
    pub limit: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CommitError {
    #[error("what was read has changed since")]
    Conflict,
    #[error(transparent)]
    Stopped(#[from] EngineFault),
}

/// Why an engine cannot answer. After the first one that a commit meets, no commit is answered with success any more; but for a full disk,
/// which is found before anything is synced: then the commit has left nothing behind, and later ones may succeed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EngineFault {
    #[error("the disk is full")]
    Full,
    #[error("the disk could not be read or written")]
    Disk,
    #[error("the database is damaged")]
    Damaged,
    #[error("another process holds the database")]
    Held,
    #[error("the store is closed")]
    Closed,
    #[error("events could not be sealed")]
    Unsealed,
    #[error("the database answered code {0}")]
    Other(i32),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ScrubError {
    #[error("a reader kept old pages alive; scrub again")]
    Busy,
    #[error(transparent)]
    Stopped(#[from] EngineFault),
}

/// A batch that is larger than an engine takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a commit has at most {BATCH_ROWS_MAX} checks and writes, and {BATCH_BYTES_MAX} bytes")]
pub struct Oversized;

impl Batch {
    /// A batch as an engine takes it. [`crate::Draft::into_batch`] is the way to one whose values are sealed and whose
    /// rows are kept warm.
    ///
    /// # Panics
    /// When there is no event: what is not on the trail does not happen, so a commit without a record is a fault of the
    /// house.
    pub fn new(store: &Store, checks: Vec<Check>, writes: Vec<Write>, events: Vec<Event>) -> Result<Self, Oversized> {
        assert!(!events.is_empty(), "a commit has at least one event");
        let (rows, bytes) = measure(&checks, &writes, &events);
        if rows > BATCH_ROWS_MAX || bytes > BATCH_BYTES_MAX {
            return Err(Oversized);
        }
        Ok(Self { checks, writes, events, changes: Vec::new(), common: Arc::clone(store.common()) })
    }

    /// To be called in the order of the commits, when the batch is durable and before anybody hears of it.
    pub(crate) fn land(self, committed: Committed) {
        self.common.warm.land(self.changes);
        self.common.pending.land(committed.first, self.events.into_iter().map(|event| event.terms));
    }

    /// What an engine is to write: rows, as they are sealed.
    pub fn writes(&self) -> &[Write] {
        &self.writes
    }

    /// The events that go on the trail with the writes, before they are sealed.
    pub fn events(&self) -> &[Event] {
        &self.events
    }
}

impl Range {
    /// The whole space.
    pub fn all() -> Self {
        Self { from: Vec::new(), to: None }
    }

    /// All keys that begin with `prefix`.
    pub fn prefix(prefix: &[u8]) -> Self {
        let mut to = prefix.to_vec();
        while to.last() == Some(&u8::MAX) {
            to.pop();
        }
        let to = to.pop().map(|last| {
            to.push(last.saturating_add(1));
            to
        });
        Self { from: prefix.to_vec(), to }
    }

    pub fn contains(&self, key: &[u8]) -> bool {
        key >= self.from.as_slice() && self.to.as_ref().is_none_or(|to| key < to.as_slice())
    }

    pub fn is_empty(&self) -> bool {
        self.to.as_ref().is_some_and(|to| *to <= self.from)
    }

    /// What is left of the range beyond `key`, in the given direction.
    pub fn beyond(mut self, key: &[u8], direction: Direction) -> Self {
        match direction {
            Direction::Forward => self.from = self.from.max(successor(key)),
            Direction::Backward => self.to = Some(self.to.map_or(key.to_vec(), |to| to.min(key.to_vec()))),
        }
        self
    }

    /// What of the range was seen when reading in the given direction ended at `key`, which is included.
    pub fn upto(mut self, key: &[u8], direction: Direction) -> Self {
        match direction {
            Direction::Forward => self.to = Some(successor(key)),
            Direction::Backward => self.from = key.to_vec(),
        }
        self
    }
}

impl Write {
    pub fn space(&self) -> &'static str {
        match self {
            Self::Put { space, .. } | Self::Delete { space, .. } => space,
        }
    }

    pub fn key(&self) -> &[u8] {
        match self {
            Self::Put { key, .. } | Self::Delete { key, .. } => key,
        }
    }
}

/// The first key after `key`.
fn successor(key: &[u8]) -> Vec<u8> {
    let mut next = key.to_vec();
    next.push(0);
    next
}

fn measure(checks: &[Check], writes: &[Write], events: &[Event]) -> (usize, usize) {
    let (mut rows, mut bytes) = (writes.len(), 0);
    for check in checks {
        match check {
            Check::At { key, .. } | Check::Absent { key, .. } => (rows, bytes) = (rows + 1, bytes + key.len()),
            Check::Range { rows: held, .. } => {
                rows += 1 + held.len();
                bytes += held.iter().map(|(key, _)| key.len()).sum::<usize>();
            }
        }
    }
    for write in writes {
        bytes += write.key().len();
        if let Write::Put { row, .. } = write {
            bytes += row.bytes.len();
        }
    }
    (rows, bytes + events.iter().map(|event| event.bytes.len()).sum::<usize>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_where_the_next_begins() {
        assert_eq!(Range::prefix(b"ab").to, Some(b"ac".to_vec()));
        assert_eq!(Range::prefix(&[1, 255, 255]).to, Some(vec![2]));
        assert_eq!(Range::prefix(&[255]).to, None);
        assert_eq!(Range::prefix(&[]), Range::all());
        assert!(Range::prefix(b"ab").contains(b"ab") && Range::prefix(b"ab").contains(b"ab\xff\xff"));
        assert!(!Range::prefix(b"ab").contains(b"ac") && !Range::prefix(b"ab").contains(b"aa\xff"));
    }

    #[test]
    fn what_was_seen_and_what_is_left_meet() {
        for direction in [Direction::Forward, Direction::Backward] {
            let whole = Range::prefix(b"k");
            let (seen, left) = (whole.clone().upto(b"kk", direction), whole.beyond(b"kk", direction));
            for key in [&b"k"[..], b"kj\xff", b"kk", b"kk\0", b"kl", b"kz"] {
                assert!(seen.contains(key) != left.contains(key), "{key:?} {direction:?}");
            }
            assert!(seen.contains(b"kk"));
        }
    }
}
