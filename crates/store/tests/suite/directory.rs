//! The data directory: one process at a time, formats, restart, a full disk.

use crate::rig::{Directory, Rig, THINGS, event, key, store_over};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use store::{
    CommitError, Draft, Engine, EngineFault, OpenError, SqliteEngine, SqliteOptions, Store, Terms, TrailReader, Verdict,
};

fn open(directory: &Directory) -> Result<SqliteEngine, OpenError> {
    SqliteEngine::open(&directory.0, SqliteOptions::default(), |_| ())
}

#[tokio::test]
async fn a_restart_keeps_all() {
    let mut rig = Rig::sqlite();
    for round in 1..=3_u64 {
        rig.put("thing", round).await;
        rig.put(&format!("thing {round}"), round).await;
        rig.engine.put_note("seal", round.to_be_bytes().to_vec()).await.unwrap();
        while rig.store.index(|_| Terms::none()).await.unwrap() {}
        let head = rig.store.head().await.unwrap();
        rig = rig.reopened();
        assert_eq!(rig.store.head().await.unwrap(), head);
        assert_eq!(rig.store.get(&THINGS, &key("thing")).await.unwrap().unwrap().value.count, round);
        assert_eq!(rig.engine.note("seal").await.unwrap().unwrap(), round.to_be_bytes());
        assert_eq!(rig.store.indexed_upto().await, Ok(2 * round));
        let verdict = rig.store.verify(None, |_| ()).await.unwrap();
        assert!(matches!(verdict, Verdict::Whole { count, .. } if count == 2 * round));
    }
}

#[tokio::test]
async fn one_engine_at_a_time_has_a_directory() {
    let directory = Directory::new();
    let engine = open(&directory).unwrap();
    assert!(matches!(open(&directory).err(), Some(OpenError::InUse)));
    drop(engine);
    assert!(open(&directory).is_ok());
}

#[test]
fn the_directory_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let directory = Directory::new();
    let _engine = open(&directory).unwrap();
    assert_eq!(std::fs::metadata(&directory.0).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn another_format_is_refused_by_both_readers() {
    let directory = Directory::new();
    drop(open(&directory).unwrap());
    directory.meddle().pragma_update(None, "user_version", 99).unwrap();
    let refused = open(&directory).err().unwrap();
    assert!(matches!(refused, OpenError::NewerFormat { found: 99, .. }), "{refused:?}");
    assert!(matches!(TrailReader::open(&directory.0).err(), Some(OpenError::NewerFormat { found: 99, .. })));
    directory.meddle().pragma_update(None, "user_version", 1).unwrap();
    assert!(matches!(open(&directory).err(), Some(OpenError::UnreleasedFormat { found: 1, first: 2 })));
    let refused = TrailReader::open(&directory.0).err();
    assert!(matches!(refused, Some(OpenError::UnreleasedFormat { found: 1, first: 2 })));
    directory.meddle().pragma_update(None, "user_version", 0).unwrap();
    assert!(matches!(TrailReader::open(&directory.0).err(), Some(OpenError::OlderFormat { found: 0, .. })));
}

#[test]
fn somebody_elses_database_is_left_alone() {
    let directory = Directory::new();
    std::fs::create_dir(&directory.0).unwrap();
    directory.meddle().execute_batch("CREATE TABLE theirs (a)").unwrap();
    assert!(matches!(open(&directory).err(), Some(OpenError::Foreign(_))));
    assert!(matches!(TrailReader::open(&directory.0).err(), Some(OpenError::Foreign(_))));
    let tables: i64 = directory.meddle().query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 1);
}

