//! A simulated disk: an engine whose commits become durable when they answer, and that crashes, fails to sync and fills up when told to.

use crate::dice::Dice;
use crate::planted::{Planted, SPOILED_PERMILLE};
use names::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use store::{
    Answer, Batch, Check, CommitError, Committed, Direction, Engine, EngineFault, Head, IndexEntry, IndexQuery,
    MemoryEngine, Range, Row, Rows, ScrubError, SealedEvent, Store, TrailPage, TrailSource, Write,
};

/// What is to happen at the next commit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Trouble {
    /// The machine stops while the batch is in the volatile log.
    CrashBeforeSync,
    /// It stops in the middle: chance says whether the batch, as a whole, is there afterwards.
    CrashDuringSync,
    /// It stops when the batch is durable and before anybody heard of it.
    CrashAfterSync,
    /// The sync fails: nothing is acknowledged any more, and chance says what of the batch is there.
    SyncFails,
    /// There is no space until [`Disk::free`].
    Full,
}

/// What a crash leaves.
#[derive(Clone, Default)]
pub struct Durable {
    pub rows: BTreeMap<(&'static str, Vec<u8>), Row>,
    pub trail: Vec<SealedEvent>,
    notes: BTreeMap<String, Vec<u8>>,
}

pub struct Disk {
    memory: MemoryEngine,
    dice: Arc<Dice>,
    planted: Planted,
    armed: Mutex<Option<Trouble>>,
    dead: AtomicBool,
    full: AtomicBool,
    free: AtomicBool,
    conflicts: AtomicU64,
    durable: Mutex<Durable>,
    seen: Mutex<Seen>,
}

/// What was synced or spoiled so far, whether it lasts or not.
#[derive(Default)]
struct Seen {
    /// Where somebody has looked, and the indexes, which are written unseen.
    spaces: BTreeSet<&'static str>,
    rows: BTreeMap<(&'static str, Vec<u8>), Row>,
    former: BTreeMap<(&'static str, Vec<u8>), Row>,
    sequence: u64,
}

/// The spaces of indexes that are not unique. One that is missing here does not outlive a crash, which the model finds.
const INDEXES: [&str; 3] = ["iam/access-keys/owner", "iam/users/policy", "kms/keys/deletion"];
/// How often a commit lets others go before it, at most.
const TURNS: u64 = 6;
/// The events of one batch when a disk is read anew.
const EVENTS_PER_BATCH: usize = 400;

impl Disk {
    pub fn new(dice: Arc<Dice>, planted: Planted) -> Self {
        Self {
            memory: MemoryEngine::new(),
            dice,
            planted,
            armed: Mutex::default(),
            dead: AtomicBool::new(false),
            full: AtomicBool::new(false),
            free: AtomicBool::new(true),
            conflicts: AtomicU64::new(0),
            durable: Mutex::default(),
            seen: Mutex::default(),
        }
    }

    /// Reads what a crash has left. `store` has the barrier under which the head is signed, and stands on this disk.
    pub async fn load(&self, durable: Durable, store: &Store) {
        let mut rows =
            durable.rows.iter().map(|((space, key), row)| Write::Put { space, key: key.clone(), row: row.clone() });
        let mut writes: Vec<Write> = rows.by_ref().collect();
        for events in durable.trail.chunks(EVENTS_PER_BATCH) {
            let batch = Batch::new(store, Vec::new(), std::mem::take(&mut writes), events.to_vec()).unwrap();
            self.memory.commit(batch).await.unwrap();
        }
        for (name, bytes) in &durable.notes {
            self.memory.put_note(name, bytes.clone()).await.unwrap();
        }
        let sequence = u64::try_from(durable.trail.len()).unwrap();
        let spaces = durable.rows.keys().map(|(space, _)| *space).chain(INDEXES).collect();
        *self.seen.lock().unwrap() = Seen { spaces, rows: durable.rows.clone(), former: BTreeMap::new(), sequence };
        *self.durable.lock().unwrap() = durable;
    }

    pub fn arm(&self, trouble: Trouble) {
        *self.armed.lock().unwrap() = Some(trouble);
    }

    /// What is to come.
    pub fn armed(&self) -> Option<Trouble> {
        *self.armed.lock().unwrap()
    }

    /// What was armed and has not come; it will not.
    pub fn disarm(&self) -> Option<Trouble> {
        self.armed.lock().unwrap().take()
    }

    /// The power goes.
    pub fn cut(&self) -> Durable {
        self.dead.store(true, Ordering::SeqCst);
        self.durable.lock().unwrap().clone()
    }

    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// There is space again, which nobody has noticed yet.
    pub fn free(&self) {
        self.free.store(true, Ordering::SeqCst);
    }

    /// How many commits met a conflict.
    pub fn conflicts(&self) -> u64 {
        self.conflicts.load(Ordering::SeqCst)
    }

    pub fn durable(&self) -> Durable {
        self.durable.lock().unwrap().clone()
    }

    fn look(&self, space: &'static str) {
        self.seen.lock().unwrap().spaces.insert(space);
    }

    fn stale(&self, space: &'static str, key: &[u8]) -> Option<Row> {
        if self.planted != Planted::StaleRead || !self.dice.permille(SPOILED_PERMILLE) {
            return None;
        }
        self.seen.lock().unwrap().former.get(&(space, key.to_vec())).cloned()
    }

    /// Makes durable what the memory holds: all at once.
    async fn sync(&self) {
        let planted = if self.dice.permille(SPOILED_PERMILLE) { self.planted } else { Planted::Nothing };
        if planted == Planted::SkippedSync {
            return;
        }
        let (spaces, from) = {
            let seen = self.seen.lock().unwrap();
            (seen.spaces.clone(), seen.sequence + 1)
        };
        let mut rows = BTreeMap::new();
        for space in spaces {
            let found = self.memory.scan(space, &Range::all(), Direction::Forward, usize::MAX).await.unwrap();
            rows.extend(found.into_iter().map(|(key, row)| ((space, key), row)));
        }
        let page = self.memory.trail(from, usize::MAX).await.unwrap();
        let mut events: Vec<SealedEvent> =
            page.rows.iter().map(|row| SealedEvent { id: row.id, bytes: row.sealed.clone() }).collect();
        let mut seen = self.seen.lock().unwrap();
        seen.sequence = page.rows.last().map_or(seen.sequence, |row| row.sequence);
        for (place, row) in &seen.rows.clone() {
            if rows.get(place).is_some_and(|now| now.revision != row.revision) {
                seen.former.insert(place.clone(), row.clone());
            }
        }
        seen.rows.clone_from(&rows);
        drop(seen);
        let mut durable = self.durable.lock().unwrap();
        match planted {
            Planted::DroppedWrites => rows.clone_from(&durable.rows),
            Planted::DroppedEvent => drop(events.pop()),
            Planted::KeptRevision => {
                for (place, row) in &mut rows {
                    row.revision = durable.rows.get(place).map_or(row.revision, |former| former.revision);
                }
            }
            _ => {}
        }
        durable.rows = rows;
        durable.trail.append(&mut events);
        let last = durable.trail.len();
        if planted == Planted::SwappedCommits && last > 1 {
            durable.trail.swap(last - 1, last - 2);
        }
    }

    fn die(&self, fault: EngineFault) -> CommitError {
        self.dead.store(true, Ordering::SeqCst);
        CommitError::Stopped(fault)
    }

    async fn written(&self, batch: Batch) -> Result<Committed, CommitError> {
        let committed = self.memory.commit(batch).await;
        match committed {
            Ok(_) => self.sync().await,
            Err(_) => drop(self.conflicts.fetch_add(1, Ordering::SeqCst)),
        }
        committed
    }

    async fn meet(&self, trouble: Trouble, batch: Batch) -> Result<Committed, CommitError> {
        let lasts = match trouble {
            Trouble::Full => {
                self.full.store(true, Ordering::SeqCst);
                self.free.store(false, Ordering::SeqCst);
                return Err(CommitError::Stopped(EngineFault::Full));
            }
            Trouble::CrashBeforeSync => false,
            Trouble::CrashAfterSync => true,
            Trouble::CrashDuringSync | Trouble::SyncFails => self.dice.below(2) == 0,
        };
        if lasts {
            // A conflict leaves nothing, and the machine stops all the same.
            let _ = self.written(batch).await;
        }
        Err(self.die(if trouble == Trouble::SyncFails { EngineFault::Disk } else { EngineFault::Closed }))
    }
}

impl TrailSource for Disk {
    fn trail(&self, from: u64, limit: usize) -> Answer<'_, Result<TrailPage, EngineFault>> {
        self.memory.trail(from, limit)
    }
}

impl Engine for Disk {
    fn row<'a>(&'a self, space: &'static str, key: &'a [u8]) -> Answer<'a, Result<Option<Row>, EngineFault>> {
        self.look(space);
        Box::pin(async move {
            let row = self.memory.row(space, key).await?;
            Ok(if row.is_some() { self.stale(space, key).or(row) } else { row })
        })
    }

