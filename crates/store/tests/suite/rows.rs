//! Rows: what is put is read, in order, within bounds.

use crate::rig::{Rig, absent, at, on_every_engine, put, random, row};
use store::{CommitError, Direction, Range, Write};

on_every_engine!(
    what_is_put_is_read_and_what_is_deleted_is_not,
    rows_are_scanned_in_the_order_of_their_keys,
    scans_keep_their_bounds,
    checks_hold_or_nothing_is_written,
    notes_are_kept_apart,
);

async fn what_is_put_is_read_and_what_is_deleted_is_not(rig: Rig) {
    assert_eq!(rig.engine.row("raw", b"key").await, Ok(None));
    let long: [u8; 20_000] = random();
    for value in [&b"one"[..], b"", &long] {
        let revision = u64::from_be_bytes(random()) >> 1 | 1;
        let write = Write::Put { space: "raw", key: b"key".to_vec(), row: row(revision, value) };
        rig.commit(vec![], vec![write]).await.unwrap();
        assert_eq!(rig.engine.row("raw", b"key").await, Ok(Some(row(revision, value))));
    }
    assert_eq!(rig.engine.row("other", b"key").await, Ok(None));
    assert_eq!(rig.engine.row("raw", b"key\0").await, Ok(None));
    rig.commit(vec![], vec![Write::Delete { space: "raw", key: b"key".to_vec() }]).await.unwrap();
    assert_eq!(rig.engine.row("raw", b"key").await, Ok(None));
}

async fn rows_are_scanned_in_the_order_of_their_keys(rig: Rig) {
    let mut keys: Vec<Vec<u8>> =
        vec![vec![], vec![0], vec![0, 0], vec![0, 255], vec![1], vec![127], vec![128, 1], vec![255], vec![255, 255]];
    let writes = keys.iter().rev().zip(1..).map(|(key, revision)| put(key, revision)).collect();
    rig.commit(vec![], writes).await.unwrap();
    rig.commit(vec![], vec![Write::Put { space: "rax", key: vec![5], row: row(1, b"") }]).await.unwrap();
    assert_eq!(scanned(&rig, &Range::all(), Direction::Forward, 100).await, keys);
    keys.reverse();
    assert_eq!(scanned(&rig, &Range::all(), Direction::Backward, 100).await, keys);
}

async fn scans_keep_their_bounds(rig: Rig) {
    let keys = [&b"a"[..], b"b", b"ba", b"bb", b"c"];
    rig.commit(vec![], keys.iter().zip(1..).map(|(key, revision)| put(key, revision)).collect()).await.unwrap();
    let range = |from: &[u8], to: Option<&[u8]>| Range { from: from.to_vec(), to: to.map(<[u8]>::to_vec) };
    for (range, limit, forward, backward) in [
        (Range::prefix(b"b"), 9, vec!["b", "ba", "bb"], vec!["bb", "ba", "b"]),
        (Range::prefix(b"b"), 2, vec!["b", "ba"], vec!["bb", "ba"]),
        (range(b"b\0", None), 9, vec!["ba", "bb", "c"], vec!["c", "bb", "ba"]),
        (range(b"b", Some(b"bb")), 9, vec!["b", "ba"], vec!["ba", "b"]),
        (range(b"c", Some(b"a")), 9, vec![], vec![]),
        (range(b"b", Some(b"b")), 9, vec![], vec![]),
        (range(b"", None), 0, vec![], vec![]),
    ] {
        let bytes = |texts: Vec<&str>| texts.into_iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>();
        assert_eq!(scanned(&rig, &range, Direction::Forward, limit).await, bytes(forward), "{range:?}");
        assert_eq!(scanned(&rig, &range, Direction::Backward, limit).await, bytes(backward), "{range:?}");
    }
}

async fn checks_hold_or_nothing_is_written(rig: Rig) {
    rig.commit(vec![absent(b"key")], vec![put(b"key", 1)]).await.unwrap();
    let before = rig.engine.head().await.unwrap().unwrap();
    for checks in [
        vec![absent(b"key")],
        vec![at(b"key", 2)],
        vec![at(b"none", 1)],
        vec![at(b"key", 1), absent(b"other"), absent(b"key")],
    ] {
        let writes = vec![put(b"other", 5), Write::Delete { space: "raw", key: b"key".to_vec() }];
        assert_eq!(rig.commit(checks, writes).await, Err(CommitError::Conflict));
    }
    assert_eq!(rig.engine.head().await, Ok(Some(before)), "a conflict leaves no event");
    assert_eq!(rig.engine.row("raw", b"other").await, Ok(None));
    rig.commit(vec![at(b"key", 1), absent(b"other")], vec![put(b"key", 2)]).await.unwrap();
    assert_eq!(rig.commit(vec![at(b"key", 1)], vec![]).await, Err(CommitError::Conflict));
    rig.commit(vec![at(b"key", 2)], vec![]).await.unwrap();
}

async fn notes_are_kept_apart(rig: Rig) {
    assert_eq!(rig.engine.note("seal").await, Ok(None));
    rig.engine.put_note("seal", b"one".to_vec()).await.unwrap();
    rig.engine.put_note("seal", b"two".to_vec()).await.unwrap();
    rig.engine.put_note("trail/head", b"a note like any other".to_vec()).await.unwrap();
    assert_eq!(rig.engine.note("seal").await, Ok(Some(b"two".to_vec())));
    assert_eq!(rig.engine.head().await, Ok(None), "a note cannot stand in for the head");
}

async fn scanned(rig: &Rig, range: &Range, direction: Direction, limit: usize) -> Vec<Vec<u8>> {
    let rows = rig.engine.scan("raw", range, direction, limit).await.unwrap();
    rows.into_iter().map(|(key, _)| key).collect()
}
