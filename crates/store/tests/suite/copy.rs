//! A snapshot's items and the database that is made of them: the same rows, the same trail, whatever is written meanwhile.

use crate::rig::{Directory, Rig, THINGS, barrier, barrier_of, key, store_over};
use minicbor::Encoder;
use names::Time;
use std::path::Path;
use std::sync::Arc;
use store::{
    EngineFault, IndexQuery, NotRebuilt, Posting, Rebuilt, Restored, Snapshot, SqliteEngine, SqliteOptions, Store,
    TrailReader, Verdict, WARM_BYTES_MAX_DEFAULT,
};

fn restored() -> Restored {
    Restored { taken: Time::from_seconds(7), sequence: 3, link: [9; 32] }
}

fn items(snapshot: &Snapshot) -> Vec<Vec<u8>> {
    let mut items = Vec::new();
    let all = snapshot.items(|item| {
        items.push(item.to_vec());
        Ok::<_, EngineFault>(())
    });
    all.unwrap();
    items
}

fn rebuilt(directory: &Path, format: u32, items: &[Vec<u8>]) -> Result<u64, NotRebuilt> {
    let mut rebuilt = Rebuilt::begin(directory, format)?;
    items.iter().try_for_each(|item| rebuilt.take(item))?;
    rebuilt.end(&restored(), &barrier())
}

fn opened(directory: &Path) -> Arc<Store> {
    let engine = SqliteEngine::open(directory, SqliteOptions::default(), |_| ()).unwrap();
    store_over(Arc::new(engine), WARM_BYTES_MAX_DEFAULT)
}

#[tokio::test]
async fn a_store_that_is_made_of_a_snapshot_is_the_same_of_that_moment() {
    let rig = Rig::sqlite();
    for number in 1..=40_u64 {
        rig.put(&format!("thing {number}"), number).await;
    }
    let token = rig.store.token("1", "r", 1, "ann");
    let posting = Posting::of(token, &[(Time::from_seconds(1), 3)]).unwrap();
    rig.engine.index_add(0, 40, vec![posting]).await.unwrap();
    let head = rig.store.head().await.unwrap();
    let snapshot = Snapshot::open(&rig.directory.0).unwrap();
    rig.put("thing 41", 41).await;
    rig.put("thing 1", 99).await;
    let directory = Directory::new();
    std::fs::create_dir(&directory.0).unwrap();
    assert_eq!(snapshot.head().unwrap(), head, "the moment is that of the opening");
    let rows = rebuilt(&directory.0, snapshot.format(), &items(&snapshot)).unwrap();
    assert!(rows > 80, "{rows}");
    let store = opened(&directory.0);
    for number in 1..=40_u64 {
        let thing = store.get(&THINGS, &key(&format!("thing {number}"))).await.unwrap();
        assert_eq!(thing.unwrap().value.count, number);
    }
    assert!(store.get(&THINGS, &key("thing 41")).await.unwrap().is_none());
    assert_eq!(store.head().await.unwrap(), head);
    let verdict = store.verify(None, |_| ()).await.unwrap();
    assert!(matches!(verdict, Verdict::Whole { count: 40, .. }), "{verdict:?}");
    let query = IndexQuery { token, from: Time::from_seconds(0), to: Time::from_seconds(2), after: None, limit: 9 };
    assert_eq!(store.index_page(query).await.unwrap(), [(Time::from_seconds(1), 3)]);
    assert_eq!(store.indexed_upto().await, Ok(40));
    let (there, here) = (TrailReader::open(&rig.directory.0).unwrap(), TrailReader::open(&directory.0).unwrap());
    assert_eq!(here.revisions().unwrap().rows.len() + 1, there.revisions().unwrap().rows.len());
}

