//! What `trail verify` finds when somebody with the disk was at the trail.

use crate::rig::{Directory, Rig, barrier, event};
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use store::{Anchor, Flaw, Head, OpenError, SqliteEngine, SqliteOptions, TrailReader, TrailSource, Verdict, verify};

/// How many events the verification reads at once.
const PAGE_EVENTS: u64 = 512;

/// Ten events, then `meddle`, then a verification from outside.
async fn verdict_after(meddle: impl FnOnce(&Connection), anchored: bool) -> Verdict {
    let rig = ten_events().await;
    let head = rig.store.head().await.unwrap().unwrap();
    let anchor = anchored.then_some(Anchor { sequence: head.sequence, link: head.link });
    let Rig { store, engine, directory } = rig;
    drop((store, engine));
    meddle(&directory.meddle());
    verify(&TrailReader::open(&directory.0).unwrap(), &barrier(), anchor, |_| ()).await.unwrap()
}

async fn ten_events() -> Rig {
    let rig = Rig::sqlite();
    for number in 0..10 {
        let batch = rig.draft().into_batch(vec![], vec![event(&format!("event {number}"))]).unwrap();
        rig.store.commit(batch).await.unwrap();
    }
    rig
}

fn run(connection: &Connection, sql: &str) {
    connection.execute_batch(sql).unwrap();
}

fn broken(sequence: u64, flaw: Flaw) -> Verdict {
    Verdict::Broken { sequence, flaw }
}

#[tokio::test]
async fn an_untouched_trail_is_whole() {
    let verdict = verdict_after(|_| (), true).await;
    assert!(
        matches!(verdict, Verdict::Whole { count: 10, root: None, head: Some(Head { sequence: 10, .. }) }),
        "{verdict:?}"
    );
}

#[tokio::test]
async fn a_changed_byte_is_found() {
    for (column, place, flaw) in [
        ("bytes", 39, Flaw::Unlinked),
        ("bytes", 0, Flaw::Unlinked),
        ("marks", 15, Flaw::Unlinked),
        ("marks", 47, Flaw::Unlinked),
        ("marks", 51, Flaw::Unopened),
    ] {
        let verdict = verdict_after(|connection| bend(connection, column, place, 4), false);
        assert_eq!(verdict.await, broken(4, flaw), "{column} {place}");
    }
}

fn bend(connection: &Connection, column: &str, place: usize, sequence: u64) {
    let read = format!("SELECT {column} FROM trail WHERE sequence = {sequence}");
    let mut bytes: Vec<u8> = connection.query_row(&read, [], |row| row.get(0)).unwrap();
    *bytes.get_mut(place).unwrap() ^= 1;
    let write = format!("UPDATE trail SET {column} = ?1 WHERE sequence = {sequence}");
    assert_eq!(connection.execute(&write, [bytes]), Ok(1));
}

/// Events that were sealed as one are told apart as well: the first that was changed is named.
#[tokio::test]
async fn a_changed_byte_is_found_among_events_that_lie_together() {
    // Three events before; then 20 bytes each, behind a header of 29 and before a tag of 16.
    for (column, place, expected) in [
        ("bytes", 0, broken(4, Flaw::Unlinked)),
        ("bytes", 48, broken(4, Flaw::Unlinked)),
        ("bytes", 49, broken(5, Flaw::Unlinked)),
        ("bytes", 29 + 4 * 20, broken(8, Flaw::Unlinked)),
        ("bytes", 29 + 5 * 20 + 15, broken(8, Flaw::Unlinked)),
        ("marks", 3 * 52, broken(7, Flaw::Unlinked)),
        ("marks", 3 * 52 + 16, broken(7, Flaw::Unlinked)),
        ("marks", 3 * 52 + 51, broken(7, Flaw::Unlinked)),
        ("marks", 4 * 52 + 51, broken(4, Flaw::Unopened)),
    ] {
        let verdict = verdict_of_eight(|connection| bend(connection, column, place, 8)).await;
        assert_eq!(verdict, expected, "{column} {place}");
    }
    for (change, expected) in [
        ("UPDATE trail SET marks = substr(marks, 53) WHERE sequence = 8", broken(4, Flaw::Missing)),
        ("UPDATE trail SET marks = substr(marks, 1, 208) WHERE sequence = 8", broken(4, Flaw::Missing)),
        ("UPDATE trail SET marks = substr(marks, 1, 259) WHERE sequence = 8", broken(4, Flaw::Unlinked)),
        ("UPDATE trail SET marks = x'' WHERE sequence = 8", broken(4, Flaw::Unlinked)),
        ("UPDATE trail SET bytes = x'' WHERE sequence = 8", broken(4, Flaw::Unlinked)),
        ("UPDATE trail SET sequence = 9 WHERE sequence = 8", broken(4, Flaw::Missing)),
        ("DELETE FROM trail WHERE sequence = 8", broken(4, Flaw::Missing)),
    ] {
        assert_eq!(verdict_of_eight(|connection| run(connection, change)).await, expected, "{change}");
    }
}

