//! The trail: contiguous, chained in the order of the commits, and looked up by token.

use crate::rig::{Rig, absent, at, barrier, barrier_of, event, on_every_engine, put};
use cipher::sha256;
use names::Time;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Anchor, Batch, Bundle, CommitError, Event, Flaw, IndexQuery, Posting, Store, Terms, Verdict};
use tokio::task::JoinSet;

on_every_engine!(
    events_are_chained_from_the_first,
    conflicts_leave_no_gap,
    events_are_read_in_pages,
    an_anchor_is_honoured,
    another_house_finds_the_trail_broken,
    events_are_read_where_they_lie_together,
    the_index_is_read_newest_first,
    what_is_found_does_not_depend_on_the_turns,
    a_long_trail_is_indexed_turn_by_turn,
);

async fn events_are_chained_from_the_first(rig: Rig) {
    assert_eq!(rig.store.verify(None, |_| ()).await, Ok(Verdict::Whole { count: 0, root: None, head: None }));
    assert_eq!(rig.store.head().await, Ok(None));
    let events = [event("one"), event("two"), event("three")];
    let [one, two, three] = events.clone();
    let committed = rig.store.commit(rig.draft().into_batch(vec![], vec![one, two]).unwrap()).await.unwrap();
    assert_eq!((committed.first, committed.last), (1, 2));
    let committed = rig.store.commit(rig.draft().into_batch(vec![], vec![three]).unwrap()).await.unwrap();
    assert_eq!((committed.first, committed.last), (3, 3));
    let page = rig.engine.trail(1, 10).await.unwrap();
    assert_eq!(page.bundles.iter().map(|bundle| bundle.sequence).collect::<Vec<_>>(), [2, 3]);
    let (mut link, kept) = ([0; 32], page.bundles.iter().flat_map(as_documented));
    for (sequence, (id, found, part)) in (1_u64..).zip(kept) {
        link = sha256(&[&link[..], &sequence.to_be_bytes(), &id, &part].concat());
        assert_eq!(found, link, "{sequence}");
    }
    let head = rig.store.head().await.unwrap().unwrap();
    assert_eq!((head.sequence, head.link), (3, link));
    let mut seen = Vec::new();
    let verdict = rig.store.verify(None, |recorded| seen.push((recorded.id, recorded.bytes.clone()))).await;
    assert_eq!(verdict, Ok(Verdict::Whole { count: 3, root: None, head: Some(head) }));
    assert_eq!(seen, events.map(|event| (event.id, event.bytes)));
}

