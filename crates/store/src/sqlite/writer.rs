//! Writing: one thread, which commits in groups.

use super::ballast::Ballast;
use super::counts::Counts;
use super::{reader, schema};
use crate::Revision;
use crate::bounded::{Bounded, Spots};
use crate::bundle::{Bundle, portions};
use crate::engine::{Batch, Check, CommitError, Committed, EngineFault, ScrubError, Write};
use crate::index::{Posting, Under};
use crate::trail::{Chain, Head, Root};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// The jobs that one transaction may hold.
const GROUP_JOBS_MAX: usize = 256;
const JOBS_QUEUED_MAX: usize = 1024;
/// The revisions that the writer knows without asking the database.
const KNOWN_BYTES_MAX: usize = 64 << 20;
/// Pages of the log that wait for a checkpoint: 8 MiB.
const LOG_PAGES_MAX: i64 = 1024;

type Tell<T> = oneshot::Sender<T>;

pub(super) enum Job {
    Commit(Batch, Tell<Result<Committed, CommitError>>),
    Index { after: u64, upto: u64, postings: Vec<Posting>, tell: Tell<Result<(), EngineFault>> },
    Cut { root: Root, under: Vec<Under>, tell: Tell<Result<(), EngineFault>> },
    Note { name: String, bytes: Vec<u8>, tell: Tell<Result<(), EngineFault>> },
    Scrub(Tell<Result<(), ScrubError>>),
    Regain(Tell<Result<bool, EngineFault>>),
}

/// The way to the writer's thread.
pub(super) struct Queue {
    /// `None` only while the thread is being ended.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    /// Set before the queue is given up.
    stopped: Arc<OnceLock<EngineFault>>,
}

