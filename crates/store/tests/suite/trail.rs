//! The trail: contiguous, chained in the order of the commits, and looked up by token.

use crate::rig::{Rig, absent, at, barrier, barrier_of, event, on_every_engine, put, sealed_event};
use cipher::sha256;
use names::Time;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Anchor, Batch, CommitError, Flaw, IndexEntry, IndexQuery, Verdict};
use tokio::task::JoinSet;

on_every_engine!(
    events_are_chained_from_the_first,
    conflicts_leave_no_gap,
    events_are_read_in_pages,
    an_anchor_is_honoured,
    another_house_finds_the_trail_broken,
    the_index_is_read_newest_first,
);

async fn events_are_chained_from_the_first(rig: Rig) {
    assert_eq!(rig.store.verify(None, |_| ()).await, Ok(Verdict::Whole { count: 0, head: None }));
    assert_eq!(rig.store.head().await, Ok(None));
    let events = [event("one"), event("two"), event("three")];
    let [one, two, three] = events.clone();
    let committed = rig.store.commit(rig.draft().into_batch(vec![], vec![one, two]).unwrap()).await.unwrap();
    assert_eq!((committed.first, committed.last), (1, 2));
    let committed = rig.store.commit(rig.draft().into_batch(vec![], vec![three]).unwrap()).await.unwrap();
    assert_eq!((committed.first, committed.last), (3, 3));
    let page = rig.engine.trail(1, 10).await.unwrap();
    let mut link = [0; 32];
    for (sequence, row) in (1_u64..).zip(&page.rows) {
        link = sha256(&[&link[..], &sequence.to_be_bytes(), &row.id, &row.sealed].concat());
        assert_eq!((row.sequence, row.link), (sequence, link));
    }
    let head = rig.store.head().await.unwrap().unwrap();
    assert_eq!((head.sequence, head.link), (3, link));
    let mut seen = Vec::new();
    let verdict = rig.store.verify(None, |recorded| seen.push((recorded.id, recorded.bytes.clone()))).await;
    assert_eq!(verdict, Ok(Verdict::Whole { count: 3, head: Some(head) }));
    assert_eq!(seen, events.map(|event| (event.id, event.bytes)));
}

async fn conflicts_leave_no_gap(rig: Rig) {
    let mut tasks = JoinSet::new();
    for number in 0..300_u64 {
        // One in three cannot hold, one in three races with another for one key.
        let (check, write) = match number % 3 {
            0 => (at(b"nothing", 1), put(b"never", 1)),
            1 => (absent(&(number / 6).to_be_bytes()), put(&(number / 6).to_be_bytes(), number)),
            _ => (absent(b"nothing"), put(b"always", number)),
        };
        let events = (0..=number % 2).map(|part| sealed_event(&format!("{number} {part}"))).collect::<Vec<_>>();
        let ids: Vec<_> = events.iter().map(|event| event.id).collect();
        let batch = Batch::new(&rig.store, vec![check], vec![write], events).unwrap();
        let engine = Arc::clone(&rig.engine);
        tasks.spawn(async move { (number, ids, engine.commit(batch).await) });
    }
    let mut expected = BTreeMap::new();
    let mut raced = BTreeMap::new();
    for (number, ids, answer) in tasks.join_all().await {
        match answer {
            Ok(committed) => {
                assert_eq!(committed.last - committed.first + 1, ids.len() as u64);
                expected.extend((committed.first..).zip(ids));
                *raced.entry((number % 3, number / 6)).or_insert(0) += 1;
            }
            Err(error) => assert_eq!(error, CommitError::Conflict, "{number}"),
        }
        assert!(number % 3 != 0 || raced.keys().all(|(kind, _)| *kind != 0));
    }
    assert!((0..50).all(|pair| raced.get(&(1, pair)) == Some(&1)), "of two that race one wins");
    let mut found = BTreeMap::new();
    let verdict = rig.store.verify(None, |recorded| assert!(found.insert(recorded.sequence, recorded.id).is_none()));
    let verdict = verdict.await.unwrap();
    assert!(matches!(verdict, Verdict::Whole { count, .. } if count == expected.len() as u64), "{verdict:?}");
    assert_eq!(found, expected);
}

