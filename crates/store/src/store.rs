//! The store as the house sees it: typed tables over an engine and a barrier.

use crate::Row;
use crate::bundle::Bundle;
use crate::engine::{
    Batch, Check, CommitError, Commits, Committed, Direction, Engine, EngineFault, IndexQuery, Oversized, Range,
    ScrubError,
};
use crate::index::{Chapter, Pending, Place, Terms, Token};
use crate::key::{Cursor, Span, TableKey};
use crate::record::{self, Record};
use crate::table::{Index, Table, range_check};
use crate::trail::{Anchor, Head, Recorded, TRAIL_SPACE, Verdict, verify};
use crate::view::{self, Found, Held, Page, Scanned, View};
use crate::warm::{Change, Kept, Moment, Warm};
use cipher::{Barrier, Entropy, NoEntropy, Unsealed};
use names::Time;
use std::any::Any;
use std::sync::Arc;

/// The rows of one page.
pub const SCAN_ROWS_MAX: usize = 1000;

/// Where sealed cursors stand, as it were: no table may have this name.
const CURSOR_SPACE: &str = "store/cursor";
const CURSOR_FORMAT: u16 = 1;
const CURSOR_REVISION: u64 = 0;

const TERM_LABEL: &str = "trail index";
/// How many events a turn of the index reads at most.
const REREAD_EVENTS: usize = 500;

/// The note of the time at which the clock was last believed: microseconds since 1970, big-endian.
pub(crate) const CLOCK_NOTE: &str = "clock-believed";
/// The note of a scrub that is owed: a random number, or nothing.
const SCRUB_OWED_NOTE: &str = "scrub-owed";

/// One store for the whole house.
pub struct Store {
    engine: Arc<dyn Engine>,
    entropy: Arc<dyn Entropy>,
    common: Arc<Common>,
}

/// What a commit needs of the store, and changes in it.
pub(crate) struct Common {
    pub barrier: Arc<Barrier>,
    pub warm: Warm,
    pub pending: Pending,
}