/// Id, link and part of each event, read as the documentation of [`Bundle`] says: the first part has the 29 bytes of the seal's header.
fn as_documented(bundle: &Bundle) -> Vec<(Vec<u8>, Vec<u8>, Vec<u8>)> {
    let (marks, mut start) = (bundle.marks.chunks(52), 0);
    let count = marks.len();
    let read = marks.enumerate().map(|(place, mark)| {
        let (id, rest) = mark.split_at(16);
        let (link, end) = rest.split_at(32);
        let end = 29 + u32::from_be_bytes(end.try_into().unwrap()) as usize;
        let end = if place + 1 == count { end + 16 } else { end };
        let part = bundle.sealed.get(start..end).unwrap();
        start = end;
        (id.to_vec(), link.to_vec(), part.to_vec())
    });
    let read = read.collect();
    assert_eq!(start, bundle.sealed.len());
    read
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
        let events = (0..=number % 2).map(|part| event(&format!("{number} {part}"))).collect::<Vec<_>>();
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

async fn events_are_read_where_they_lie_together(rig: Rig) {
    let ten: Vec<_> = (0..10).map(|number| event(&number.to_string())).collect();
    rig.store.commit(rig.draft().into_batch(vec![], ten).unwrap()).await.unwrap();
    rig.commit(vec![], vec![]).await.unwrap();
    let page = rig.store.trail(4, 3).await.unwrap();
    assert_eq!(page.iter().map(|event| event.sequence).collect::<Vec<_>>(), [4, 5, 6]);
    assert_eq!(page.first().unwrap().bytes, b"3");
    assert_eq!(rig.store.trail(9, 10).await.unwrap().len(), 3);
    let around = async |sequence| rig.store.trail_around(sequence).await.unwrap().len();
    assert_eq!((around(1).await, around(10).await, around(11).await, around(12).await), (10, 10, 1, 0));
    let link = as_documented(rig.engine.trail(1, 1).await.unwrap().bundles.first().unwrap()).swap_remove(6).1;
    let anchor = Anchor { sequence: 7, link: link.try_into().unwrap() };
    assert!(rig.store.holds(anchor).await.unwrap(), "within a bundle too");
    assert!(matches!(rig.store.verify(Some(anchor), |_| ()).await, Ok(Verdict::Whole { count: 11, .. })));
    for other in
        [Anchor { sequence: 8, ..anchor }, Anchor { sequence: 12, ..anchor }, Anchor { link: [0; 32], ..anchor }]
    {
        assert!(!rig.store.holds(other).await.unwrap());
    }
}

async fn the_index_is_read_newest_first(rig: Rig) {
    let (ann, bob) = (rig.store.token("1", "r", 2, "ann"), rig.store.token("1", "r", 2, "bob"));
    assert_ne!(ann, bob);
    let posting = |token, places: &[(i64, u64)]| {
        let places: Vec<_> = places.iter().map(|(time, sequence)| (Time::from_micros(*time), *sequence)).collect();
        Posting::of(token, &places).unwrap()
    };
    assert_eq!(rig.store.indexed_upto().await, Ok(0));
    let postings = vec![posting(ann, &[(-9, 1)]), posting(ann, &[(10, 2), (10, 4), (30, 5)]), posting(bob, &[(10, 3)])];
    rig.engine.index_add(0, 5, postings.clone()).await.unwrap();
    rig.engine.index_add(0, 5, postings).await.unwrap();
    rig.engine.index_add(2, 9, vec![posting(ann, &[(40, 9)])]).await.unwrap();
    assert_eq!(rig.store.indexed_upto().await, Ok(5), "upkeep never goes back, and leaves nothing out");
    // Events of one time may come in several turns, and later events have earlier times.
    rig.engine.index_add(5, 7, vec![posting(ann, &[(20, 6), (5, 7)])]).await.unwrap();
    let page = async |token, from, to, after: Option<(i64, u64)>, limit| {
        let after = after.map(|(time, sequence)| (Time::from_micros(time), sequence));
        let (from, to) = (Time::from_micros(from), Time::from_micros(to));
        let found = rig.store.index_page(IndexQuery { token, from, to, after, limit }).await.unwrap();
        found.into_iter().map(|(_, sequence)| sequence).collect::<Vec<_>>()
    };
    assert_eq!(page(ann, i64::MIN, i64::MAX, None, 10).await, [5, 6, 4, 2, 7, 1]);
    assert_eq!(page(ann, i64::MIN, i64::MAX, None, 2).await, [5, 6]);
    assert_eq!(page(ann, i64::MIN, i64::MAX, Some((20, 6)), 2).await, [4, 2]);
    assert_eq!(page(ann, i64::MIN, i64::MAX, Some((5, 7)), 2).await, [1]);
    assert_eq!(page(ann, i64::MIN, i64::MAX, Some((-9, 1)), 2).await, []);
    assert_eq!(page(ann, 10, 10, None, 10).await, [4, 2]);
    assert_eq!(page(ann, 10, 20, Some((30, 5)), 10).await, [6, 4, 2]);
    assert_eq!(page(ann, 11, 5, None, 10).await, []);
    assert_eq!(page(bob, i64::MIN, i64::MAX, None, 10).await, [3]);
}

/// Seven minutes of calls by two callers; what is found must not depend on which turns took them in, and from where.
async fn what_is_found_does_not_depend_on_the_turns(rig: Rig) {
    let told = |number: u64| {
        // Now and then a call takes so long that younger ones overtake it.
        let late = if number.is_multiple_of(7) { 30 } else { 0 };
        Time::from_seconds(1_000_000 + i64::try_from(number).unwrap() - late)
    };
    let terms = |number: u64| {
        let mut terms = Terms::new(told(number), "1", "r");
        terms.add(1, "");
        terms.add(2, if number.is_multiple_of(3) { "bob" } else { "ann" });
        terms
    };
    let read = |recorded: &store::Recorded| terms(std::str::from_utf8(&recorded.bytes).unwrap().parse().unwrap());
    // The second store knows of the first one's events by the trail alone.
    let stores = [Arc::clone(&rig.store), rig.cold()];
    for number in 1..=420_u64 {
        let which: &Arc<Store> = stores.get(usize::from(number % 100 > 50)).unwrap();
        let event = Event { terms: terms(number), ..event(&number.to_string()) };
        which.commit(store::Draft::new(Arc::clone(which)).into_batch(vec![], vec![event]).unwrap()).await.unwrap();
        if number % 45 == 0 {
            stores.get(usize::from(number % 2 == 0)).unwrap().index(read).await.unwrap();
        }
    }
    for store in &stores {
        while store.index(read).await.unwrap() {}
    }
    assert_eq!(rig.store.indexed_upto().await, Ok(420));
    let mut expected: Vec<_> =
        (1..=420_u64).filter(|number| number.is_multiple_of(3)).map(|one| (told(one), one)).collect();
    expected.sort_unstable_by(|one, other| other.cmp(one));
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let token = rig.store.token("1", "r", 2, "bob");
        let (from, to) = (Time::from_micros(i64::MIN), Time::from_micros(i64::MAX));
        let page = rig.store.index_page(IndexQuery { token, from, to, after, limit: 9 }).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(*last);
        found.extend(page);
    }
    assert_eq!(found, expected);
}

/// A store that knows of the events by the trail alone reads so many of them a turn, and says that more are waiting.
async fn a_long_trail_is_indexed_turn_by_turn(rig: Rig) {
    let events = |first: u64, last: u64| (first..=last).map(|number| event(&number.to_string())).collect::<Vec<_>>();
    for (first, last) in [(1, 400), (401, 800), (801, 1_001)] {
        rig.store.commit(rig.draft().into_batch(vec![], events(first, last)).unwrap()).await.unwrap();
    }
    let (cold, mut turns) = (rig.cold(), vec![]);
    let read = |recorded: &store::Recorded| {
        Terms::new(Time::from_seconds(i64::try_from(recorded.sequence).unwrap()), "1", "r")
    };
    loop {
        let more = cold.index(read).await.unwrap();
        turns.push(cold.indexed_upto().await.unwrap());
        if !more {
            break;
        }
    }
    assert_eq!(turns, [500, 1_000, 1_001]);
}