impl Queue {
    pub fn start(mut writer: Writer, tell_stopped: impl FnOnce(EngineFault) + Send + 'static) -> std::io::Result<Self> {
        let (jobs, mut queued) = mpsc::channel(JOBS_QUEUED_MAX);
        let stopped = Arc::new(OnceLock::new());
        let seen = Arc::clone(&stopped);
        let thread = std::thread::Builder::new().name("store-writer".into()).spawn(move || {
            if let Err(fault) = writer.serve(&mut queued) {
                writer.leave_log_alone();
                seen.get_or_init(|| fault);
                drop(queued);
                tell_stopped(fault);
            }
        })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), stopped })
    }

    pub async fn ask<T, E: From<EngineFault>>(&self, job: impl FnOnce(Tell<Result<T, E>>) -> Job) -> Result<T, E> {
        let (tell, told) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or_else(|| self.fault())?;
        jobs.send(job(tell)).await.map_err(|_| self.fault())?;
        if let Ok(answer) = told.await {
            return answer;
        }
        // The writer stopped with this job in hand. Why, is known when it has given up the queue.
        jobs.closed().await;
        Err(self.fault().into())
    }

    fn fault(&self) -> EngineFault {
        self.stopped.get().copied().unwrap_or(EngineFault::Closed)
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // What is told of the stop may drop the engine from the writer's own thread, which then must not wait for
            // itself.
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

pub(super) struct Writer {
    connection: Connection,
    chain: Chain,
    known: Known,
    ballast: Ballast,
    counts: Arc<Counts>,
}

/// The revisions of rows as the open transaction sees them; `None` where there is no row.
struct Known {
    revisions: Bounded<Option<Revision>>,
    spots: Spots,
}

/// An answer that waits until the group is durable.
enum Owed {
    /// The batch, and where its events stand; without a place, its checks do not hold.
    Commit(Batch, Option<Committed>, Tell<Result<Committed, CommitError>>),
    Kept(Tell<Result<(), EngineFault>>),
}

/// What a group owes: answers, and work that is done after it.
#[derive(Default)]
struct Turn {
    owed: Vec<Owed>,
    scrubs: Vec<Tell<Result<(), ScrubError>>>,
    regains: Vec<Tell<Result<bool, EngineFault>>>,
}

impl Writer {
    pub fn new(connection: Connection, head: Option<Head>, ballast: Ballast) -> Self {
        let counts = Arc::new(Counts::from(head.map_or(0, |head| head.sequence)));
        Self { connection, chain: head.map(Chain::from).unwrap_or_default(), known: Known::nothing(), ballast, counts }
    }

    pub fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }

    /// Until the queue is closed, or something fails.
    fn serve(&mut self, queued: &mut mpsc::Receiver<Job>) -> Result<(), EngineFault> {
        let mut jobs = Vec::with_capacity(GROUP_JOBS_MAX);
        // What queues up while one group is being synced is the next group.
        while queued.blocking_recv_many(&mut jobs, GROUP_JOBS_MAX) > 0 {
            let count = jobs.len();
            let (mut turn, mut left, before) = (Turn::default(), jobs.drain(..), self.chain);
            match self.group(&mut left, &mut turn) {
                Ok(()) => {
                    self.counts.group(count, self.chain.sequence);
                    turn.owed.drain(..).for_each(Owed::pay);
                }
                Err(fault) => {
                    self.fall_short(fault, before)?;
                    turn.owed.drain(..).for_each(|owed| owed.refuse(fault));
                    left.for_each(|job| turn.refuse(job, fault));
                }
            }
            self.after(turn)?;
            if let Err(error) = self.checkpoint_if_due() {
                self.fall_short(error.into(), self.chain)?;
            }
        }
        Ok(())
    }

    /// The work that is done outside of the group's transaction.
    fn after(&mut self, turn: Turn) -> Result<(), EngineFault> {
        if !turn.scrubs.is_empty() {
            let result = match self.scrub() {
                Ok(result) => result,
                Err(fault) => {
                    self.fall_short(fault, self.chain)?;
                    Err(fault.into())
                }
            };
            turn.scrubs.into_iter().for_each(|tell| ignore_gone(tell.send(result)));
        }
        if !turn.regains.is_empty() {
            let regained = self.ballast.regain().map_err(|_| EngineFault::Disk);
            turn.regains.into_iter().for_each(|tell| ignore_gone(tell.send(regained)));
        }
        Ok(())
    }

    /// After a full disk, which is found when the log is written and before it is synced: the transaction is rolled back, nothing of it was
    /// acknowledged, and what is kept in memory is put back to where it was. Any other fault ends the writer.
    fn fall_short(&mut self, fault: EngineFault, before: Chain) -> Result<(), EngineFault> {
        if fault != EngineFault::Full || !self.connection.is_autocommit() {
            return Err(fault);
        }
        self.chain = before;
        self.known = Known::nothing();
        self.ballast.throw_off().map_err(|_| EngineFault::Disk)
    }

    /// Commits the jobs of a group as one transaction. Each batch is validated against all that precedes it, and before
    /// it writes anything: so a conflict leaves nothing behind and the others alone.
    fn group(&mut self, jobs: &mut impl Iterator<Item = Job>, turn: &mut Turn) -> Result<(), EngineFault> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut next = self.chain.sequence.saturating_add(1);
        for job in jobs {
            // Whoever asked is noted before the job can fail, so that the failure is told there.
            match job {
                Job::Commit(batch, tell) => {
                    turn.owed.push(Owed::Commit(batch, None, tell));
                    let Some(Owed::Commit(batch, place, _)) = turn.owed.last_mut() else { continue };
                    if self.known.hold(&transaction, &batch.checks)? {
                        write(&transaction, &mut self.known, &batch.writes)?;
                        let first = next;
                        next = next.saturating_add(batch.events.len() as u64);
                        *place = Some(Committed { first, last: next.saturating_sub(1) });
                    }
                }
                Job::Index { after, upto, postings, tell } => {
                    turn.owed.push(Owed::Kept(tell));
                    index(&transaction, after, upto, &postings)?;
                }
                Job::Cut { root, under, tell } => {
                    turn.owed.push(Owed::Kept(tell));
                    cut(&transaction, root, &under)?;
                }
                Job::Note { name, bytes, tell } => {
                    turn.owed.push(Owed::Kept(tell));
                    put_meta(&transaction, &name, &bytes)?;
                }
                Job::Scrub(tell) => turn.scrubs.push(tell),
                Job::Regain(tell) => turn.regains.push(tell),
            }
        }
        record(&transaction, &mut self.chain, &turn.owed)?;
        Ok(self.counts.timed(|| transaction.commit())?)
    }

    /// `secure_delete` overwrites what is deleted, but when SQLite divides the rows of a page anew, copies of rows that
    /// moved stay in the unused part of the page, and nothing overwrites them later. So the rows are copied into fresh
    /// pages, and the old ones are freed as a whole, which overwrites all of them; then the log is emptied. It costs as
    /// much as writing all rows once; the trail, which holds no key material and is only cut at its beginning, is left alone.
    fn scrub(&mut self) -> Result<Result<(), ScrubError>, EngineFault> {
        let rewrite = |connection: &mut Connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let table: String = transaction.query_row(
                "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'rows'",
                [],
                |columns| columns.get(0),
            )?;
            transaction.execute_batch("ALTER TABLE rows RENAME TO worn_rows")?;
            transaction.execute_batch(&table)?;
            transaction.execute_batch("INSERT INTO rows SELECT * FROM worn_rows ORDER BY space, key")?;
            transaction.execute_batch("DROP TABLE worn_rows")?;
            transaction.commit()?;
            let busy = |columns: &rusqlite::Row<'_>| columns.get::<_, bool>(0);
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], busy)
        };
        match rewrite(&mut self.connection) {
            Ok(false) => Ok(Ok(())),
            Ok(true) => Ok(Err(ScrubError::Busy)),
            Err(error) => Err(error.into()),
        }
    }

    /// Closing the last connection would checkpoint, and so repeat what has just failed.
    fn leave_log_alone(&self) {
        let told = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        assert!(told == Ok(true), "a connection's own setting cannot fail");
    }

    fn checkpoint_if_due(&self) -> rusqlite::Result<()> {
        let waiting = |mode: &str| {
            let mut statement = self.connection.prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))?;
            statement.query_row([], |columns| Ok(columns.get::<_, i64>(1)? - columns.get::<_, i64>(2)?))
        };
        if waiting("NOOP")? > LOG_PAGES_MAX {
            waiting("PASSIVE")?;
        }
        Ok(())
    }
}

