//! The engine on SQLite: the default.
//!
//! One thread writes, and commits what has queued up meanwhile as one transaction ([`writer`]); a few threads read
//! ([`reader`]). No read keeps a transaction open beyond its answer, since one forgotten reader lets the write-ahead
//! log grow without end.

#[expect(clippy::disallowed_methods, reason = "an engine looks after the directory that it keeps its files in")]
mod ballast;
mod copy;
mod counts;
#[expect(clippy::disallowed_methods, reason = "an engine looks after the directory that it keeps its files in")]
mod lock;
mod reader;
mod schema;
mod writer;

pub use ballast::{BALLAST_BYTES_DEFAULT, BALLAST_FILE, ROOM_BYTES_MIN, free_bytes};
pub use copy::{NotRebuilt, Rebuilt, Snapshot};
pub use lock::LOCK_FILE;
pub use reader::{RevisionsAt, TrailReader};

use crate::engine::{
    Answer, Batch, CommitError, Commits, Committed, Direction, Engine, EngineFault, IndexQuery, Range, Row, Rows,
    ScrubError, TrailPage, TrailSource,
};
use crate::index::{Place, Posting, Under};
use crate::trail::{Head, Root};
use ballast::Ballast;
use counts::Counts;
use lock::DirectoryLock;
use reader::Readers;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use writer::{Job, Queue, Writer};

/// How long a connection waits for another process that holds the database.
const BUSY_WAIT_MAX: Duration = Duration::from_secs(5);
/// Older versions can lose committed writes: <https://sqlite.org/wal.html#walresetbug>.
const SQLITE_VERSION_MIN: i32 = 3_051_003;
/// The name of the database in the data directory.
pub const DATABASE_FILE: &str = "kagiban.db";
const STATEMENTS_KEPT_MAX: usize = 32;

/// A data directory that is open. It belongs to one process at a time; when the engine is dropped, it is free again.
pub struct SqliteEngine {
    // INVARIANT: fields are dropped in this order. The writer closes its connection after the readers have closed
    // theirs: the last one to close empties the log into the database, which a reader may not. The directory is given
    // up when all threads have ended.
    readers: Readers,
    queue: Queue,
    short: Arc<AtomicBool>,
    counts: Arc<Counts>,
    _lock: DirectoryLock,
}

/// How to open a data directory.
#[derive(Clone, Copy, Debug, Default)]
pub struct SqliteOptions {
    /// The database's size in pages of 4 KiB, at most; beyond it the disk counts as full. `None`: as much as there is.
    pub pages_max: Option<u32>,
    /// Space that is kept back for when the disk is full: [`BALLAST_BYTES_DEFAULT`] in a house, 0 for none.
    pub ballast_bytes: u64,
}

/// Why a data directory was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("SQLite {0} is too old: it can lose committed writes")]
    OldSqlite(&'static str),
    #[error("the data directory is in use by another process")]
    InUse,
    #[error("the data directory has format {found}; this version knows formats up to {known}")]
    NewerFormat { found: u32, known: u32 },
    #[error(
        "the data directory has format {found}, which no release has written; this version knows formats from {first} on"
    )]
    UnreleasedFormat { found: u32, first: u32 },
    #[error("the data directory has format {found}; only the server brings it to format {known}")]
    OlderFormat { found: u32, known: u32 },
    #[error("`{0}` is not a data directory of Kagiban")]
    Foreign(PathBuf),
    #[error("the trail's head does not name its last event")]
    TrailDamaged,
    #[error("the data directory cannot be used: {0}")]
    Disk(#[from] std::io::Error),
    #[error("the database cannot be opened: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

impl SqliteEngine {
    /// Opens `directory`, and makes it if it is not there. `stopped` is called once, from the writer's thread, after
    /// the first fault that a commit meets: from then on nothing is acknowledged any more, and all that is left to do
    /// is to end the process. A sync that failed and is repeated may succeed though the pages are lost, so nothing
    /// is ever tried again. A full disk is no such fault: see [`Engine::is_short`].
    pub fn open(
        directory: &Path,
        options: SqliteOptions,
        stopped: impl FnOnce(EngineFault) + Send + 'static,
    ) -> Result<Self, OpenError> {
        let lock = DirectoryLock::take(directory)?;
        // Before SQLite needs space to open its files.
        let ballast = Ballast::lay(directory, options.ballast_bytes)?;
        let path = directory.join(DATABASE_FILE);
        let mut connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        schema::prepare_writer(&connection, options)?;
        schema::migrate(&mut connection, schema::MIGRATIONS, &path)?;
        lock.sync_directory()?;
        let head = schema::sound_head(&connection)?;
        let readers = Readers::open(&path)?;
        let short = ballast.short();
        let writer = Writer::new(connection, head, ballast);
        let counts = writer.counts();
        let queue = Queue::start(writer, stopped)?;
        Ok(Self { readers, queue, short, counts, _lock: lock })
    }
}

impl TrailSource for SqliteEngine {
    fn trail(&self, from: u64, limit: usize) -> Answer<'_, Result<TrailPage, EngineFault>> {
        self.readers.read(move |connection| reader::trail(connection, from, limit))
    }
}

