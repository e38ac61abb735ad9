//! Cutting off the beginning of the trail: what is left, what is found, and what somebody with the disk cannot make of it.

use crate::rig::{Rig, barrier, barrier_of, event, on_every_engine};
use names::Time;
use rusqlite::Connection;
use store::{Anchor, Broken, Event, Flaw, IndexQuery, Root, Terms, TrailReader, Verdict, verify};

on_every_engine!(
    a_cut_trail_is_whole_from_its_root_on,
    what_was_cut_is_not_found_and_the_rest_is,
    a_cut_is_made_where_a_bundle_ends_and_behind_it_is_told,
    a_trail_that_is_cut_while_it_is_read_is_read_again,
);

/// The event of a second.
fn of(number: u64) -> Event {
    Event { terms: terms(number), ..event(&number.to_string()) }
}

fn terms(number: u64) -> Terms {
    let mut terms = Terms::new(Time::from_seconds(number.cast_signed()), "1", "r");
    terms.add(1, if number.is_multiple_of(2) { "even" } else { "odd" });
    terms
}

/// Twenty events, two of which are sealed as one each time, and all of them in the index.
async fn twenty(rig: &Rig) {
    for pair in 0..10 {
        let events = vec![of(2 * pair + 1), of(2 * pair + 2)];
        rig.store.commit(rig.draft().into_batch(vec![], events).unwrap()).await.unwrap();
    }
    while rig.store.index(|_| Terms::none()).await.unwrap() {}
    assert_eq!(rig.store.indexed_upto().await, Ok(20));
}

/// The anchor of an event with which a bundle ends.
async fn anchor(rig: &Rig, sequence: u64) -> Anchor {
    let mut at = Anchor { sequence: 0, link: [0; 32] };
    while at.sequence < sequence {
        at = rig.store.trail_behind(at).await.unwrap().unwrap().1;
    }
    at
}

async fn cut(rig: &Rig, upto: u64) -> Anchor {
    let (anchor, gone) = (anchor(rig, upto).await, (1..=upto).map(terms).collect::<Vec<_>>());
    rig.store.cut(anchor, upto + 1, &gone).await.unwrap();
    anchor
}

async fn a_cut_trail_is_whole_from_its_root_on(rig: Rig) {
    twenty(&rig).await;
    let [first, last, behind] = [anchor(&rig, 2).await, anchor(&rig, 6).await, anchor(&rig, 8).await];
    cut(&rig, 6).await;
    let mut seen = Vec::new();
    let verdict = rig.store.verify(None, |recorded| seen.push(recorded.sequence)).await.unwrap();
    let Verdict::Whole { count: 14, root: Some(root), head: Some(head) } = verdict else { panic!("{verdict:?}") };
    assert_eq!((root.sequence, root.link, root.told, head.sequence), (6, last.link, 7, 20));
    assert_eq!(seen, (7..=20).collect::<Vec<_>>());
    assert!(root.is_signed(&barrier()) && !root.is_signed(&barrier_of(8)));
    assert_eq!(rig.store.root().await, Ok(Some(root)));
    // An anchor that was cut says nothing; the last of them, and those behind, do.
    for anchor in [first, last, behind] {
        let verdict = rig.store.verify(Some(anchor), |_| ()).await.unwrap();
        assert!(matches!(verdict, Verdict::Whole { count: 14, .. }), "{verdict:?}");
    }
    for anchor in [last, behind] {
        assert!(rig.store.holds(anchor).await.unwrap());
        let other = Anchor { link: [1; 32], ..anchor };
        assert!(!rig.store.holds(other).await.unwrap());
        let differs = Verdict::Broken { sequence: anchor.sequence, flaw: Flaw::AnchorDiffers };
        assert_eq!(rig.store.verify(Some(other), |_| ()).await, Ok(differs));
    }
    assert!(!rig.store.holds(first).await.unwrap());
    let page = rig.store.trail(1, 2).await.unwrap();
    assert_eq!(page.iter().map(|event| event.sequence).collect::<Vec<_>>(), [7, 8]);
    // It grows on, and is cut again.
    rig.commit(vec![], vec![]).await.unwrap();
    rig.store.cut(self::behind(&rig, last, 12).await, 13, &(7..=12).map(terms).collect::<Vec<_>>()).await.unwrap();
    let verdict = rig.store.verify(None, |_| ()).await.unwrap();
    assert!(matches!(verdict, Verdict::Whole { count: 9, root: Some(Root { sequence: 12, .. }), .. }), "{verdict:?}");
}

async fn behind(rig: &Rig, mut at: Anchor, sequence: u64) -> Anchor {
    while at.sequence < sequence {
        at = rig.store.trail_behind(at).await.unwrap().unwrap().1;
    }
    at
}

async fn found(rig: &Rig, value: &str) -> Vec<u64> {
    let token = rig.store.token("1", "r", 1, value);
    let (from, to) = (Time::from_micros(0), Time::from_seconds(1_000));
    let page = rig.store.index_page(IndexQuery { token, from, to, after: None, limit: 100 }).await.unwrap();
    page.into_iter().map(|(_, sequence)| sequence).collect()
}

