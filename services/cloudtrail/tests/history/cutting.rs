//! What may be cut off a trail, and what is kept of it.

use crate::rig::{boot, decrypt, encrypt, index, key};
use house::House;
use kernel::{Ages, Breakage, Event, NoCut, Testimony, plan_cut};
use names::{Clock, Time};
use std::sync::Arc;
use std::time::Duration;
use store::{Draft, Root, Terms};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A house with calls of three days, each of which changes something that an earlier one made.
async fn three_days() -> (Arc<House>, [Time; 4]) {
    let house = boot().await;
    let root = house.root().await;
    let (mut days, mut keys) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        days.push(house.clock().wall());
        keys.push(key(&root).await);
        let blob = encrypt(&root, &keys[0]).await;
        assert_eq!(decrypt(&root, &keys[0], blob).await, "");
        let input = shapes_kms::DisableKeyInput { key_id: names::KeyRef::parse(&keys[keys.len() / 2]) };
        assert_eq!(root.call::<shapes_kms::DisableKey>(input).await.code(), "");
        let input = shapes_kms::EnableKeyInput { key_id: names::KeyRef::parse(&keys[keys.len() / 2]) };
        assert_eq!(root.call::<shapes_kms::EnableKey>(input).await.code(), "");
        house.clock().pass(DAY);
    }
    days.push(house.clock().wall());
    (house, days.try_into().unwrap())
}

/// Those that the harness has made, too.
async fn all(house: &House) -> Vec<(u64, Event)> {
    let page = house.store().trail(1, 10_000).await.unwrap();
    page.iter().map(|one| (one.sequence, Event::decode(&one.bytes).unwrap())).collect()
}

async fn cut(house: &House, before: Time, overdue: Time, upto: u64) -> Option<u64> {
    plan_cut(house.store(), Ages { before, overdue }, upto).await.unwrap().map(|cut| cut.anchor.sequence)
}

#[tokio::test]
async fn what_is_old_enough_and_indexed_and_marked_is_cut() {
    let (house, [first, second, third, end]) = three_days().await;
    assert_eq!(cut(&house, end, end, u64::MAX).await, None, "nothing is in the index");
    index(&house).await;
    assert_eq!(cut(&house, first, first, u64::MAX).await, None);
    let of_first = all(&house).await.iter().filter(|(_, event)| event.time() < second).count() as u64;
    assert_eq!(cut(&house, second, second, u64::MAX).await, Some(of_first));
    assert_eq!(cut(&house, second, first, u64::MAX).await, None, "nothing is overdue");
    assert_eq!(
        cut(&house, second, second, of_first - 1).await,
        Some(of_first - 1),
        "no further than the head kept apart"
    );
    assert_eq!(cut(&house, second, second, 0).await, None);
    let of_both = all(&house).await.iter().filter(|(_, event)| event.time() < third).count() as u64;
    assert!(of_both > of_first && of_first > 1);
    assert_eq!(cut(&house, third, second, u64::MAX).await, Some(of_both), "more than is overdue, if anything is");
}

#[tokio::test]
async fn of_what_was_cut_nothing_is_read_before_something_may_go() {
    let (house, [_, second, third, _]) = three_days().await;
    index(&house).await;
    let ages = |before| Ages { before, overdue: before };
    let planned = plan_cut(house.store(), ages(second), u64::MAX).await.unwrap().unwrap();
    // What is told of it is nowhere, so that whoever reads it breaks.
    house.store().cut(planned.anchor, planned.anchor.sequence + 1, &planned.terms).await.unwrap();
    assert!(plan_cut(house.store(), ages(third), planned.anchor.sequence).await.unwrap().is_none());
    let broken = plan_cut(house.store(), ages(third), u64::MAX).await.err();
    assert!(matches!(broken, Some(NoCut::Broken(Breakage::Unreadable))), "{broken:?}");
    // Its trail does not stand up to the look that each house takes at its end.
    std::mem::forget(house);
}

#[tokio::test]
async fn a_trail_that_does_not_hold_together_is_not_cut() {
    let (house, [.., end]) = three_days().await;
    let page = house.store().trail(1, 10_000).await.unwrap();
    let used = page.into_iter().find(|one| !Event::decode(&one.bytes).unwrap().uses.is_empty()).unwrap();
    let again = store::Event { id: [7; 16], bytes: used.bytes, terms: Terms::none() };
    let batch = Draft::new(Arc::clone(house.store())).into_batch(Vec::new(), vec![again]).unwrap();
    house.store().commit(batch).await.unwrap();
    index(&house).await;
    let flawed = plan_cut(house.store(), Ages { before: end, overdue: end }, u64::MAX).await.err();
    assert!(matches!(flawed, Some(NoCut::Flawed(_))), "{flawed:?}");
    std::mem::forget(house);
}

/// The later events and what is told of the earlier ones say the same of rows and uses as all events.
#[tokio::test]
async fn what_is_kept_of_what_is_cut_says_as_much() {
    let (house, [_, second, third, end]) = three_days().await;
    index(&house).await;
    let all = all(&house).await;
    let mut whole = Testimony::default();
    all.iter().for_each(|(_, event)| whole.hear(event));
    for before in [second, third, end] {
        let planned = plan_cut(house.store(), Ages { before, overdue: before }, u64::MAX).await.unwrap().unwrap();
        let anchor = planned.anchor;
        assert_eq!(planned.terms.len() as u64, anchor.sequence);
        let root = Root { sequence: anchor.sequence, link: anchor.link, told: 0, mac: [0; 32] };
        let mut rest = Testimony::default().behind(Some(root));
        for (_, event) in all.iter().filter(|(place, _)| *place > anchor.sequence) {
            rest.hear(event);
        }
        for part in planned.settled {
            rest.hear(&Event { settled: Some(part), ..Event::default() });
        }
        assert_eq!(rest.settle(), Ok(()));
        assert_eq!(rest.uses(), whole.uses());
        assert_eq!(rest.settled(0, [0; 32]), whole.settled(0, [0; 32]), "each word on each row");
    }
    assert!(whole.words() == 3);
}
