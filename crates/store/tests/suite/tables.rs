//! Typed tables and drafts: own writes are seen, formats migrate.

use crate::rig::{Rig, THINGS, Thing, ThingKey, Toy, at, event, key, on_every_engine, thing};
use minicbor::{Decode, Encode};
use names::AccountId;
use std::sync::Arc;
use store::{Broken, Check, CommitError, NoPrevious, Record, Span, Table, Wrote};

on_every_engine!(
    a_draft_sees_its_own_writes,
    a_draft_scans_over_the_store,
    pages_meet_in_both_directions,
    what_was_read_is_checked,
    a_reset_draft_has_neither_writes_nor_checks,
    an_old_format_is_read_and_rewritten,
    a_newer_format_is_refused,
    the_event_can_name_what_was_written,
);

async fn a_draft_sees_its_own_writes(rig: Rig) {
    rig.put("old", 1).await;
    let mut draft = rig.draft();
    let revision = draft.put(&THINGS, &key("new"), thing(2)).await.unwrap();
    draft.put(&THINGS, &key("old"), thing(3)).await.unwrap();
    let held = draft.get(&THINGS, &key("new")).await.unwrap().unwrap();
    assert_eq!((held.revision, held.value.count), (revision, 2));
    assert_eq!(rig.store.get(&THINGS, &key("old")).await.unwrap().unwrap().value.count, 1, "others do not see it yet");
    assert!(draft.delete(&THINGS, &key("old")).await.unwrap());
    assert!(draft.get(&THINGS, &key("old")).await.unwrap().is_none());
    assert!(!draft.delete(&THINGS, &key("old")).await.unwrap());
    draft.put(&THINGS, &key("old"), thing(4)).await.unwrap();
    rig.finish(draft).await.unwrap();
    for store in [&rig.store, &rig.cold()] {
        assert_eq!(store.get(&THINGS, &key("old")).await.unwrap().unwrap().value.count, 4);
        assert_eq!(store.get(&THINGS, &key("new")).await.unwrap().unwrap().revision, revision);
    }
}

async fn a_draft_scans_over_the_store(rig: Rig) {
    for (name, count) in [("b", 1), ("d", 2), ("f", 3), ("h", 4)] {
        rig.put(name, count).await;
    }
    let mut draft = rig.draft();
    draft.put(&THINGS, &key("a"), thing(10)).await.unwrap();
    draft.put(&THINGS, &key("e"), thing(11)).await.unwrap();
    draft.put(&THINGS, &key("h"), thing(12)).await.unwrap();
    draft.put(&THINGS, &key("z"), thing(13)).await.unwrap();
    draft.delete(&THINGS, &key("d")).await.unwrap();
    let expected = ["a", "b", "e", "f", "h", "z"];
    for backward in [false, true] {
        for limit in 1..8 {
            let mut names = Vec::new();
            let mut span = Span::under(&key("").0);
            if backward {
                span = span.backward();
            }
            loop {
                let page = draft.scan(&THINGS, &span, limit).await.unwrap();
                assert!(page.rows.len() <= limit);
                names.extend(page.rows.into_iter().map(|((_, name), _)| name));
                let Some(next) = page.next else { break };
                span = span.after(&next);
            }
            if backward {
                names.reverse();
            }
            assert_eq!(names, expected, "limit {limit}, backward {backward}");
        }
    }
}

async fn pages_meet_in_both_directions(rig: Rig) {
    for number in 0..25_u64 {
        rig.put(&format!("{number:02}"), number).await;
    }
    let other = (AccountId::parse("111122223334").unwrap(), "00".to_owned());
    let mut draft = rig.draft();
    draft.put(&THINGS, &other, thing(99)).await.unwrap();
    rig.finish(draft).await.unwrap();
    for store in [&rig.store, &rig.cold()] {
        let mut span = Span::under(&key("").0);
        let mut counts = Vec::new();
        loop {
            let page = store.scan(&THINGS, &span, 10).await.unwrap();
            counts.extend(page.rows.iter().map(|(_, held)| held.value.count));
            let Some(next) = page.next else { break };
            span = span.after(&next);
        }
        assert_eq!(counts, (0..25).collect::<Vec<_>>());
    }
    let few = Span::under(&key("").0).from(&key("05")).before(&key("08")).backward();
    let page = rig.store.scan(&THINGS, &few, 10).await.unwrap();
    assert_eq!(page.rows.iter().map(|(_, held)| held.value.count).collect::<Vec<_>>(), [7, 6, 5]);
    assert!(page.next.is_none());
}

async fn what_was_read_is_checked(rig: Rig) {
    rig.put("read", 1).await;
    rig.put("page-1", 1).await;
    rig.put("page-2", 1).await;
    // Through the draft: a point, an absence, a truncated page.
    for change in ["read", "missing", "page-1"] {
        let mut draft = rig.draft();
        draft.get(&THINGS, &key("read")).await.unwrap();
        draft.get(&THINGS, &key("missing")).await.unwrap();
        let page = draft.scan(&THINGS, &Span::starting(&key("").0, "page"), 1).await.unwrap();
        assert!(page.next.is_some());
        rig.put(change, 2).await;
        assert_eq!(rig.finish(draft).await, Err(CommitError::Conflict), "{change}");
        let mut undo = rig.draft();
        undo.delete(&THINGS, &key("missing")).await.unwrap();
        rig.finish(undo).await.unwrap();
    }
    // What lies beyond the page was not read, so it is free to change.
    let mut draft = rig.draft();
    draft.scan(&THINGS, &Span::starting(&key("").0, "page"), 1).await.unwrap();
    rig.put("page-2", 3).await;
    rig.finish(draft).await.unwrap();
    // Past the draft, with checks made by hand.
    let held = rig.store.get(&THINGS, &key("read")).await.unwrap();
    let check = THINGS.check(&key("read"), held.as_ref());
    let none: Check = THINGS.check(&key("missing"), None);
    let batch = |checks| rig.draft().into_batch(checks, vec![event("by hand")]).unwrap();
    rig.store.commit(batch(vec![check.clone(), none.clone()])).await.unwrap();
    rig.put("read", 9).await;
    assert_eq!(rig.store.commit(batch(vec![check])).await, Err(CommitError::Conflict));
    rig.put("missing", 9).await;
    assert_eq!(rig.store.commit(batch(vec![none])).await, Err(CommitError::Conflict));
}