    fn scan<'a>(
        &'a self,
        space: &'static str,
        range: &'a Range,
        direction: Direction,
        limit: usize,
    ) -> Answer<'a, Result<Rows, EngineFault>> {
        self.look(space);
        self.memory.scan(space, range, direction, limit)
    }

    fn commit(&self, batch: Batch) -> Answer<'_, Result<Committed, CommitError>> {
        Box::pin(async move {
            for check in &batch.checks {
                let (Check::At { space, .. } | Check::Absent { space, .. } | Check::Range { space, .. }) = check;
                self.look(space);
            }
            for _ in 0..self.dice.below(TURNS) {
                tokio::task::yield_now().await;
            }
            if self.is_dead() {
                return Err(CommitError::Stopped(EngineFault::Closed));
            }
            if self.is_short() {
                return Err(CommitError::Stopped(EngineFault::Full));
            }
            match self.disarm() {
                Some(trouble) => self.meet(trouble, batch).await,
                None => self.written(batch).await,
            }
        })
    }

    fn head(&self) -> Answer<'_, Result<Option<Head>, EngineFault>> {
        self.memory.head()
    }

    fn index_add(&self, upto: u64, entries: Vec<IndexEntry>) -> Answer<'_, Result<(), EngineFault>> {
        self.memory.index_add(upto, entries)
    }

    fn indexed_upto(&self) -> Answer<'_, Result<u64, EngineFault>> {
        self.memory.indexed_upto()
    }

    fn index_page(&self, query: IndexQuery) -> Answer<'_, Result<Vec<(Time, u64)>, EngineFault>> {
        self.memory.index_page(query)
    }

    fn note<'a>(&'a self, name: &'a str) -> Answer<'a, Result<Option<Vec<u8>>, EngineFault>> {
        self.memory.note(name)
    }

    fn put_note<'a>(&'a self, name: &'a str, bytes: Vec<u8>) -> Answer<'a, Result<(), EngineFault>> {
        if self.is_dead() {
            return Box::pin(async { Err(EngineFault::Closed) });
        }
        self.durable.lock().unwrap().notes.insert(name.to_owned(), bytes.clone());
        self.memory.put_note(name, bytes)
    }

    fn scrub(&self) -> Answer<'_, Result<(), ScrubError>> {
        self.memory.scrub()
    }

    fn is_short(&self) -> bool {
        self.full.load(Ordering::SeqCst)
    }

    fn regain(&self) -> Answer<'_, Result<bool, EngineFault>> {
        Box::pin(async {
            if self.free.load(Ordering::SeqCst) {
                self.full.store(false, Ordering::SeqCst);
            }
            Ok(!self.is_short())
        })
    }
}