/// A table without its key takes a row twice. Where a page of the verification ends, nobody reads on.
#[tokio::test]
async fn a_row_that_stands_twice_is_found_wherever_it_stands() {
    let rig = Rig::sqlite();
    for _ in 0..2 * PAGE_EVENTS {
        rig.commit(vec![], vec![]).await.unwrap();
    }
    let Rig { store, engine, directory } = rig;
    drop((store, engine));
    let connection = directory.meddle();
    run(&connection, "CREATE TABLE t AS SELECT * FROM trail; DROP TABLE trail; ALTER TABLE t RENAME TO trail;");
    let reader = TrailReader::open(&directory.0).unwrap();
    assert!(matches!(verify(&reader, &barrier(), None, |_| ()).await.unwrap(), Verdict::Whole { .. }));
    for place in [1, PAGE_EVENTS - 1, PAGE_EVENTS, PAGE_EVENTS + 1, 2 * PAGE_EVENTS] {
        let twice = format!("INSERT INTO trail SELECT * FROM trail WHERE sequence = {place}");
        run(&connection, &twice);
        let verdict = verify(&reader, &barrier(), None, |_| ()).await.unwrap();
        assert!(matches!(verdict, Verdict::Broken { .. }), "{place}: {verdict:?}");
        let once = "DELETE FROM trail WHERE rowid = (SELECT max(rowid) FROM trail)";
        run(&connection, once);
    }
}

async fn verdict_of_eight(meddle: impl FnOnce(&Connection)) -> Verdict {
    let rig = Rig::sqlite();
    for _ in 0..3 {
        rig.commit(vec![], vec![]).await.unwrap();
    }
    let five = (0..5).map(|number| event(&format!("{number:>20}"))).collect();
    rig.store.commit(rig.draft().into_batch(vec![], five).unwrap()).await.unwrap();
    let Rig { store, engine, directory } = rig;
    drop((store, engine));
    meddle(&directory.meddle());
    verify(&TrailReader::open(&directory.0).unwrap(), &barrier(), None, |_| ()).await.unwrap()
}

#[tokio::test]
async fn a_deleted_event_is_found() {
    let verdict = verdict_after(|connection| run(connection, "DELETE FROM trail WHERE sequence = 6"), false).await;
    assert_eq!(verdict, broken(6, Flaw::Missing));
    let verdict = verdict_after(|connection| run(connection, "DELETE FROM trail WHERE sequence = 1"), false).await;
    assert_eq!(verdict, broken(1, Flaw::Missing));
    let closed = "DELETE FROM trail WHERE sequence = 6; UPDATE trail SET sequence = -sequence WHERE sequence > 6;
                  UPDATE trail SET sequence = -sequence - 1 WHERE sequence < 0;";
    assert_eq!(verdict_after(|connection| run(connection, closed), false).await, broken(6, Flaw::Unlinked));
}

#[tokio::test]
async fn swapped_events_are_found() {
    let swap = "UPDATE trail SET sequence = 99 WHERE sequence = 3; UPDATE trail SET sequence = 3 WHERE sequence = 7;
                UPDATE trail SET sequence = 7 WHERE sequence = 99;";
    assert_eq!(verdict_after(|connection| run(connection, swap), false).await, broken(3, Flaw::Unlinked));
}

#[tokio::test]
async fn an_inserted_event_is_found() {
    let again = "INSERT INTO trail SELECT 11, marks, bytes FROM trail WHERE sequence = 10";
    assert_eq!(verdict_after(|connection| run(connection, again), false).await, broken(11, Flaw::Unlinked));
}

/// A stranger can compute links, which are plain digests. He cannot seal an event, nor sign a head.
#[tokio::test]
async fn a_forged_event_is_found() {
    let forge = |connection: &Connection| {
        let marks: Vec<u8> =
            connection.query_row("SELECT marks FROM trail WHERE sequence = 10", [], |row| row.get(0)).unwrap();
        let (id, bytes) = ([7_u8; 16], [1_u8; 60]);
        let link = cipher::sha256(&[marks.get(16..48).unwrap(), &11_u64.to_be_bytes(), &id, &bytes].concat());
        let marks = [&id[..], &link, &15_u32.to_be_bytes()].concat();
        connection.execute("INSERT INTO trail VALUES (11, ?1, ?2)", (marks, bytes)).unwrap();
    };
    assert_eq!(verdict_after(forge, false).await, broken(11, Flaw::Unopened));
}