async fn a_reset_draft_has_neither_writes_nor_checks(rig: Rig) {
    let mut draft = rig.draft();
    draft.put(&THINGS, &key("dropped"), thing(1)).await.unwrap();
    draft.scan(&THINGS, &Span::all(), 10).await.unwrap();
    assert!(draft.has_writes());
    draft.reset();
    assert!(!draft.has_writes());
    rig.put("dropped", 2).await;
    rig.finish(draft).await.unwrap();
    assert_eq!(rig.store.get(&THINGS, &key("dropped")).await.unwrap().unwrap().value.count, 2);
}

async fn the_event_can_name_what_was_written(rig: Rig) {
    rig.put("gone", 1).await;
    let mut draft = rig.draft();
    let revision = draft.put(&THINGS, &key("new"), thing(1)).await.unwrap();
    draft.delete(&THINGS, &key("gone")).await.unwrap();
    let wrote = draft.wrote();
    let of = |name: &str, revision| Wrote { space: "toy/things", key: store::TableKey::to_bytes(&key(name)), revision };
    assert_eq!(wrote, [of("gone", None), of("new", Some(revision))]);
    rig.finish(draft).await.unwrap();
    assert_eq!(rig.cold().get(&THINGS, &key("new")).await.unwrap().unwrap().revision, revision);
}

/// What a thing became: two formats later, read from the same table.
#[derive(Encode, Decode, PartialEq, Eq, Debug)]
struct NamedThing {
    #[n(0)]
    count: u64,
    #[n(1)]
    name: String,
}

#[derive(Encode, Decode, PartialEq, Eq, Debug)]
struct SignedThing {
    #[n(0)]
    count: i64,
    #[n(1)]
    name: String,
}

impl Record for NamedThing {
    const FORMAT: u16 = 2;
    type Previous = Thing;

    fn from_previous(previous: Thing) -> Self {
        Self { count: previous.count, name: "unnamed".to_owned() }
    }
}

impl Record for SignedThing {
    const FORMAT: u16 = 5;
    type Previous = NamedThing;

    fn from_previous(previous: NamedThing) -> Self {
        Self { count: -i64::try_from(previous.count).unwrap(), name: previous.name }
    }
}

static NAMED: Table<Toy, ThingKey, NamedThing> = Table::new("toy/things");
static SIGNED: Table<Toy, ThingKey, SignedThing> = Table::new("toy/things");

/// No format but its own: what came before was given up.
#[derive(Encode, Decode)]
struct Orphan {}

impl Record for Orphan {
    const FORMAT: u16 = 9;
    type Previous = NoPrevious;

    fn from_previous(previous: NoPrevious) -> Self {
        match previous {}
    }
}

static ORPHANS: Table<Toy, ThingKey, Orphan> = Table::new("toy/things");

async fn an_old_format_is_read_and_rewritten(rig: Rig) {
    rig.put("thing", 7).await;
    let store = rig.cold();
    let held = store.get(&SIGNED, &key("thing")).await.unwrap().unwrap();
    assert_eq!(*held.value, SignedThing { count: -7, name: "unnamed".to_owned() });
    let format = async || {
        let key = store::TableKey::to_bytes(&key("thing"));
        rig.engine.row("toy/things", &key).await.unwrap().unwrap().format
    };
    assert_eq!(format().await, 1);
    let mut draft = store::Draft::new(Arc::clone(&store));
    draft.put(&SIGNED, &key("thing"), held.value).await.unwrap();
    store.commit(draft.into_batch(vec![], vec![event("rewritten")]).unwrap()).await.unwrap();
    assert_eq!(format().await, 5);
    assert_eq!(rig.cold().get(&SIGNED, &key("thing")).await.unwrap().unwrap().value.count, -7);
    let lost = rig.cold().get(&ORPHANS, &key("thing")).await.err().unwrap();
    assert!(matches!(lost, Broken::Unreadable { space: "toy/things", format: 5, .. }), "{lost:?}");
}

async fn a_newer_format_is_refused(rig: Rig) {
    let mut draft = rig.draft();
    draft.put(&SIGNED, &key("thing"), Arc::new(SignedThing { count: 1, name: String::new() })).await.unwrap();
    rig.finish(draft).await.unwrap();
    let newer = Some(Broken::NewerFormat { space: "toy/things", format: 5 });
    assert_eq!(rig.cold().get(&NAMED, &key("thing")).await.err(), newer);
    assert_eq!(rig.cold().get(&THINGS, &key("thing")).await.err(), newer);
    assert_eq!(rig.cold().scan(&THINGS, &Span::all(), 10).await.err(), newer);
    assert_eq!(rig.commit(vec![at(b"none", 1)], vec![]).await, Err(CommitError::Conflict), "the store goes on");
}