/// A full disk as SQLite sees it: the database may not grow. That a sync fails, and that the disk fills under the log,
/// only a process under a fault-injecting file system can be shown.
#[tokio::test]
async fn a_commit_that_meets_a_full_disk_leaves_nothing_behind_and_stops_nothing() {
    let directory = Directory::new();
    let told = Arc::new(Mutex::new(Vec::new()));
    let telling = Arc::clone(&told);
    let options = SqliteOptions { pages_max: Some(60), ..SqliteOptions::default() };
    let engine = SqliteEngine::open(&directory.0, options, move |fault| telling.lock().unwrap().push(fault));
    let engine: Arc<dyn Engine> = Arc::new(engine.unwrap());
    let store = store_over(Arc::clone(&engine), 1 << 20);
    let mut acknowledged = 0;
    let fault = loop {
        match commit_some(&store, acknowledged + 1).await {
            Ok(()) => acknowledged += 1,
            Err(error) => break error,
        }
        assert!(acknowledged < 1000);
    };
    assert!(acknowledged > 3, "{acknowledged}");
    assert_eq!(fault, CommitError::Stopped(EngineFault::Full));
    assert_eq!(store.get(&THINGS, &key("thing")).await.unwrap().unwrap().value.count, acknowledged, "not the lost one");
    assert!(store.is_short());
    for _ in 0..3 {
        assert_eq!(commit_some(&store, 9_999).await, Err(CommitError::Stopped(EngineFault::Full)));
        assert_eq!(store.scrub().await, Err(EngineFault::Full.into()));
    }
    assert_eq!(
        (store.regain().await, store.is_short()),
        (Ok(true), false),
        "nothing was kept back, so nothing is missed"
    );
    drop((store, engine));
    assert_eq!(*told.lock().unwrap(), [], "it is no fault after which all ends");
    let rig = Rig::sqlite_in(directory);
    assert_eq!(rig.store.get(&THINGS, &key("thing")).await.unwrap().unwrap().value.count, acknowledged);
    let verdict = rig.store.verify(None, |_| ()).await.unwrap();
    assert!(matches!(verdict, Verdict::Whole { count, .. } if count == acknowledged));
    assert!(commit_some(&rig.store, acknowledged + 1).await.is_ok());
}

#[tokio::test]
async fn what_is_kept_back_is_thrown_off_when_the_disk_is_full_and_laid_again() {
    const BALLAST_BYTES: u64 = 1 << 20;
    let directory = Directory::new();
    let ballast = directory.0.join("ballast");
    let options = SqliteOptions { pages_max: Some(60), ballast_bytes: BALLAST_BYTES };
    let engine: Arc<dyn Engine> = Arc::new(SqliteEngine::open(&directory.0, options, |_| ()).unwrap());
    let laid = || {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata(&ballast)
            .is_ok_and(|file| file.len() == BALLAST_BYTES && file.blocks() * 512 >= BALLAST_BYTES)
    };
    assert!(laid() && !engine.is_short(), "it takes the space, and not only says so");
    let store = store_over(Arc::clone(&engine), 1 << 20);
    let mut count = 0;
    while commit_some(&store, count + 1).await.is_ok() {
        count += 1;
    }
    assert!(engine.is_short() && !ballast.exists());
    // The chain goes on from the last record that was acknowledged, whatever the one that failed had begun.
    store.regain().await.unwrap();
    assert!(laid() && !engine.is_short());
    drop((store, engine));
    let rig = Rig::sqlite_in(directory);
    assert!(commit_some(&rig.store, count + 1).await.is_ok());
    assert!(matches!(rig.store.verify(None, |_| ()).await, Ok(Verdict::Whole { .. })));
}

async fn commit_some(store: &Arc<Store>, count: u64) -> Result<(), CommitError> {
    let mut draft = Draft::new(Arc::clone(store));
    draft.put(&THINGS, &key("thing"), crate::rig::thing(count)).await.unwrap();
    store.commit(draft.into_batch(vec![], vec![event(&"x".repeat(5_000))]).unwrap()).await.map(drop)
}

/// What waits in the queue when the disk is full is answered too, and with the fault.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_wait_hear_of_the_full_disk() {
    let directory = Directory::new();
    let options = SqliteOptions { pages_max: Some(60), ..SqliteOptions::default() };
    let told = Arc::new(AtomicUsize::new(0));
    let telling = Arc::clone(&told);
    let engine = SqliteEngine::open(&directory.0, options, move |_| {
        telling.fetch_add(1, Ordering::SeqCst);
    });
    let engine: Arc<dyn Engine> = Arc::new(engine.unwrap());
    let store = store_over(Arc::clone(&engine), 1 << 20);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..200_u64 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let mut draft = Draft::new(Arc::clone(&store));
            draft.put(&THINGS, &key(&number.to_string()), crate::rig::thing(number)).await.unwrap();
            let batch = draft.into_batch(vec![], vec![event(&"x".repeat(5_000))]).unwrap();
            (number, store.commit(batch).await)
        });
    }
    let answers = tasks.join_all().await;
    drop((store, engine));
    assert_eq!(told.load(Ordering::SeqCst), 0);
    let rig = Rig::sqlite_in(directory);
    let mut acknowledged = 0;
    for (number, answer) in answers {
        let there = rig.store.get(&THINGS, &key(&number.to_string())).await.unwrap().is_some();
        match answer {
            Ok(_) => {
                assert!(there);
                acknowledged += 1;
            }
            Err(error) => assert_eq!(error, CommitError::Stopped(EngineFault::Full)),
        }
    }
    assert!(acknowledged < 200);
    assert!(matches!(rig.store.verify(None, |_| ()).await, Ok(Verdict::Whole { .. })));
}
