//! A memory engine that lets a test act between what a call has read and its commit.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use store::{
    Answer, Batch, Check, CommitError, Committed, Direction, Engine, EngineFault, IndexQuery, MemoryEngine, Place,
    Posting, Range, Row, ScrubError, TrailPage, TrailSource,
};

/// [`MemoryEngine`], with a hook before commits and a switch that stops it.
#[derive(Default)]
pub struct HookedEngine {
    memory: MemoryEngine,
    hook: Mutex<Option<Hook>>,
    stopped: AtomicBool,
    full: AtomicBool,
    /// So many commits meet a full disk, of which nobody knew.
    full_commits: AtomicU64,
    attempts: AtomicU64,
    /// The spaces that anybody has looked into or bound a commit to. Nobody writes where he has not looked.
    spaces: Mutex<BTreeSet<&'static str>>,
}

/// Every row of a store as the engine keeps it, by space and key.
pub type Rows = BTreeMap<(&'static str, Vec<u8>), Row>;

type Act = Box<dyn FnMut() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

struct Hook {
    times: u64,
    act: Act,
}

impl HookedEngine {
    /// Before each of the next `times` commits that validate what they have read, `act` runs to its end. Commits that happen meanwhile
    /// pass.
    pub(crate) fn hook<F: Future<Output = ()> + Send + 'static>(
        &self,
        times: u64,
        mut act: impl FnMut() -> F + Send + 'static,
    ) {
        let act: Act = Box::new(move || Box::pin(act()));
        *self.hook.lock().unwrap() = Some(Hook { times, act });
    }

    /// As after a failed fsync: nothing is acknowledged any more.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// The disk is full, or has space again.
    pub(crate) fn fill(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    /// The next commits find no space.
    pub(crate) fn fill_under(&self, commits: u64) {
        self.full_commits.store(commits, Ordering::SeqCst);
    }

    /// How many commits were tried.
    pub(crate) fn attempts(&self) -> u64 {
        self.attempts.load(Ordering::SeqCst)
    }

    /// All rows there are.
    pub(crate) async fn rows(&self) -> Rows {
        let spaces = self.spaces.lock().unwrap().clone();
        let mut rows = Rows::new();
        for space in spaces {
            let found = self.memory.scan(space, &Range::all(), Direction::Forward, usize::MAX).await.unwrap();
            rows.extend(found.into_iter().map(|(key, row)| ((space, key), row)));
        }
        rows
    }

    fn look(&self, space: &'static str) {
        self.spaces.lock().unwrap().insert(space);
    }

    async fn run_hook(&self) {
        let hook = self.hook.lock().unwrap().take();
        if let Some(mut hook) = hook {
            (hook.act)().await;
            hook.times -= 1;
            if hook.times > 0 {
                *self.hook.lock().unwrap() = Some(hook);
            }
        }
    }
}

impl TrailSource for HookedEngine {
    fn trail(&self, from: u64, limit: usize) -> Answer<'_, Result<TrailPage, EngineFault>> {
        self.memory.trail(from, limit)
    }
}

impl Engine for HookedEngine {
    fn row<'a>(&'a self, space: &'static str, key: &'a [u8]) -> Answer<'a, Result<Option<Row>, EngineFault>> {
        self.look(space);
        self.memory.row(space, key)
    }

    fn scan<'a>(
        &'a self,
        space: &'static str,
        range: &'a Range,
        direction: Direction,
        limit: usize,
    ) -> Answer<'a, Result<store::Rows, EngineFault>> {
        self.look(space);
        self.memory.scan(space, range, direction, limit)
    }

    fn commit(&self, batch: Batch) -> Answer<'_, Result<Committed, CommitError>> {
        Box::pin(async move {
            self.attempts.fetch_add(1, Ordering::SeqCst);
            for check in &batch.checks {
                let (Check::At { space, .. } | Check::Absent { space, .. } | Check::Range { space, .. }) = check;
                self.look(space);
            }
            if !batch.checks.is_empty() {
                self.run_hook().await;
            }
            if self.stopped.load(Ordering::SeqCst) {
                return Err(CommitError::Stopped(EngineFault::Disk));
            }
            let less = |left: u64| left.checked_sub(1);
            if self.full_commits.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok() {
                return Err(CommitError::Stopped(EngineFault::Full));
            }
            self.memory.commit(batch).await
        })
    }

    fn head(&self) -> Answer<'_, Result<Option<store::Head>, EngineFault>> {
        self.memory.head()
    }

    fn index_add(&self, after: u64, upto: u64, postings: Vec<Posting>) -> Answer<'_, Result<(), EngineFault>> {
        self.memory.index_add(after, upto, postings)
    }

    fn indexed_upto(&self) -> Answer<'_, Result<u64, EngineFault>> {
        self.memory.indexed_upto()
    }

    fn index_page(&self, query: IndexQuery) -> Answer<'_, Result<Vec<Place>, EngineFault>> {
        self.memory.index_page(query)
    }

    fn cut(&self, root: store::Root, under: Vec<store::Under>) -> Answer<'_, Result<(), EngineFault>> {
        self.memory.cut(root, under)
    }

    fn note<'a>(&'a self, name: &'a str) -> Answer<'a, Result<Option<Vec<u8>>, EngineFault>> {
        self.memory.note(name)
    }

    fn put_note<'a>(&'a self, name: &'a str, bytes: Vec<u8>) -> Answer<'a, Result<(), EngineFault>> {
        self.memory.put_note(name, bytes)
    }

    fn scrub(&self) -> Answer<'_, Result<(), ScrubError>> {
        self.memory.scrub()
    }

    fn is_short(&self) -> bool {
        self.full.load(Ordering::SeqCst)
    }

    fn regain(&self) -> Answer<'_, Result<bool, EngineFault>> {
        Box::pin(async { Ok(!self.is_short()) })
    }
}