#[tokio::test]
async fn a_changed_head_is_found() {
    let bend = |place: usize| {
        move |connection: &Connection| {
            let read = "SELECT bytes FROM meta WHERE name = 'trail/head'";
            let mut bytes: Vec<u8> = connection.query_row(read, [], |row| row.get(0)).unwrap();
            *bytes.get_mut(place).unwrap() ^= 1;
            connection.execute("UPDATE meta SET bytes = ?1 WHERE name = 'trail/head'", [bytes]).unwrap();
        }
    };
    for place in [7, 8, 39, 40, 71] {
        assert_eq!(verdict_after(bend(place), false).await, broken(10, Flaw::HeadUnsigned), "byte {place}");
    }
    let remove = "DELETE FROM meta WHERE name = 'trail/head'";
    assert_eq!(verdict_after(|connection| run(connection, remove), false).await, broken(10, Flaw::NoHead));
}

#[tokio::test]
async fn a_cut_tail_is_found_by_the_head_and_with_it_by_the_anchor() {
    let cut = "DELETE FROM trail WHERE sequence > 8";
    assert_eq!(verdict_after(|connection| run(connection, cut), false).await, broken(9, Flaw::Missing));
    // An older state of everything, head included, is sound in itself. Only who remembers more can tell.
    let rig = Rig::sqlite();
    rig.put("a", 1).await;
    let rig = rig.reopened();
    let older = std::fs::read(rig.directory.database()).unwrap();
    rig.put("b", 1).await;
    let head = rig.store.head().await.unwrap().unwrap();
    let Rig { store, engine, directory } = rig;
    drop((store, engine));
    std::fs::write(directory.database(), older).unwrap();
    let reader = TrailReader::open(&directory.0).unwrap();
    let verdict = verify(&reader, &barrier(), None, |_| ()).await.unwrap();
    assert!(matches!(verdict, Verdict::Whole { count: 1, .. }));
    let anchor = Anchor { sequence: head.sequence, link: head.link };
    let verdict = verify(&reader, &barrier(), Some(anchor), |_| ()).await.unwrap();
    assert_eq!(verdict, broken(2, Flaw::Cut));
}

#[tokio::test]
async fn a_trail_without_its_end_is_not_written_on() {
    for damage in ["DELETE FROM trail WHERE sequence > 8", "DELETE FROM meta", "DELETE FROM trail"] {
        let Rig { store, engine, directory } = ten_events().await;
        drop((store, engine));
        run(&directory.meddle(), damage);
        let opened = SqliteEngine::open(&directory.0, SqliteOptions::default(), |_| ());
        assert!(matches!(opened.err(), Some(OpenError::TrailDamaged)), "{damage}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_store_is_verified_from_outside() {
    let rig = ten_events().await;
    let stop = Arc::new(AtomicBool::new(false));
    let (store, stopping) = (Arc::clone(&rig.store), Arc::clone(&stop));
    let writer = tokio::spawn(async move {
        while !stopping.load(Ordering::SeqCst) {
            let batch = store::Draft::new(Arc::clone(&store)).into_batch(vec![], vec![event("more")]).unwrap();
            store.commit(batch).await.unwrap();
        }
    });
    let reader = TrailReader::open(&rig.directory.0).unwrap();
    let mut counts = vec![0];
    // Enough that a verification takes several pages.
    while *counts.last().unwrap() < 1500 {
        let verdict = verify(&reader, &barrier(), None, |_| ()).await.unwrap();
        let Verdict::Whole { count, head: Some(head), .. } = verdict else { panic!("{verdict:?}") };
        assert_eq!(count, head.sequence);
        counts.push(count);
    }
    stop.store(true, Ordering::SeqCst);
    writer.await.unwrap();
    assert!(counts.is_sorted());
}

#[tokio::test]
async fn the_reader_only_reads_and_only_what_is_there() {
    let nowhere = Directory::new();
    assert!(TrailReader::open(&nowhere.0).is_err());
    let rig = ten_events().await;
    let reader = TrailReader::open(&rig.directory.0).unwrap();
    assert_eq!(reader.trail(9, 10).await.unwrap().bundles.len(), 2);
}

#[tokio::test]
async fn revisions_are_those_of_the_trails_last_moment() {
    let rig = Rig::sqlite();
    let (older, kept) = (rig.put("a", 1).await, rig.put("b", 1).await);
    let newer = rig.put("a", 2).await;
    let reader = TrailReader::open(&rig.directory.0).unwrap();
    let revisions = || {
        let found = reader.revisions().unwrap();
        let of_things = found.rows.into_iter().filter(|(space, ..)| space == "toy/things");
        (found.sequence, of_things.map(|(_, _, revision)| revision).collect::<Vec<_>>())
    };
    assert_eq!(revisions(), (3, vec![newer.number(), kept.number()]));
    // A row of yesterday that is put back whole opens as well as ever; its revision tells on it.
    let back = format!("UPDATE rows SET revision = {} WHERE revision = {}", older.number(), newer.number());
    run(&rig.directory.meddle(), &back);
    assert_eq!(revisions(), (3, vec![older.number(), kept.number()]));
}