async fn events_are_read_in_pages(rig: Rig) {
    for number in 0..20 {
        let batch = rig.draft().into_batch(vec![], vec![event(&number.to_string())]).unwrap();
        rig.store.commit(batch).await.unwrap();
    }
    let page = rig.store.trail(18, 10).await.unwrap();
    assert_eq!(page.iter().map(|event| event.sequence).collect::<Vec<_>>(), [18, 19, 20]);
    assert_eq!(page.first().unwrap().bytes, b"17");
    assert_eq!(rig.store.trail(5, 2).await.unwrap().len(), 2);
    assert!(rig.store.trail(21, 10).await.unwrap().is_empty());
    assert!(rig.store.trail(u64::MAX, 10).await.unwrap().is_empty());
}

async fn an_anchor_is_honoured(rig: Rig) {
    let mut links = Vec::new();
    for _ in 0..4 {
        rig.commit(vec![], vec![]).await.unwrap();
        links.push(rig.store.head().await.unwrap().unwrap().link);
    }
    for (sequence, link) in (1..).zip(&links) {
        let verdict = rig.store.verify(Some(Anchor { sequence, link: *link }), |_| ()).await.unwrap();
        assert!(matches!(verdict, Verdict::Whole { count: 4, .. }));
    }
    let beyond = Anchor { sequence: 5, link: [1; 32] };
    let cut = Verdict::Broken { sequence: 5, flaw: Flaw::Cut };
    assert_eq!(rig.store.verify(Some(beyond), |_| ()).await, Ok(cut));
    let other = Anchor { sequence: 2, link: [1; 32] };
    let differs = Verdict::Broken { sequence: 2, flaw: Flaw::AnchorDiffers };
    assert_eq!(rig.store.verify(Some(other), |_| ()).await, Ok(differs));
}

async fn another_house_finds_the_trail_broken(rig: Rig) {
    rig.commit(vec![], vec![]).await.unwrap();
    let verdict = store::verify(rig.engine.as_ref(), &barrier_of(8), None, |_| ()).await;
    assert_eq!(verdict, Ok(Verdict::Broken { sequence: 1, flaw: Flaw::Unopened }));
    assert!(rig.engine.head().await.unwrap().unwrap().is_signed(&barrier()));
    assert!(!rig.engine.head().await.unwrap().unwrap().is_signed(&barrier_of(8)));
}

async fn the_index_is_read_newest_first(rig: Rig) {
    let (ann, bob) = (rig.store.token("user", &[b"ann"]), rig.store.token("user", &[b"bob"]));
    assert_ne!(ann, bob);
    let entry = |token, time, sequence| IndexEntry { token, time: Time::from_micros(time), sequence };
    assert_eq!(rig.store.indexed_upto().await, Ok(0));
    let entries = vec![entry(ann, -9, 1), entry(ann, 10, 2), entry(bob, 10, 3), entry(ann, 10, 4), entry(ann, 30, 5)];
    rig.store.index_add(5, entries.clone()).await.unwrap();
    rig.store.index_add(4, entries).await.unwrap();
    assert_eq!(rig.store.indexed_upto().await, Ok(5), "upkeep never goes back");
    let page = async |token, from, to, after: Option<(i64, u64)>, limit| {
        let after = after.map(|(time, sequence)| (Time::from_micros(time), sequence));
        let (from, to) = (Time::from_micros(from), Time::from_micros(to));
        let found = rig.store.index_page(IndexQuery { token, from, to, after, limit }).await.unwrap();
        found.into_iter().map(|(_, sequence)| sequence).collect::<Vec<_>>()
    };
    assert_eq!(page(ann, i64::MIN, i64::MAX, None, 10).await, [5, 4, 2, 1]);
    assert_eq!(page(ann, i64::MIN, i64::MAX, None, 2).await, [5, 4]);
    assert_eq!(page(ann, i64::MIN, i64::MAX, Some((10, 4)), 2).await, [2, 1]);
    assert_eq!(page(ann, i64::MIN, i64::MAX, Some((-9, 1)), 2).await, []);
    assert_eq!(page(ann, 10, 10, None, 10).await, [4, 2]);
    assert_eq!(page(ann, 10, 20, Some((30, 5)), 10).await, [4, 2]);
    assert_eq!(page(ann, 11, 5, None, 10).await, []);
    assert_eq!(page(bob, i64::MIN, i64::MAX, None, 10).await, [3]);
}