/// Six seconds are no whole periods of the index: some postings have both, what was cut and what was not.
async fn what_was_cut_is_not_found_and_the_rest_is(rig: Rig) {
    twenty(&rig).await;
    assert_eq!(found(&rig, "odd").await, [19, 17, 15, 13, 11, 9, 7, 5, 3, 1]);
    cut(&rig, 6).await;
    assert_eq!(found(&rig, "odd").await, [19, 17, 15, 13, 11, 9, 7]);
    assert_eq!(found(&rig, "even").await, [20, 18, 16, 14, 12, 10, 8]);
    let (from, to) = (Time::from_micros(0), Time::from_seconds(1_000));
    let (token, after) = (rig.store.token("1", "r", 1, "odd"), Some((Time::from_seconds(5), 5)));
    let beyond = rig.store.index_page(IndexQuery { token, from, to, after, limit: 100 }).await.unwrap();
    assert_eq!(beyond, [], "a page that went on among what was cut ends there");
}

async fn a_cut_is_made_where_a_bundle_ends_and_behind_it_is_told(rig: Rig) {
    twenty(&rig).await;
    let six = anchor(&rig, 6).await;
    let uncuttable = |sequence| Err(Broken::Uncuttable(sequence));
    for (anchor, told) in [
        (Anchor { sequence: 5, ..six }, 20),
        (Anchor { link: [0; 32], ..six }, 20),
        (six, 6),
        (six, 3),
        (six, 21),
        (anchor(&rig, 20).await, 21),
        (Anchor { sequence: 0, link: [0; 32] }, 20),
    ] {
        assert_eq!(rig.store.cut(anchor, told, &[]).await, uncuttable(anchor.sequence), "{anchor:?} {told}");
    }
    cut(&rig, 6).await;
    assert_eq!(rig.store.cut(six, 20, &[]).await, uncuttable(6), "once is enough");
    let verdict = rig.store.verify(None, |_| ()).await.unwrap();
    assert!(matches!(verdict, Verdict::Whole { count: 14, .. }), "{verdict:?}");
}

/// Many more events than a page of the verification has.
async fn a_trail_that_is_cut_while_it_is_read_is_read_again(rig: Rig) {
    for _ in 0..30 {
        let events = (0..50).map(of).collect();
        rig.store.commit(rig.draft().into_batch(vec![], events).unwrap()).await.unwrap();
    }
    let anchor = anchor(&rig, 1_200).await;
    let (store, mut calls) = (std::sync::Arc::clone(&rig.store), 0);
    let verdict = rig.store.verify(None, |_| {
        calls += 1;
        if calls == 1 {
            let store = std::sync::Arc::clone(&store);
            let cut = async move { store.cut(anchor, 1_201, &[]).await.unwrap() };
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(cut));
        }
    });
    assert_eq!(verdict.await, Ok(Verdict::Overtaken));
    let verdict = rig.store.verify(None, |_| ()).await.unwrap();
    assert!(matches!(verdict, Verdict::Whole { count: 300, .. }), "{verdict:?}");
}

/// Twenty events of which six were cut, and the file of it; then `meddle`, then a verification from outside.
async fn verdict_after(meddle: impl FnOnce(&Connection, &[u8])) -> Verdict {
    let rig = Rig::sqlite();
    twenty(&rig).await;
    cut(&rig, 4).await;
    let root = |connection: &Connection| {
        connection
            .query_row("SELECT bytes FROM meta WHERE name = 'trail/cut'", [], |row| row.get::<_, Vec<u8>>(0))
            .unwrap()
    };
    let older = root(&rig.directory.meddle());
    let four = rig.store.root().await.unwrap().unwrap();
    let four = Anchor { sequence: four.sequence, link: four.link };
    rig.store.cut(behind(&rig, four, 6).await, 7, &[]).await.unwrap();
    let rig = rig.reopened();
    let Rig { store, engine, directory } = rig;
    drop((store, engine));
    meddle(&directory.meddle(), &older);
    verify(&TrailReader::open(&directory.0).unwrap(), &barrier(), None, |_| ()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_root_that_is_not_the_houses_last_is_found() {
    let verdict = verdict_after(|_, _| ()).await;
    assert!(matches!(verdict, Verdict::Whole { count: 14, .. }), "{verdict:?}");
    let broken = |sequence, flaw| Verdict::Broken { sequence, flaw };
    let put = "UPDATE meta SET bytes = ?1 WHERE name = 'trail/cut'";
    let missing = verdict_after(|connection, _| {
        assert_eq!(connection.execute("DELETE FROM meta WHERE name = 'trail/cut'", []), Ok(1));
    });
    assert_eq!(missing.await, broken(1, Flaw::Missing));
    let older = verdict_after(|connection, older| assert_eq!(connection.execute(put, [older]), Ok(1)));
    assert_eq!(older.await, broken(5, Flaw::Missing));
    // Sequence, link, the place where it is told, MAC: none can be made up, so no later root can.
    for place in [7, 8, 39, 47, 48, 79] {
        let forged = verdict_after(|connection, _| {
            let read = "SELECT bytes FROM meta WHERE name = 'trail/cut'";
            let mut bytes: Vec<u8> = connection.query_row(read, [], |row| row.get(0)).unwrap();
            *bytes.get_mut(place).unwrap() ^= 8;
            assert_eq!(connection.execute(put, [bytes]), Ok(1));
        });
        let verdict = forged.await;
        assert!(matches!(verdict, Verdict::Broken { flaw: Flaw::RootUnsigned, .. }), "{place}: {verdict:?}");
    }
    let more = verdict_after(|connection, _| {
        assert_eq!(connection.execute("DELETE FROM trail WHERE sequence = 8", []), Ok(1));
    });
    assert_eq!(more.await, broken(7, Flaw::Missing), "more is gone than was cut");
}
