//! A simulated disk: an engine that commits in groups, whose commits become durable when they answer, and that crashes, fails to sync and
//! fills up when told to.

use crate::dice::Dice;
use crate::planted::{Planted, SPOILED_PERMILLE};
use crate::sealings::Sealings;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use store::{
    Answer, Batch, CommitError, Committed, Direction, Engine, EngineFault, Event, Head, IndexQuery, MemoryEngine,
    Posting, Range, Row, Rows, ScrubError, Store, TrailPage, TrailSource, Write,
};
use tokio::sync::oneshot;

/// What is to happen at the next group of commits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Trouble {
    /// The machine stops while the group is in the volatile log.
    CrashBeforeSync,
    /// It stops in the middle: chance says whether the group, as a whole, is there afterwards.
    CrashDuringSync,
    /// It stops when the group is durable and before anybody heard of it.
    CrashAfterSync,
    /// The sync fails: nothing is acknowledged any more, and chance says whether the group is there.
    SyncFails,
    /// There is no space until [`Disk::free`].
    Full,
}

/// Where a row stands.
pub type Place = (&'static str, Vec<u8>);

/// What a crash leaves.
#[derive(Clone, Default)]
pub struct Platter {
    pub rows: BTreeMap<Place, Row>,
    /// Rows as they were before they were last written.
    pub former: BTreeMap<Place, Row>,
    /// Before they were sealed: whoever reads the platter anew seals them anew.
    pub trail: Vec<Event>,
    notes: BTreeMap<String, Vec<u8>>,
    /// What reads as this platter does, if it was written to as it should be.
    reading: Option<Arc<MemoryEngine>>,
}

pub struct Disk {
    memory: Arc<MemoryEngine>,
    dice: Arc<Dice>,
    planted: Planted,
    sealings: Arc<Sealings>,
    armed: Mutex<Option<Trouble>>,
    dead: AtomicBool,
    full: AtomicBool,
    free: AtomicBool,
    conflicts: AtomicU64,
    groups: AtomicU64,
    queue: Mutex<Vec<Job>>,
    platter: Mutex<Platter>,
    store: OnceLock<Weak<Store>>,
    own: Weak<Self>,
}

/// A batch, and who waits for it.
type Job = (Batch, oneshot::Sender<Result<Committed, CommitError>>);

/// How often a group lets others go before it, at most; whoever comes meanwhile is of the group.
const TURNS: u64 = 8;
/// The events of one batch when a platter is read anew.
const EVENTS_PER_BATCH: usize = 400;

impl Disk {
    /// The disk with this platter in it. [`Disk::load`] comes next.
    pub fn new(dice: Arc<Dice>, planted: Planted, sealings: Arc<Sealings>, platter: Platter) -> Arc<Self> {
        Arc::new_cyclic(|own| Self {
            memory: platter.reading.clone().unwrap_or_default(),
            dice,
            planted,
            sealings,
            armed: Mutex::default(),
            dead: AtomicBool::new(false),
            full: AtomicBool::new(false),
            free: AtomicBool::new(true),
            conflicts: AtomicU64::new(0),
            groups: AtomicU64::new(0),
            queue: Mutex::default(),
            platter: Mutex::new(platter),
            store: OnceLock::new(),
            own: own.clone(),
        })
    }

    /// Reads what is on the platter. `store` stands on this disk, and has the barrier under which the head of the trail is signed.
    pub async fn load(&self, store: &Arc<Store>) {
        self.store.get_or_init(|| Arc::downgrade(store));
        let platter = self.platter();
        if platter.reading.is_none() {
            let put = |((space, key), row): (&Place, &Row)| Write::Put { space, key: key.clone(), row: row.clone() };
            let mut writes: Vec<Write> = platter.rows.iter().map(put).collect();
            for events in platter.trail.chunks(EVENTS_PER_BATCH) {
                let batch = Batch::new(store, Vec::new(), std::mem::take(&mut writes), events.to_vec()).unwrap();
                self.memory.commit(batch).await.unwrap();
            }
            for (name, bytes) in &platter.notes {
                self.memory.put_note(name, bytes.clone()).await.unwrap();
            }
            self.platter.lock().unwrap().reading = Some(Arc::clone(&self.memory));
        }
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
    pub fn cut(&self) -> Platter {
        self.dead.store(true, Ordering::SeqCst);
        std::mem::take(&mut *self.platter.lock().unwrap())
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

    /// How many groups had more than one commit.
    pub fn groups(&self) -> u64 {
        self.groups.load(Ordering::SeqCst)
    }

    /// Space, key and revision of all rows that are durable.
    pub fn revisions(&self) -> BTreeMap<Place, u64> {
        let platter = self.platter.lock().unwrap();
        platter.rows.iter().map(|(place, row)| (place.clone(), row.revision.number())).collect()
    }

    pub fn platter(&self) -> Platter {
        self.platter.lock().unwrap().clone()
    }

    fn spoils(&self, planted: Planted) -> bool {
        self.planted == planted && self.dice.permille(SPOILED_PERMILLE)
    }

    fn stale(&self, space: &'static str, key: &[u8]) -> Option<Row> {
        let spoils = self.spoils(Planted::StaleRead);
        spoils.then(|| self.platter.lock().unwrap().former.get(&(space, key.to_vec())).cloned())?
    }

    /// All that have come by now are one transaction, with one sync.
    async fn write(&self) {
        for _ in 0..self.dice.below(TURNS) {
            tokio::task::yield_now().await;
        }
        let jobs = std::mem::take(&mut *self.queue.lock().unwrap());
        if jobs.len() > 1 {
            self.groups.fetch_add(1, Ordering::SeqCst);
        }
        let fault = self.fault();
        for (batch, told) in jobs {
            let lasts = fault.is_none_or(|(_, lasts)| lasts);
            // A conflict leaves nothing, and the machine stops all the same.
            let committed = if lasts { self.written(batch).await } else { Err(CommitError::Conflict) };
            let _ = told.send(fault.map_or(committed, |(fault, _)| Err(CommitError::Stopped(fault))));
        }
    }

    /// What the next group hears, and whether it is there afterwards; `None` if nothing goes wrong.
    fn fault(&self) -> Option<(EngineFault, bool)> {
        if self.is_dead() {
            return Some((EngineFault::Closed, false));
        }
        if self.is_short() {
            return Some((EngineFault::Full, false));
        }
        let trouble = self.disarm()?;
        if trouble == Trouble::Full {
            self.full.store(true, Ordering::SeqCst);
            self.free.store(false, Ordering::SeqCst);
            return Some((EngineFault::Full, false));
        }
        self.dead.store(true, Ordering::SeqCst);
        let chance = self.dice.below(2) == 0;
        Some(match trouble {
            Trouble::CrashBeforeSync | Trouble::Full => (EngineFault::Closed, false),
            Trouble::CrashDuringSync => (EngineFault::Closed, chance),
            Trouble::CrashAfterSync => (EngineFault::Closed, true),
            Trouble::SyncFails => (EngineFault::Disk, chance),
        })
    }

    async fn written(&self, batch: Batch) -> Result<Committed, CommitError> {
        let (writes, events) = (batch.writes().to_vec(), batch.events().to_vec());
        let batch = if self.spoils(Planted::StaleWarm) { self.unlanded(batch) } else { batch };
        let committed = self.memory.commit(batch).await;
        match committed {
            Ok(Committed { first, last }) => {
                let count = usize::try_from(last - first + 1).unwrap();
                for bundle in self.memory.trail(first, count).await.unwrap().bundles {
                    self.sealings.record("a bundle of events", &bundle.sealed);
                }
                self.sync(writes, events);
            }
            Err(_) => drop(self.conflicts.fetch_add(1, Ordering::SeqCst)),
        }
        committed
    }

    /// The batch as the engine takes it, and nothing behind it that would tell the warm rows.
    fn unlanded(&self, batch: Batch) -> Batch {
        let store = self.store.get().and_then(Weak::upgrade).unwrap();
        let (writes, events) = (batch.writes().to_vec(), batch.events().to_vec());
        Batch::new(&store, batch.checks, writes, events).unwrap()
    }

    /// Makes durable what was committed.
    fn sync(&self, writes: Vec<Write>, mut events: Vec<Event>) {
        for write in &writes {
            if let Write::Put { space, row, .. } = write {
                self.sealings.record(space, &row.bytes);
            }
        }
        let planted = if self.dice.permille(SPOILED_PERMILLE) { self.planted } else { Planted::Nothing };
        let mut platter = self.platter.lock().unwrap();
        match planted {
            Planted::SkippedSync => return platter.reading = None,
            Planted::DroppedEvent => drop(events.pop()),
            _ => {}
        }
        for write in writes.into_iter().filter(|_| planted != Planted::DroppedWrites) {
            platter.take(write, planted == Planted::KeptRevision);
        }
        platter.trail.append(&mut events);
        let last = platter.trail.len();
        if planted == Planted::SwappedCommits && last > 1 {
            platter.trail.swap(last - 1, last - 2);
        }
        let spoiled = [Planted::DroppedEvent, Planted::DroppedWrites, Planted::KeptRevision, Planted::SwappedCommits];
        if spoiled.contains(&planted) {
            platter.reading = None;
        }
    }
}

impl Platter {
    fn take(&mut self, write: Write, keeps_revision: bool) {
        let place = (write.space(), write.key().to_vec());
        let Write::Put { mut row, .. } = write else {
            return drop(self.rows.remove(&place));
        };
        if let Some(former) = self.rows.get(&place).cloned() {
            if keeps_revision {
                row.revision = former.revision;
            }
            self.former.insert(place.clone(), former);
        }
        self.rows.insert(place, row);
    }

    /// The platter after somebody was at it: it is to be read anew.
    pub fn touched(mut self) -> Self {
        self.reading = None;
        self
    }
}

impl TrailSource for Disk {
    fn trail(&self, from: u64, limit: usize) -> Answer<'_, Result<TrailPage, EngineFault>> {
        self.memory.trail(from, limit)
    }
}

impl Engine for Disk {
    fn row<'a>(&'a self, space: &'static str, key: &'a [u8]) -> Answer<'a, Result<Option<Row>, EngineFault>> {
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
        self.memory.scan(space, range, direction, limit)
    }

    fn commit(&self, batch: Batch) -> Answer<'_, Result<Committed, CommitError>> {
        Box::pin(async move {
            let (told, hears) = oneshot::channel();
            let first = {
                let mut queue = self.queue.lock().unwrap();
                queue.push((batch, told));
                queue.len() == 1
            };
            if first && let Some(disk) = self.own.upgrade() {
                tokio::spawn(async move { disk.write().await });
            }
            hears.await.unwrap_or(Err(CommitError::Stopped(EngineFault::Closed)))
        })
    }

    fn head(&self) -> Answer<'_, Result<Option<Head>, EngineFault>> {
        self.memory.head()
    }

    fn index_add(&self, after: u64, upto: u64, postings: Vec<Posting>) -> Answer<'_, Result<(), EngineFault>> {
        self.memory.index_add(after, upto, postings)
    }

    fn indexed_upto(&self) -> Answer<'_, Result<u64, EngineFault>> {
        self.memory.indexed_upto()
    }

    fn index_page(&self, query: IndexQuery) -> Answer<'_, Result<Vec<store::Place>, EngineFault>> {
        self.memory.index_page(query)
    }

    /// What was cut stays on the platter: nothing there asks for it, unless the platter is read anew.
    fn cut(&self, root: store::Root, under: Vec<store::Under>) -> Answer<'_, Result<(), EngineFault>> {
        if self.is_dead() {
            return Box::pin(async { Err(EngineFault::Closed) });
        }
        self.memory.cut(root, under)
    }

    fn note<'a>(&'a self, name: &'a str) -> Answer<'a, Result<Option<Vec<u8>>, EngineFault>> {
        self.memory.note(name)
    }

    fn put_note<'a>(&'a self, name: &'a str, bytes: Vec<u8>) -> Answer<'a, Result<(), EngineFault>> {
        if self.is_dead() {
            return Box::pin(async { Err(EngineFault::Closed) });
        }
        self.platter.lock().unwrap().notes.insert(name.to_owned(), bytes.clone());
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
