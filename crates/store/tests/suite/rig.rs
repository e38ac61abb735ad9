//! What the tests stand on: an engine, a store over it, and a table.

use cipher::{BARRIER_KEY_BYTES, Barrier, Entropy, SystemEntropy};
use minicbor::{Decode, Encode};
use names::AccountId;
use secret::{Keys, Secret, cut_keys};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use store::{
    Batch, Check, CommitError, Committed, Draft, Engine, Event, MemoryEngine, NoPrevious, Record, Revision, Row,
    SqliteEngine, SqliteOptions, Store, Table, Terms, WARM_BYTES_MAX_DEFAULT, Write,
};

/// Runs each test on each engine.
macro_rules! on_every_engine {
    ($($test:ident),+ $(,)?) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { super::$test(crate::rig::Rig::memory()).await })+
        }

        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { super::$test(crate::rig::Rig::sqlite()).await })+
        }
    };
}
pub(crate) use on_every_engine;

pub struct Rig {
    pub store: Arc<Store>,
    pub engine: Arc<dyn Engine>,
    pub directory: Directory,
}

impl Rig {
    pub fn memory() -> Self {
        Self::over(Arc::new(MemoryEngine::new()), Directory::new())
    }

    pub fn sqlite() -> Self {
        Self::sqlite_in(Directory::new())
    }

    pub fn sqlite_in(directory: Directory) -> Self {
        let engine = SqliteEngine::open(&directory.0, SqliteOptions::default(), |fault| {
            // A test that expects a fault opens its engine itself.
            panic!("the store stopped: {fault}");
        });
        Self::over(Arc::new(engine.unwrap()), directory)
    }

    pub fn over(engine: Arc<dyn Engine>, directory: Directory) -> Self {
        Self { store: store_over(Arc::clone(&engine), WARM_BYTES_MAX_DEFAULT), engine, directory }
    }

    /// Closes a data directory and opens it again.
    pub fn reopened(self) -> Self {
        let Self { store, engine, directory } = self;
        drop((store, engine));
        Self::sqlite_in(directory)
    }

    /// A store over the same engine that has nothing warm.
    pub fn cold(&self) -> Arc<Store> {
        store_over(Arc::clone(&self.engine), WARM_BYTES_MAX_DEFAULT)
    }

    /// Commits rows as they stand, past the typed tables.
    pub async fn commit(&self, checks: Vec<Check>, writes: Vec<Write>) -> Result<Committed, CommitError> {
        self.engine.commit(Batch::new(&self.store, checks, writes, vec![event("raw")]).unwrap()).await
    }

    pub fn draft(&self) -> Draft {
        Draft::new(Arc::clone(&self.store))
    }

    pub async fn finish(&self, draft: Draft) -> Result<Committed, CommitError> {
        self.store.commit(draft.into_batch(vec![], vec![event("draft")]).unwrap()).await
    }

    /// Writes one row of [`THINGS`].
    pub async fn put(&self, name: &str, count: u64) -> Revision {
        let mut draft = self.draft();
        let revision = draft.put(&THINGS, &key(name), thing(count)).await.unwrap();
        self.finish(draft).await.unwrap();
        revision
    }
}

pub fn store_over(engine: Arc<dyn Engine>, warm_bytes_max: usize) -> Arc<Store> {
    Arc::new(Store::new(engine, barrier(), Arc::new(SystemEntropy), warm_bytes_max))
}

/// The same in every process, so that one can read what another wrote.
pub fn barrier() -> Arc<Barrier> {
    barrier_of(7)
}

pub fn barrier_of(key: u8) -> Arc<Barrier> {
    static KEYS: OnceLock<&'static Keys> = OnceLock::new();
    let keys = KEYS.get_or_init(|| cut_keys().unwrap());
    let key = Secret::fill(BARRIER_KEY_BYTES, |bytes| bytes.fill(key));
    Arc::new(Barrier::new(&key, &keys.opener, Arc::new(SystemEntropy)))
}

pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemEntropy.fill(&mut bytes).unwrap();
    bytes
}

pub fn event(text: &str) -> Event {
    Event { id: random(), bytes: text.as_bytes().to_vec(), terms: Terms::none() }
}

pub fn row(revision: u64, bytes: &[u8]) -> Row {
    Row { revision: Revision::from_number(revision).unwrap(), format: 1, bytes: bytes.into() }
}

pub fn put(key: &[u8], revision: u64) -> Write {
    Write::Put { space: "raw", key: key.to_vec(), row: row(revision, b"value") }
}

pub fn at(key: &[u8], revision: u64) -> Check {
    Check::At { space: "raw", key: key.to_vec(), revision: Revision::from_number(revision).unwrap() }
}

pub fn absent(key: &[u8]) -> Check {
    Check::Absent { space: "raw", key: key.to_vec() }
}

/// The service that owns the tables of the tests.
pub struct Toy;

#[derive(Encode, Decode, PartialEq, Eq, Debug)]
pub struct Thing {
    #[n(0)]
    pub count: u64,
}

impl Record for Thing {
    const FORMAT: u16 = 1;
    type Previous = NoPrevious;

    fn from_previous(previous: NoPrevious) -> Self {
        match previous {}
    }
}

pub type ThingKey = (AccountId, String);

pub static THINGS: Table<Toy, ThingKey, Thing> = Table::new("toy/things");

pub fn key(name: &str) -> ThingKey {
    (AccountId::parse("111122223333").unwrap(), name.to_owned())
}

pub fn thing(count: u64) -> Arc<Thing> {
    Arc::new(Thing { count })
}

/// A directory of its own, gone at the end.
pub struct Directory(pub PathBuf);

impl Directory {
    pub fn new() -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let name = format!("kagiban-store-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }

    pub fn database(&self) -> PathBuf {
        self.0.join("kagiban.db")
    }

    /// A connection past the engine: what somebody does who has the disk.
    pub fn meddle(&self) -> rusqlite::Connection {
        meddle(&self.database())
    }
}

pub fn meddle(database: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(database).unwrap();
    connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    connection
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
