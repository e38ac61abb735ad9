//! Reading: threads with a connection each, and the statements.

use super::{OpenError, connect, schema};
use crate::Revision;
use crate::bundle::Bundle;
use crate::engine::{Answer, Direction, EngineFault, IndexQuery, Range, Row, Rows, TrailPage, TrailSource};
use crate::index::{Page, Place, Posting};
use crate::store::{CLOCK_NOTE, noted_time};
use crate::trail::{Head, Root};
use names::Time;
use rusqlite::types::Type;
use rusqlite::{Connection, OpenFlags, OptionalExtension, named_params};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

const READER_THREADS: usize = 2;
const READS_QUEUED_MAX: usize = 256;

type Read = Box<dyn FnOnce(&Connection) + Send>;

/// The threads that read. Each has a connection of its own, which never writes and so never checkpoints.
pub(super) struct Readers {
    /// `None` only while the threads are being ended.
    queue: Option<mpsc::Sender<Read>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let (queue, reads) = mpsc::channel(READS_QUEUED_MAX);
        let reads = Arc::new(Mutex::new(reads));
        let mut threads = Vec::with_capacity(READER_THREADS);
        for number in 0..READER_THREADS {
            let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            let reads = Arc::clone(&reads);
            let name = format!("store-reader-{number}");
            threads.push(std::thread::Builder::new().name(name).spawn(move || serve(&connection, &reads))?);
        }
        Ok(Self { queue: Some(queue), threads })
    }

    /// Does `work` on one of the threads.
    pub fn read<'a, T: Send + 'static, E: Into<EngineFault> + Send + 'static>(
        &'a self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Answer<'a, Result<T, EngineFault>> {
        Box::pin(async move {
            let (tell, told) = oneshot::channel();
            let read: Read = Box::new(move |connection| {
                // Nobody may be waiting any more; then nobody misses the answer.
                let _ = tell.send(work(connection));
            });
            let queue = self.queue.as_ref().ok_or(EngineFault::Closed)?;
            queue.send(read).await.map_err(|_| EngineFault::Closed)?;
            told.await.map_err(|_| EngineFault::Closed)?.map_err(E::into)
        })
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so already.
            let _ = thread.join();
        }
    }
}

fn serve(connection: &Connection, reads: &Mutex<mpsc::Receiver<Read>>) {
    loop {
        // Whoever has the lock waits for the next read; the others wait for the lock.
        let read = reads.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(read) = read else { return };
        read(connection);
    }
}

/// The trail of a data directory that another process may have open: read only, without its lock.
pub struct TrailReader {
    connection: Mutex<Connection>,
}

impl TrailReader {
    /// `directory` must have the format of this version.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        let path = directory.join(super::DATABASE_FILE);
        let connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let found = schema::format_of(&connection, &path)?;
        let known = schema::known();
        match found {
            _ if found > known => Err(OpenError::NewerFormat { found, known }),
            _ if found < known => Err(OpenError::OlderFormat { found, known }),
            _ => Ok(Self { connection: Mutex::new(connection) }),
        }
    }

    /// The revision of every row, and the last place of the trail at the same moment: what the events up to there say can be compared with
    /// it. It is one reading of all keys, which a program that serves nobody may take the time for.
    pub fn revisions(&self) -> Result<RevisionsAt, EngineFault> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(revisions_at(&connection)?)
    }

    /// As [`crate::Store::noted_clock`].
    pub fn noted_clock(&self) -> Result<Option<Time>, EngineFault> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(meta(&connection, &schema::note_name(CLOCK_NOTE))?.and_then(noted_time))
    }
}

/// See [`TrailReader::revisions`].
pub struct RevisionsAt {
    /// The sequence of the last event; 0 for an empty trail.
    pub sequence: u64,
    /// Space, key and revision of each row. The revision is the number that stands there, be it one that no store writes.
    pub rows: Vec<(String, Vec<u8>, u64)>,
}

fn revisions_at(connection: &Connection) -> rusqlite::Result<RevisionsAt> {
    let transaction = connection.unchecked_transaction()?;
    let sequence = head(&transaction)?.map_or(0, |head| head.sequence);
    let mut statement = transaction.prepare_cached("SELECT space, key, revision FROM rows ORDER BY space, key")?;
    let row =
        |columns: &rusqlite::Row<'_>| Ok((columns.get(0)?, columns.get(1)?, columns.get::<_, i64>(2)?.cast_unsigned()));
    let rows = statement.query_map([], row)?.collect::<Result<_, _>>()?;
    Ok(RevisionsAt { sequence, rows })
}

impl TrailSource for TrailReader {
    /// Reads on the thread that polls: a program that only verifies has nothing else to do with it.
    fn trail(&self, from: u64, limit: usize) -> Answer<'_, Result<TrailPage, EngineFault>> {
        Box::pin(async move {
            let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(trail(&connection, from, limit)?)
        })
    }
}

pub(super) fn row(connection: &Connection, space: &str, key: &[u8]) -> rusqlite::Result<Option<Row>> {
    let mut statement =
        connection.prepare_cached("SELECT revision, format, bytes FROM rows WHERE space = ?1 AND key = ?2")?;
    statement.query_row((space, key), |columns| row_at(columns, 0)).optional()
}