impl Engine for SqliteEngine {
    fn row<'a>(&'a self, space: &'static str, key: &'a [u8]) -> Answer<'a, Result<Option<Row>, EngineFault>> {
        let key = key.to_vec();
        self.readers.read(move |connection| reader::row(connection, space, &key))
    }

    fn scan<'a>(
        &'a self,
        space: &'static str,
        range: &'a Range,
        direction: Direction,
        limit: usize,
    ) -> Answer<'a, Result<Rows, EngineFault>> {
        let range = range.clone();
        self.readers.read(move |connection| reader::scan(connection, space, &range, direction, limit))
    }

    fn commit(&self, batch: Batch) -> Answer<'_, Result<Committed, CommitError>> {
        Box::pin(self.queue.ask(|tell| Job::Commit(batch, tell)))
    }

    fn head(&self) -> Answer<'_, Result<Option<Head>, EngineFault>> {
        self.readers.read(reader::head)
    }

    fn index_add(&self, after: u64, upto: u64, postings: Vec<Posting>) -> Answer<'_, Result<(), EngineFault>> {
        Box::pin(self.queue.ask(move |tell| Job::Index { after, upto, postings, tell }))
    }

    fn indexed_upto(&self) -> Answer<'_, Result<u64, EngineFault>> {
        self.readers.read(reader::indexed_upto)
    }

    fn index_page(&self, query: IndexQuery) -> Answer<'_, Result<Vec<Place>, EngineFault>> {
        self.readers.read(move |connection| reader::index_page(connection, &query))
    }

    fn cut(&self, root: Root, under: Vec<Under>) -> Answer<'_, Result<(), EngineFault>> {
        Box::pin(self.queue.ask(move |tell| Job::Cut { root, under, tell }))
    }

    fn note<'a>(&'a self, name: &'a str) -> Answer<'a, Result<Option<Vec<u8>>, EngineFault>> {
        let name = schema::note_name(name);
        self.readers.read(move |connection| reader::meta(connection, &name))
    }

    fn put_note<'a>(&'a self, name: &'a str, bytes: Vec<u8>) -> Answer<'a, Result<(), EngineFault>> {
        let name = schema::note_name(name);
        Box::pin(self.queue.ask(move |tell| Job::Note { name, bytes, tell }))
    }

    fn scrub(&self) -> Answer<'_, Result<(), ScrubError>> {
        Box::pin(self.queue.ask(Job::Scrub))
    }

    fn is_short(&self) -> bool {
        self.short.load(Ordering::SeqCst)
    }

    fn commits(&self) -> Commits {
        self.counts.told()
    }

    fn regain(&self) -> Answer<'_, Result<bool, EngineFault>> {
        Box::pin(self.queue.ask(Job::Regain))
    }
}

/// The SQLite that is built in, and the oldest that would do.
#[derive(Clone, Copy, Debug)]
pub struct Sqlite {
    /// `3.51.3`
    pub name: &'static str,
    /// As SQLite counts: 3.51.3 is 3051003.
    pub number: i32,
    pub number_min: i32,
}

/// Which SQLite this is.
pub fn sqlite() -> Sqlite {
    Sqlite { name: rusqlite::version(), number: rusqlite::version_number(), number_min: SQLITE_VERSION_MIN }
}

/// A connection, with what all connections have in common.
fn connect(path: &Path, access: OpenFlags) -> Result<Connection, OpenError> {
    if rusqlite::version_number() < SQLITE_VERSION_MIN {
        return Err(OpenError::OldSqlite(rusqlite::version()));
    }
    // Each connection stays with one thread.
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_WAIT_MAX)?;
    connection.pragma_update(None, "trusted_schema", "OFF")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT_MAX);
    Ok(connection)
}

impl From<rusqlite::Error> for EngineFault {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DiskFull => Self::Full,
                ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly => Self::Disk,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Damaged,
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Held,
                _ => Self::Other(failure.extended_code),
            },
            // A column that does not hold what this house wrote into it.
            _ => Self::Damaged,
        }
    }
}