impl Turn {
    /// A job that the group did not come to. What is done outside of it is done nevertheless.
    fn refuse(&mut self, job: Job, fault: EngineFault) {
        match job {
            Job::Commit(batch, tell) => Owed::Commit(batch, None, tell).refuse(fault),
            Job::Index { tell, .. } | Job::Cut { tell, .. } | Job::Note { tell, .. } => Owed::Kept(tell).refuse(fault),
            Job::Scrub(tell) => self.scrubs.push(tell),
            Job::Regain(tell) => self.regains.push(tell),
        }
    }
}

impl Known {
    fn nothing() -> Self {
        Self { revisions: Bounded::new(KNOWN_BYTES_MAX), spots: Spots::default() }
    }

    /// Do all checks hold?
    fn hold(&mut self, connection: &Connection, checks: &[Check]) -> rusqlite::Result<bool> {
        for check in checks {
            let holds = match check {
                Check::At { space, key, revision } => self.revision(connection, space, key)? == Some(*revision),
                Check::Absent { space, key } => self.revision(connection, space, key)?.is_none(),
                Check::Range { space, range, rows } => {
                    reader::revisions(connection, space, range, rows.len().saturating_add(1))? == *rows
                }
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn revision(
        &mut self,
        connection: &Connection,
        space: &'static str,
        key: &[u8],
    ) -> rusqlite::Result<Option<Revision>> {
        if let Some(known) = self.revisions.find(self.spots.of(space, key)) {
            return Ok(*known);
        }
        let mut statement = connection.prepare_cached("SELECT revision FROM rows WHERE space = ?1 AND key = ?2")?;
        let revision = statement.query_row((space, key), |columns| reader::revision_at(columns, 0)).optional()?;
        self.note(space, key, revision);
        Ok(revision)
    }

    fn note(&mut self, space: &'static str, key: &[u8], revision: Option<Revision>) {
        self.revisions.put(self.spots.of(space, key), revision, size_of::<Revision>());
    }
}

impl Owed {
    fn pay(self) {
        match self {
            Self::Commit(batch, Some(committed), tell) => {
                batch.land(committed);
                ignore_gone(tell.send(Ok(committed)));
            }
            Self::Commit(_, None, tell) => ignore_gone(tell.send(Err(CommitError::Conflict))),
            Self::Kept(tell) => ignore_gone(tell.send(Ok(()))),
        }
    }

    fn refuse(self, fault: EngineFault) {
        match self {
            Self::Commit(_, _, tell) => ignore_gone(tell.send(Err(fault.into()))),
            Self::Kept(tell) => ignore_gone(tell.send(Err(fault))),
        }
    }
}

/// Whoever asked may have gone; what was committed stays committed.
fn ignore_gone<T>(_: Result<(), T>) {}

/// The writes of a batch whose checks hold.
fn write(connection: &Connection, known: &mut Known, writes: &[Write]) -> rusqlite::Result<()> {
    for write in writes {
        match write {
            Write::Put { space, key, row } => {
                let mut statement = connection.prepare_cached(
                    "INSERT INTO rows (space, key, revision, format, bytes) VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT DO UPDATE SET revision = ?3, format = ?4, bytes = ?5",
                )?;
                statement.execute((space, key, row.revision.number(), row.format, &row.bytes[..]))?;
                known.note(space, key, Some(row.revision));
            }
            Write::Delete { space, key } => {
                let mut statement = connection.prepare_cached("DELETE FROM rows WHERE space = ?1 AND key = ?2")?;
                statement.execute((space, key))?;
                known.note(space, key, None);
            }
        }
    }
    Ok(())
}

/// The events of all that is committed, at the places that they were given.
fn record(connection: &Connection, chain: &mut Chain, owed: &[Owed]) -> Result<(), EngineFault> {
    let committed = || {
        owed.iter().filter_map(|owed| match owed {
            Owed::Commit(batch, Some(_), _) => Some(batch),
            _ => None,
        })
    };
    let Some(barrier) = committed().next().map(|batch| &batch.common.barrier) else { return Ok(()) };
    let events: Vec<_> = committed().flat_map(|batch| &batch.events).collect();
    let mut statement = connection.prepare_cached("INSERT INTO trail (sequence, marks, bytes) VALUES (?1, ?2, ?3)")?;
    for portion in portions(&events) {
        let bundle = Bundle::seal(chain, barrier, portion)?;
        statement.execute((bundle.sequence, &bundle.marks, &bundle.sealed))?;
    }
    Ok(put_meta(connection, schema::HEAD_NAME, &chain.head(barrier).to_bytes())?)
}

fn index(connection: &Connection, after: u64, upto: u64, postings: &[Posting]) -> rusqlite::Result<()> {
    if reader::indexed_upto(connection)? != after {
        return Ok(());
    }
    let mut statement =
        connection.prepare_cached("INSERT INTO trail_index (token, period, last, places) VALUES (?1, ?2, ?3, ?4)")?;
    for posting in postings {
        statement.execute((posting.token, posting.period, posting.last, &posting.places))?;
    }
    put_meta(connection, schema::INDEXED_NAME, &upto.to_be_bytes())
}

fn cut(connection: &Connection, root: Root, under: &[Under]) -> rusqlite::Result<()> {
    let upto = i64::try_from(root.sequence).unwrap_or(i64::MAX);
    put_meta(connection, schema::ROOT_NAME, &root.to_bytes())?;
    connection.prepare_cached("DELETE FROM trail WHERE sequence <= ?1")?.execute([upto])?;
    let mut statement =
        connection.prepare_cached("DELETE FROM trail_index WHERE token = ?1 AND period = ?2 AND last <= ?3")?;
    for (token, period) in under {
        statement.execute((token, period, upto))?;
    }
    Ok(())
}

fn put_meta(connection: &Connection, name: &str, bytes: &[u8]) -> rusqlite::Result<()> {
    let mut statement = connection
        .prepare_cached("INSERT INTO meta (name, bytes) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET bytes = ?2")?;
    statement.execute((name, bytes)).map(drop)
}
