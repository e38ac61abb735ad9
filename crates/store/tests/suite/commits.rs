//! Commits: phantoms, conflicts among neighbours, no lost update.

use crate::rig::{Directory, Rig, THINGS, absent, at, event, key, on_every_engine, put, thing};
use std::sync::Arc;
use store::{
    Answer, Batch, Check, CommitError, Committed, Direction, Draft, Engine, EngineFault, Head, IndexQuery,
    MemoryEngine, Oversized, Place, Posting, Range, Row, Rows, ScrubError, Span, TrailPage, TrailSource, Write,
};
use tokio::task::JoinSet;

on_every_engine!(
    a_row_that_appears_in_a_checked_range_is_a_conflict,
    a_range_holds_exactly_the_rows_that_were_read,
    of_many_commits_on_one_revision_one_wins,
    no_update_is_lost,
    a_batch_has_bounds,
    a_commit_that_nobody_waits_for_is_whole_or_nothing,
);

async fn a_row_that_appears_in_a_checked_range_is_a_conflict(rig: Rig) {
    assert!(phantoms_are_refused(&rig).await);
}

/// The planted bug: an engine that forgets to look at ranges must be found by the test above.
#[tokio::test]
async fn an_engine_that_forgets_ranges_is_found() {
    let rig = Rig::over(Arc::new(Forgetful(MemoryEngine::new())), Directory::new());
    assert!(!phantoms_are_refused(&rig).await);
}

async fn phantoms_are_refused(rig: &Rig) -> bool {
    rig.put("outside", 1).await;
    let span = Span::starting(&key("").0, "in");
    let mut draft = rig.draft();
    assert!(draft.scan(&THINGS, &span, 10).await.unwrap().rows.is_empty());
    draft.put(&THINGS, &key("verdict"), thing(0)).await.unwrap();
    // Somebody else puts a row where there was none, and the first commit meets it.
    rig.put("inside", 1).await;
    let appeared = rig.finish(draft).await == Err(CommitError::Conflict);

    let mut draft = rig.draft();
    assert_eq!(draft.scan(&THINGS, &span, 10).await.unwrap().rows.len(), 1);
    draft.put(&THINGS, &key("verdict"), thing(0)).await.unwrap();
    let mut other = rig.draft();
    assert!(other.delete(&THINGS, &key("inside")).await.unwrap());
    rig.finish(other).await.unwrap();
    let vanished = rig.finish(draft).await == Err(CommitError::Conflict);

    let mut draft = rig.draft();
    draft.scan(&THINGS, &span, 10).await.unwrap();
    rig.put("outside", 2).await;
    rig.finish(draft).await.unwrap();
    appeared && vanished
}

async fn a_range_holds_exactly_the_rows_that_were_read(rig: Rig) {
    let keys = [&b"a"[..], b"b", b"c", b"d"];
    rig.commit(vec![], keys.iter().zip(1..).map(|(key, revision)| put(key, revision)).collect()).await.unwrap();
    let revisions = |pairs: &[(&[u8], u64)]| {
        let numbered = pairs.iter().map(|(key, number)| (key.to_vec(), crate::rig::row(*number, b"").revision));
        numbered.collect::<Vec<_>>()
    };
    let check = |from: &[u8], to: &[u8], pairs: &[(&[u8], u64)]| Check::Range {
        space: "raw",
        range: Range { from: from.to_vec(), to: Some(to.to_vec()) },
        rows: revisions(pairs),
    };
    for (check, holds) in [
        (check(b"b", b"d", &[(b"b", 2), (b"c", 3)]), true),
        (check(b"b", b"d", &[(b"b", 2)]), false),
        (check(b"b", b"d", &[(b"b", 2), (b"c", 4)]), false),
        (check(b"b", b"d", &[(b"c", 3), (b"b", 2)]), false),
        (check(b"b", b"d", &[(b"b", 2), (b"c", 3), (b"d", 4)]), false),
        (check(b"b", b"d", &[]), false),
        (check(b"bb", b"c", &[]), true),
        (check(b"d", b"a", &[]), true),
        (check(b"d", b"a", &[(b"b", 2)]), false),
    ] {
        let expected = if holds { None } else { Some(CommitError::Conflict) };
        assert_eq!(rig.commit(vec![check.clone()], vec![]).await.err(), expected, "{check:?}");
    }
}

async fn of_many_commits_on_one_revision_one_wins(rig: Rig) {
    rig.commit(vec![], vec![put(b"key", 1)]).await.unwrap();
    let mut tasks = JoinSet::new();
    for number in 2..102_u64 {
        // They reach the writer together: some of them in one group.
        let (checks, writes) = (vec![at(b"key", 1)], vec![put(b"key", number), put(&number.to_be_bytes(), number)]);
        let batch = Batch::new(&rig.store, checks, writes, vec![event("one of many")]).unwrap();
        let engine = Arc::clone(&rig.engine);
        tasks.spawn(async move { (number, engine.commit(batch).await) });
    }
    let answers = tasks.join_all().await;
    let won: Vec<_> = answers.iter().filter(|(_, answer)| answer.is_ok()).collect();
    assert_eq!(won.len(), 1);
    assert!(answers.iter().all(|(_, answer)| answer.is_ok() || *answer == Err(CommitError::Conflict)));
    let (winner, committed) = won.first().unwrap();
    assert_eq!(*committed, Ok(Committed { first: 2, last: 2 }));
    assert_eq!(rig.engine.row("raw", b"key").await.unwrap().unwrap().revision.number(), *winner);
    let rows = rig.engine.scan("raw", &Range::all(), Direction::Forward, 200).await.unwrap();
    assert_eq!(rows.len(), 2, "those who lost wrote nothing");
}