/// Ours to answer for, never the caller's. One row that does not open breaks what depends on it and nothing else.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Broken {
    #[error(transparent)]
    Engine(#[from] EngineFault),
    #[error("a row of {space} does not open: it was changed or moved outside of the house")]
    Unopened { space: &'static str, key: Vec<u8> },
    #[error("a row of {space} says nothing in format {format}")]
    Unreadable { space: &'static str, key: Vec<u8>, format: u16 },
    #[error("a row of {space} has format {format}, written by a newer version")]
    NewerFormat { space: &'static str, format: u16 },
    #[error("a key of {space} is none of its table")]
    StrangeKey { space: &'static str, key: Vec<u8> },
    #[error("a key of {space} is too long")]
    LongKey { space: &'static str },
    #[error("a value of {space} cannot be written")]
    Unwritable { space: &'static str },
    #[error("the unique index {space} leads to another row already")]
    Taken { space: &'static str },
    #[error("the head of the trail is not signed by this house")]
    FalseHead,
    #[error("the place up to which the trail was cut is not signed by this house")]
    FalseRoot,
    #[error("the trail cannot be cut at {0}: no bundle ends there, or it has been cut already")]
    Uncuttable(u64),
    #[error(transparent)]
    Unsealed(#[from] Unsealed),
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    #[error(transparent)]
    Oversized(#[from] Oversized),
}

impl Store {
    /// `warm_bytes_max`: [`crate::WARM_BYTES_MAX_DEFAULT`] unless the operator says otherwise.
    pub fn new(
        engine: Arc<dyn Engine>,
        barrier: Arc<Barrier>,
        entropy: Arc<dyn Entropy>,
        warm_bytes_max: usize,
    ) -> Self {
        let common = Common { barrier, warm: Warm::new(warm_bytes_max), pending: Pending::default() };
        Self { engine, entropy, common: Arc::new(common) }
    }

    /// The row, no older than the last commit that was acknowledged before the call.
    pub async fn get<S, K: TableKey, V: Record>(
        &self,
        table: &Table<S, K, V>,
        key: &K,
    ) -> Result<Option<Held<V>>, Broken> {
        self.held(table.space(), &key.to_bytes()).await
    }

    /// A page of rows, [`SCAN_ROWS_MAX`] at most.
    pub async fn scan<S, K: TableKey, V: Record>(
        &self,
        table: &Table<S, K, V>,
        span: &Span<K>,
        limit: usize,
    ) -> Result<Scanned<K, V>, Broken> {
        view::scan(&mut &*self, table, span, limit).await
    }

    /// A page of rows in the order of an index.
    pub async fn by_index<S, I: TableKey, K: TableKey, V: Record>(
        &self,
        table: &Table<S, K, V>,
        index: &Index<S, I, K, V>,
        span: &Span<I>,
        limit: usize,
    ) -> Result<Scanned<K, V>, Broken> {
        view::by_index(&mut &*self, table, index, span, limit).await
    }

    /// The row that a unique index leads to.
    pub async fn by_unique<S, I: TableKey, K: TableKey, V: Record>(
        &self,
        table: &Table<S, K, V>,
        index: &Index<S, I, K, V>,
        key: &I,
    ) -> Result<Found<K, V>, Broken> {
        view::by_unique(&mut &*self, table, index, key).await
    }

    /// All or nothing, and durable when it answers `Ok`.
    pub async fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        self.engine.commit(batch).await
    }

    /// Whether all that was read is still so. It is a look and no promise: only a commit validates.
    pub async fn still(&self, checks: &[Check]) -> Result<bool, Broken> {
        for check in checks {
            let same = match check {
                Check::At { space, key, revision } => {
                    self.engine.row(space, key).await?.map(|row| row.revision) == Some(*revision)
                }
                Check::Absent { space, key } => self.engine.row(space, key).await?.is_none(),
                Check::Range { space, range, rows } => {
                    let limit = rows.len().saturating_add(1);
                    let found = self.engine.scan(space, range, Direction::Forward, limit).await?;
                    found.iter().map(|(key, row)| (key, row.revision)).eq(rows.iter().map(|(key, at)| (key, *at)))
                }
            };
            if !same {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Events from sequence `from` on, `limit` at most, opened.
    pub async fn trail(&self, from: u64, limit: usize) -> Result<Vec<Recorded>, Broken> {
        let mut recorded = Vec::new();
        for bundle in self.engine.trail(from, limit).await?.bundles {
            recorded.extend(self.opened(&bundle)?.into_iter().filter(|event| event.sequence >= from));
        }
        recorded.truncate(limit);
        Ok(recorded)
    }

    /// The event at `sequence` and those that were sealed with it; none, if it is not there. Whoever reads backward opens them once.
    pub async fn trail_around(&self, sequence: u64) -> Result<Vec<Recorded>, Broken> {
        let page = self.engine.trail(sequence, 1).await?;
        page.bundles.first().map_or(Ok(Vec::new()), |bundle| self.opened(bundle))
    }

    /// Whether the trail has the anchor's link at the anchor's place. Nothing is opened. Of what was cut, it is known of the last.
    pub async fn holds(&self, anchor: Anchor) -> Result<bool, EngineFault> {
        let page = self.engine.trail(anchor.sequence, 1).await?;
        if let Some(root) = page.root.filter(|root| root.sequence == anchor.sequence) {
            return Ok(root.is_signed(self.barrier()) && root.link == anchor.link);
        }
        let events = page.bundles.iter().flat_map(|bundle| bundle.events());
        Ok(events.filter(|event| event.sequence == anchor.sequence).any(|event| event.link == anchor.link))
    }

    /// The end of the trail; an error if this house did not sign it.
    pub async fn head(&self) -> Result<Option<Head>, Broken> {
        match self.engine.head().await? {
            Some(head) if !head.is_signed(self.barrier()) => Err(Broken::FalseHead),
            head => Ok(head),
        }
    }

    /// See [`crate::verify`].
    pub async fn verify(
        &self,
        anchor: Option<Anchor>,
        visit: impl FnMut(&Recorded) + Send,
    ) -> Result<Verdict, EngineFault> {
        verify(self.engine.as_ref(), &self.common.barrier, anchor, visit).await
    }

    /// The token under which the look-up index keeps a term, which has been added to [`Terms`].
    pub fn token(&self, account: &str, region: &str, kind: u8, value: &str) -> Token {
        self.term_token(&[account.as_bytes(), region.as_bytes(), &[kind], value.as_bytes()])
    }

    /// Seals a cursor for its way out of the house. `place` says what it is good for: it opens there and nowhere else.
    pub fn seal_cursor(&self, place: &[u8], cursor: &Cursor) -> Result<Vec<u8>, Broken> {
        Ok(self.barrier().seal(CURSOR_SPACE, place, CURSOR_REVISION, CURSOR_FORMAT, &cursor.0)?)
    }

    /// Opens what [`Store::seal_cursor`] made for the same place; `None` for all else.
    pub fn open_cursor(&self, place: &[u8], sealed: &[u8]) -> Option<Cursor> {
        self.barrier().open(CURSOR_SPACE, place, CURSOR_REVISION, CURSOR_FORMAT, sealed).ok().map(Cursor)
    }

    /// A turn of the look-up index: takes in events that are not in it yet, and says whether more are waiting. What was committed through
    /// this store is at hand; of other events, `read` says by what they are found.
    pub async fn index(&self, read: impl Fn(&Recorded) -> Terms) -> Result<bool, Broken> {
        let waiting = self.common.pending.upto();
        let indexed = self.engine.indexed_upto().await?;
        let (chapter, more) = match self.common.pending.next(indexed) {
            Ok(chapter) => (chapter, false),
            Err(until) => self.reread(indexed, until, read).await?,
        };
        let Chapter { after, upto, .. } = chapter;
        if upto > after {
            self.engine.index_add(after, upto, chapter.postings(|term| self.term_token(term))).await?;
        }
        Ok(more || waiting.is_some_and(|waiting| upto < waiting))
    }

    /// The events after `indexed`, and up to `until` if that is known; whether there may be more.
    async fn reread(
        &self,
        indexed: u64,
        until: Option<u64>,
        read: impl Fn(&Recorded) -> Terms,
    ) -> Result<(Chapter, bool), Broken> {
        let mut chapter = Chapter::begin(indexed);
        let page = self.trail(indexed.saturating_add(1), REREAD_EVENTS).await?;
        for event in page.iter().take_while(|event| until.is_none_or(|until| event.sequence <= until)) {
            if chapter.is_full() {
                break;
            }
            chapter.add(event.sequence, read(event));
        }
        let more = page.len() == REREAD_EVENTS || page.last().is_some_and(|last| chapter.upto < last.sequence);
        Ok((chapter, more))
    }

    pub(crate) fn term_token(&self, term: &[&[u8]; 4]) -> Token {
        self.common.barrier.blind(TERM_LABEL, term)
    }

    /// See [`Engine::indexed_upto`].
    pub async fn indexed_upto(&self) -> Result<u64, EngineFault> {
        self.engine.indexed_upto().await
    }

    /// See [`Engine::index_page`].
    pub async fn index_page(&self, query: IndexQuery) -> Result<Vec<Place>, EngineFault> {
        self.engine.index_page(query).await
    }

    /// Notes, durably, that rows will be deleted whose bytes must not stay behind. To be said before the commit that
    /// deletes them, so that not even a crash forgets the scrub.
    pub async fn owe_scrub(&self) -> Result<(), Broken> {
        let mut debt = vec![0; 16];
        self.entropy.fill(&mut debt)?;
        Ok(self.engine.put_note(SCRUB_OWED_NOTE, debt).await?)
    }

    pub async fn owes_scrub(&self) -> Result<bool, Broken> {
        Ok(self.engine.note(SCRUB_OWED_NOTE).await?.is_some_and(|debt| !debt.is_empty()))
    }

    /// See [`Engine::scrub`]. It pays what was owed when it began.
    pub async fn scrub(&self) -> Result<(), ScrubError> {
        let debt = self.engine.note(SCRUB_OWED_NOTE).await?;
        self.engine.scrub().await?;
        if self.engine.note(SCRUB_OWED_NOTE).await? == debt {
            self.engine.put_note(SCRUB_OWED_NOTE, Vec::new()).await?;
        }
        Ok(())
    }

    /// See [`Engine::is_short`].
    pub fn is_short(&self) -> bool {
        self.engine.is_short()
    }

    /// See [`Engine::regain`].
    pub async fn regain(&self) -> Result<bool, EngineFault> {
        self.engine.regain().await
    }

    /// When the house last believed its clock, as [`Store::note_clock`] has it.
    pub async fn noted_clock(&self) -> Result<Option<Time>, EngineFault> {
        Ok(self.engine.note(CLOCK_NOTE).await?.and_then(noted_time))
    }

    /// Notes that the clock was believed at `time`.
    pub async fn note_clock(&self, time: Time) -> Result<(), EngineFault> {
        self.engine.put_note(CLOCK_NOTE, time.micros().to_be_bytes().to_vec()).await
    }

    pub(crate) async fn note(&self, name: &str) -> Result<Option<Vec<u8>>, EngineFault> {
        self.engine.note(name).await
    }

    pub(crate) async fn put_note(&self, name: &str, bytes: Vec<u8>) -> Result<(), EngineFault> {
        self.engine.put_note(name, bytes).await
    }

    /// See [`Engine::commits`].
    pub fn commits(&self) -> Commits {
        self.engine.commits()
    }

    /// Shows up to `limit` values of a table, from behind the key `after` on, for counting: they are opened, and not kept warm. `None`
    /// behind the last row, else the key behind which it goes on.
    pub async fn survey<S, K: TableKey, V: Record>(
        &self,
        table: &Table<S, K, V>,
        after: Option<Vec<u8>>,
        limit: usize,
        mut visit: impl FnMut(V),
    ) -> Result<Option<Vec<u8>>, Broken> {
        let behind = |mut key: Vec<u8>| {
            key.push(0);
            key
        };
        let range = Range { from: after.map(behind).unwrap_or_default(), to: None };
        let rows = self.engine.scan(table.space(), &range, Direction::Forward, limit).await?;
        for (key, row) in &rows {
            visit(record::open::<V>(self.barrier(), table.space(), key, row)?);
        }
        Ok(rows.last().filter(|_| rows.len() >= limit).map(|(key, _)| key.clone()))
    }

    pub(crate) fn barrier(&self) -> &Barrier {
        &self.common.barrier
    }

    pub(crate) fn engine(&self) -> &dyn Engine {
        self.engine.as_ref()
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        self.entropy.as_ref()
    }

    pub(crate) fn common(&self) -> &Arc<Common> {
        &self.common
    }

    fn warm(&self) -> &Warm {
        &self.common.warm
    }

    fn opened(&self, bundle: &Bundle) -> Result<Vec<Recorded>, Broken> {
        let key = || bundle.sequence.to_be_bytes().to_vec();
        bundle.open(self.barrier()).ok_or_else(|| Broken::Unopened { space: TRAIL_SPACE, key: key() })
    }

    pub(crate) async fn held<V: Record>(&self, space: &'static str, key: &[u8]) -> Result<Option<Held<V>>, Broken> {
        match self.warm().find(space, key) {
            Some(None) => return Ok(None),
            Some(Some(kept)) => {
                if let Some(held) = typed(&kept) {
                    return Ok(Some(held));
                }
            }
            None => {}
        }
        let moment = self.warm().moment();
        match self.engine.row(space, key).await? {
            Some(row) => self.decode(&moment, space, key, &row).map(Some),
            None => {
                self.warm().keep(&moment, Change { space, key: key.to_vec(), row: None, bytes: 0 });
                Ok(None)
            }
        }
    }

    /// The decoded row, which stays warm.
    fn decode<V: Record>(
        &self,
        moment: &Moment,
        space: &'static str,
        key: &[u8],
        row: &Row,
    ) -> Result<Held<V>, Broken> {
        let value = Arc::new(record::open::<V>(self.barrier(), space, key, row)?);
        let kept = Kept { revision: row.revision, value: Arc::clone(&value) as Arc<dyn Any + Send + Sync> };
        let bytes = warm_bytes(row);
        self.warm().keep(moment, Change { space, key: key.to_vec(), row: Some(kept), bytes });
        Ok(Held { revision: row.revision, value })
    }

    async fn rows<V: Record>(
        &self,
        space: &'static str,
        range: &Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Page<V>, Broken> {
        if limit == 0 || range.is_empty() {
            let check = range_check::<V>(space, range, direction, &[], false);
            return Ok(Page { rows: Vec::new(), more: !range.is_empty(), check });
        }
        let moment = self.warm().moment();
        let sealed = self.engine.scan(space, range, direction, limit).await?;
        let mut rows = Vec::with_capacity(sealed.len());
        for (key, row) in sealed {
            // The engine's answer decides which rows there are and at which revision; what is warm only spares the
            // opening.
            let warm = self.warm().find(space, &key).flatten().filter(|kept| kept.revision == row.revision);
            let held = match warm.as_ref().and_then(typed::<V>) {
                Some(held) => held,
                None => self.decode(&moment, space, &key, &row)?,
            };
            rows.push((key, held));
        }
        let more = rows.len() >= limit;
        let check = range_check(space, range, direction, &rows, more);
        Ok(Page { rows, more, check })
    }
}

impl View for &Store {
    async fn held<V: Record>(&mut self, space: &'static str, key: &[u8]) -> Result<Option<Held<V>>, Broken> {
        Store::held(self, space, key).await
    }

    async fn page<V: Record>(
        &mut self,
        space: &'static str,
        range: &Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Page<V>, Broken> {
        self.rows(space, range, direction, limit).await
    }
}

/// The time that a [`CLOCK_NOTE`] has.
pub(crate) fn noted_time(bytes: Vec<u8>) -> Option<Time> {
    bytes.try_into().ok().map(|bytes| Time::from_micros(i64::from_be_bytes(bytes)))
}

/// The warm value, if it is of this type.
pub(crate) fn typed<V: Record>(kept: &Kept) -> Option<Held<V>> {
    let value = Arc::downcast::<V>(Arc::clone(&kept.value)).ok()?;
    Some(Held { revision: kept.revision, value })
}

/// What a decoded row may cost in memory.
pub(crate) fn warm_bytes(row: &Row) -> usize {
    row.bytes.len().saturating_mul(2)
}