#[tokio::test]
async fn the_note_of_a_restore_stands_until_it_is_forgotten_and_nobody_else_can_write_it() {
    let rig = Rig::sqlite();
    assert_eq!(rig.store.restored().await, Ok(None));
    let directory = Directory::new();
    std::fs::create_dir(&directory.0).unwrap();
    let snapshot = Snapshot::open(&rig.directory.0).unwrap();
    rebuilt(&directory.0, snapshot.format(), &items(&snapshot)).unwrap();
    let store = opened(&directory.0);
    assert_eq!(store.restored().await, Ok(Some(restored())));
    let stranger = |engine| Store::new(engine, barrier_of(8), Arc::new(cipher::SystemEntropy), 0);
    drop(store);
    let engine = Arc::new(SqliteEngine::open(&directory.0, SqliteOptions::default(), |_| ()).unwrap());
    assert!(stranger(engine.clone()).restored().await.is_err());
    let store = store_over(engine, 0);
    store.forget_restored().await.unwrap();
    assert_eq!(store.restored().await, Ok(None));
}

#[test]
fn a_newer_format_is_refused_on_both_ways() {
    let directory = Directory::new();
    drop(SqliteEngine::open(&directory.0, SqliteOptions::default(), |_| ()).unwrap());
    let known = Snapshot::open(&directory.0).unwrap().format();
    directory.meddle().pragma_update(None, "user_version", known + 1).unwrap();
    assert!(Snapshot::open(&directory.0).is_err());
    let empty = Directory::new();
    std::fs::create_dir(&empty.0).unwrap();
    let refused = Rebuilt::begin(&empty.0, known + 1).err();
    assert!(
        matches!(refused, Some(NotRebuilt::NewerFormat { found, known: told }) if (found, told) == (known + 1, known))
    );
    assert!(std::fs::read_dir(&empty.0).unwrap().next().is_none(), "nothing was made");
}

/// What the root has sealed is authentic; that it is of the house's own making all the same is not taken on trust.
#[test]
fn items_that_are_none_are_refused() {
    let item = |write: fn(&mut Encoder<&mut Vec<u8>>)| {
        let mut bytes = Vec::new();
        write(&mut Encoder::new(&mut bytes));
        bytes
    };
    let table = item(|to| drop(to.array(3).unwrap().u8(0).unwrap().str("meta").unwrap().u64(2)));
    let row = item(|to| drop(to.array(3).unwrap().u8(1).unwrap().str("n").unwrap().bytes(b"v")));
    let sound = [table.clone(), row.clone()];
    let longer = [&row[..], &[0]].concat();
    let short = item(|to| drop(to.array(2).unwrap().u8(1).unwrap().str("n")));
    let kind = item(|to| drop(to.array(3).unwrap().u8(2).unwrap().str("n").unwrap().bytes(b"v")));
    let unknown = item(|to| drop(to.array(3).unwrap().u8(0).unwrap().str("meta2").unwrap().u64(2)));
    let quoted = item(|to| drop(to.array(3).unwrap().u8(0).unwrap().str("meta\" SELECT 1 --").unwrap().u64(2)));
    let columns = item(|to| drop(to.array(3).unwrap().u8(0).unwrap().str("meta").unwrap().u64(3)));
    let schema = item(|to| drop(to.array(3).unwrap().u8(0).unwrap().str("sqlite_schema").unwrap().u64(5)));
    let cases = [
        vec![row],
        vec![table.clone(), longer],
        vec![table.clone(), short],
        vec![table, kind],
        vec![unknown],
        vec![quoted],
        vec![columns],
        vec![schema],
        vec![Vec::new()],
        vec![b"\xff\xff".to_vec()],
    ];
    let make = |items: &[Vec<u8>]| {
        let directory = Directory::new();
        std::fs::create_dir(&directory.0).unwrap();
        rebuilt(&directory.0, 2, items)
    };
    assert_eq!(make(&sound).unwrap(), 1);
    for (number, case) in cases.iter().enumerate() {
        assert!(matches!(make(case), Err(NotRebuilt::Strange)), "case {number}");
    }
}