pub(super) fn scan(
    connection: &Connection,
    space: &str,
    range: &Range,
    direction: Direction,
    limit: usize,
) -> rusqlite::Result<Rows> {
    let columns = "SELECT key, revision, format, bytes FROM rows WHERE space = :space AND key >= :from";
    // An open end has no greatest key to compare with, so it is a statement of its own.
    let bound = if range.to.is_some() { "AND key < :to" } else { "AND :to IS NULL" };
    let order = match direction {
        Direction::Forward => "ASC",
        Direction::Backward => "DESC",
    };
    let mut statement = connection.prepare_cached(&format!("{columns} {bound} ORDER BY key {order} LIMIT :limit"))?;
    let parameters = named_params! {
        ":space": space, ":from": range.from, ":to": range.to, ":limit": sql_limit(limit)
    };
    statement.query_map(parameters, |columns| Ok((columns.get(0)?, row_at(columns, 1)?)))?.collect()
}

/// The keys and revisions of a range, `limit` at most.
pub(super) fn revisions(
    connection: &Connection,
    space: &str,
    range: &Range,
    limit: usize,
) -> rusqlite::Result<Vec<(Vec<u8>, Revision)>> {
    let bound = if range.to.is_some() { "AND key < :to" } else { "AND :to IS NULL" };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT key, revision FROM rows WHERE space = :space AND key >= :from {bound} ORDER BY key LIMIT :limit"
    ))?;
    let parameters = named_params! {
        ":space": space, ":from": range.from, ":to": range.to, ":limit": sql_limit(limit)
    };
    statement.query_map(parameters, |columns| Ok((columns.get(0)?, revision_at(columns, 1)?)))?.collect()
}

/// Bundles, root and head, read in one transaction.
pub(super) fn trail(connection: &Connection, from: u64, limit: usize) -> rusqlite::Result<TrailPage> {
    let transaction = connection.unchecked_transaction()?;
    let (root, head) = (root(&transaction)?, head(&transaction)?);
    let mut statement = transaction
        .prepare_cached("SELECT sequence, marks, bytes FROM trail WHERE sequence >= ?1 ORDER BY sequence")?;
    let mut rows = statement.query([i64::try_from(from).unwrap_or(i64::MAX)])?;
    let (mut bundles, mut events) = (Vec::<Bundle>::new(), 0);
    while let Some(columns) = rows.next()? {
        let sequence = columns.get(0)?;
        // A table that was made anew without its key may have a place twice: the second is of this page, since none begins with it.
        if events >= limit && bundles.last().is_none_or(|last| last.sequence != sequence) {
            break;
        }
        let bundle = Bundle { sequence, marks: columns.get(1)?, sealed: columns.get(2)? };
        // Marks that are none are a flaw for who reads them, and no reason to go on for ever.
        events += bundle.count_from(from).max(1);
        bundles.push(bundle);
    }
    Ok(TrailPage { bundles, root, head })
}

pub(super) fn head(connection: &Connection) -> rusqlite::Result<Option<Head>> {
    let bytes = meta(connection, schema::HEAD_NAME)?;
    bytes.map(|bytes| Head::from_bytes(&bytes).ok_or_else(|| strange(0))).transpose()
}

pub(super) fn root(connection: &Connection) -> rusqlite::Result<Option<Root>> {
    let bytes = meta(connection, schema::ROOT_NAME)?;
    bytes.map(|bytes| Root::from_bytes(&bytes).ok_or_else(|| strange(0))).transpose()
}

pub(super) fn indexed_upto(connection: &Connection) -> rusqlite::Result<u64> {
    let Some(bytes) = meta(connection, schema::INDEXED_NAME)? else { return Ok(0) };
    bytes.try_into().map(u64::from_be_bytes).map_err(|_| strange(0))
}

pub(super) fn meta(connection: &Connection, name: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    let mut statement = connection.prepare_cached("SELECT bytes FROM meta WHERE name = ?1")?;
    statement.query_row([name], |columns| columns.get(0)).optional()
}

pub(super) fn index_page(connection: &Connection, query: &IndexQuery) -> Result<Vec<Place>, EngineFault> {
    let mut statement = connection.prepare_cached(
        "SELECT period, last, places FROM trail_index WHERE token = ?1 AND period >= ?2 AND period <= ?3
         ORDER BY period DESC, last DESC",
    )?;
    let cut = root(connection)?.map_or(0, |root| root.sequence);
    let (mut page, (from, to)) = (Page::new(query, cut), Page::periods(query));
    let mut rows = statement.query((query.token, from, to))?;
    while let Some(columns) = rows.next()? {
        let (period, last, places) = (columns.get(0)?, columns.get(1)?, columns.get(2)?);
        if !page.take(&Posting { token: query.token, period, last, places })? {
            break;
        }
    }
    Ok(page.finish())
}

fn row_at(columns: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Row> {
    let bytes: Vec<u8> = columns.get(first + 2)?;
    Ok(Row { revision: revision_at(columns, first)?, format: columns.get(first + 1)?, bytes: bytes.into() })
}

pub(super) fn revision_at(columns: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Revision> {
    Revision::from_number(columns.get(column)?).ok_or_else(|| strange(column))
}

/// A column that holds what this house never writes.
fn strange(column: usize) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(column, "of a row of the store".into(), Type::Blob)
}

fn sql_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