async fn no_update_is_lost(rig: Rig) {
    const TASKS: u64 = 16;
    const INCREMENTS: u64 = 20;
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let store = Arc::clone(&rig.store);
        tasks.spawn(async move {
            for _ in 0..INCREMENTS {
                while !increment(&store).await {}
            }
        });
    }
    tasks.join_all().await;
    let held = rig.cold().get(&THINGS, &key("counter")).await.unwrap().unwrap();
    assert_eq!(held.value.count, TASKS * INCREMENTS);
    assert_eq!(rig.engine.head().await.unwrap().unwrap().sequence, TASKS * INCREMENTS);
}

async fn increment(store: &Arc<store::Store>) -> bool {
    let mut draft = Draft::new(Arc::clone(store));
    let count = draft.get(&THINGS, &key("counter")).await.unwrap().map_or(0, |held| held.value.count);
    draft.put(&THINGS, &key("counter"), thing(count + 1)).await.unwrap();
    match store.commit(draft.into_batch(vec![], vec![event("increment")]).unwrap()).await {
        Ok(_) => true,
        Err(CommitError::Conflict) => false,
        Err(CommitError::Stopped(fault)) => panic!("stopped: {fault}"),
    }
}

async fn a_batch_has_bounds(rig: Rig) {
    let events = || vec![event("bounds")];
    let checks = |count: usize| (0..count).map(|number| absent(&number.to_be_bytes())).collect::<Vec<_>>();
    assert!(Batch::new(&rig.store, checks(store::BATCH_ROWS_MAX), vec![], events()).is_ok());
    assert_eq!(Batch::new(&rig.store, checks(store::BATCH_ROWS_MAX + 1), vec![], events()).err(), Some(Oversized));
    let large = |bytes| vec![Write::Put { space: "raw", key: vec![1], row: crate::rig::row(1, &vec![0; bytes]) }];
    let slack = events().first().unwrap().bytes.len() + 1;
    assert!(Batch::new(&rig.store, vec![], large(store::BATCH_BYTES_MAX - slack), events()).is_ok());
    let over = Batch::new(&rig.store, vec![], large(store::BATCH_BYTES_MAX - slack + 1), events());
    assert_eq!(over.err(), Some(Oversized));
}

#[tokio::test]
#[should_panic(expected = "a commit has at least one event")]
async fn a_commit_without_an_event_is_a_fault_of_the_house() {
    let rig = Rig::memory();
    let _ = Batch::new(&rig.store, vec![], vec![put(b"key", 1)], vec![]);
}

async fn a_commit_that_nobody_waits_for_is_whole_or_nothing(rig: Rig) {
    for number in 1..50_u64 {
        let writes = vec![put(b"one", number), put(b"two", number)];
        let batch = Batch::new(&rig.store, vec![], writes, vec![event("dropped")]).unwrap();
        let commit = rig.engine.commit(batch);
        let _ = tokio::time::timeout(std::time::Duration::ZERO, commit).await;
    }
    rig.commit(vec![], vec![]).await.unwrap();
    let revision = async |key: &[u8]| rig.engine.row("raw", key).await.unwrap().map(|row| row.revision);
    assert_eq!(revision(b"one").await, revision(b"two").await);
}

/// Everything but ranges is checked.
struct Forgetful(MemoryEngine);

impl TrailSource for Forgetful {
    fn trail(&self, from: u64, limit: usize) -> Answer<'_, Result<TrailPage, EngineFault>> {
        self.0.trail(from, limit)
    }
}

impl Engine for Forgetful {
    fn row<'a>(&'a self, space: &'static str, key: &'a [u8]) -> Answer<'a, Result<Option<Row>, EngineFault>> {
        self.0.row(space, key)
    }

    fn scan<'a>(
        &'a self,
        space: &'static str,
        range: &'a Range,
        direction: Direction,
        limit: usize,
    ) -> Answer<'a, Result<Rows, EngineFault>> {
        self.0.scan(space, range, direction, limit)
    }

    fn commit(&self, mut batch: Batch) -> Answer<'_, Result<Committed, CommitError>> {
        batch.checks.retain(|check| !matches!(check, Check::Range { .. }));
        self.0.commit(batch)
    }

    fn head(&self) -> Answer<'_, Result<Option<Head>, EngineFault>> {
        self.0.head()
    }

    fn index_add(&self, after: u64, upto: u64, postings: Vec<Posting>) -> Answer<'_, Result<(), EngineFault>> {
        self.0.index_add(after, upto, postings)
    }

    fn indexed_upto(&self) -> Answer<'_, Result<u64, EngineFault>> {
        self.0.indexed_upto()
    }

    fn index_page(&self, query: IndexQuery) -> Answer<'_, Result<Vec<Place>, EngineFault>> {
        self.0.index_page(query)
    }

    fn cut(&self, root: store::Root, under: Vec<store::Under>) -> Answer<'_, Result<(), EngineFault>> {
        self.0.cut(root, under)
    }

    fn note<'a>(&'a self, name: &'a str) -> Answer<'a, Result<Option<Vec<u8>>, EngineFault>> {
        self.0.note(name)
    }

    fn put_note<'a>(&'a self, name: &'a str, bytes: Vec<u8>) -> Answer<'a, Result<(), EngineFault>> {
        self.0.put_note(name, bytes)
    }

    fn scrub(&self) -> Answer<'_, Result<(), ScrubError>> {
        self.0.scrub()
    }
}
