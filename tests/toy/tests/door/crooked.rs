//! What the types let a careless operation write, and the gate catches: nothing is half done, and each try is on the trail.

use crate::rig::{allow, make, told};
use crate::tricks::{self, PAGES};
use house::{Actor, House};
use shape::{Empty, OperationShape};
use std::sync::Arc;
use store::Span;

async fn scene() -> (Arc<House>, Actor) {
    let house = House::boot([&toy::SERVICE, &tricks::SERVICE]).await;
    let root = house.root().await;
    (house, root)
}

async fn pages(house: &House) -> Vec<u32> {
    house.store().scan(&PAGES, &Span::all(), 1_000).await.unwrap().rows.into_iter().map(|(page, _)| page).collect()
}

/// Calls the trick, which must end as our own fault, with nothing written and these events.
async fn breaks<S: OperationShape<Input = Empty>>(events: &[(&str, &str)]) {
    let (house, root) = scene().await;
    make(&root, "one", "first").await;
    make(&root, "two", "second").await;
    let before = house.events().await.len();
    let broken = root.call::<S>(Empty).await;
    assert_eq!((broken.code().as_str(), broken.failure().status), ("InternalFailure", 500), "{}", S::NAME);
    let all = house.events().await;
    assert_eq!(told(&all, before), events, "{}", S::NAME);
    assert_eq!(pages(&house).await, [] as [u32; 0], "{}", S::NAME);
    assert!(all.iter().skip(before).all(|event| event.wrote.is_empty()), "{}", S::NAME);
}

#[tokio::test]
async fn a_part_that_no_demand_names_is_judged_by_nobody_and_touched_by_nobody() {
    breaks::<tricks::JudgesHalf>(&[("JudgesHalf", "InternalFailure")]).await;
}

#[tokio::test]
async fn a_batch_has_no_target_writes_nothing_and_does_its_own_items_alone() {
    breaks::<tricks::BatchOfOne>(&[("BatchOfOne", "InternalFailure")]).await;
    breaks::<tricks::WritingBatch>(&[("WritingBatch", "InternalFailure")]).await;
    breaks::<tricks::ForeignBatch>(&[("ForeignBatch", "InternalFailure")]).await;
    breaks::<tricks::CallingBatch>(&[("CallingBatch", "InternalFailure")]).await;
}

#[tokio::test]
async fn who_fails_has_written_nothing() {
    breaks::<tricks::HalfWriter>(&[("HalfWriter", "InternalFailure")]).await;
    breaks::<tricks::BreakingWriter>(&[("BreakingWriter", "InternalFailure")]).await;
}

#[tokio::test]
async fn who_copes_with_a_failure_commits_no_half_of_it() {
    let half = [("HalfWriter", "InternalFailure"), ("CopesWithHalf", "InternalFailure")];
    breaks::<tricks::CopesWithHalf>(&half).await;
    let broken = [("BreakingWriter", "InternalFailure"), ("CopesWithBreak", "InternalFailure")];
    breaks::<tricks::CopesWithBreak>(&broken).await;
    let late = [("Writer", ""), ("LateFailure", "ConflictException"), ("CopesWithLate", "InternalFailure")];
    breaks::<tricks::CopesWithLate>(&late).await;
}

#[tokio::test]
async fn a_commit_that_no_batch_can_hold_is_a_recorded_failure() {
    breaks::<tricks::Bulk>(&[("Bulk", "InternalFailure")]).await;
}

#[tokio::test]
async fn calls_that_call_each_other_come_to_an_end() {
    breaks::<tricks::Spiral>(&[("Spiral", "InternalFailure"); 10]).await;
}

#[tokio::test]
async fn what_the_house_does_not_have_is_our_own_fault() {
    breaks::<tricks::Stranger>(&[("Stranger", "InternalFailure")]).await;
    breaks::<tricks::Untooled>(&[("Untooled", "InternalFailure")]).await;
}

#[tokio::test]
async fn a_root_that_fails_drops_what_its_children_wrote() {
    let (house, root) = scene().await;
    let failed = root.call::<tricks::LateFailure>(Empty).await;
    assert_eq!(failed.code(), "ConflictException");
    assert_eq!(pages(&house).await, [] as [u32; 0]);
    let events = house.events().await;
    assert_eq!(told(&events, 0), [("Writer", ""), ("LateFailure", "ConflictException")]);
    assert!(events[0].dropped && !events[1].dropped);
}

#[tokio::test]
async fn a_child_that_was_refused_and_would_be_allowed_now_is_no_ground_to_write() {
    let (house, _) = scene().await;
    let bob = house.user("bob", &[&allow(&["crooked:Act"])]).await;
    let (weak, again) = (Arc::downgrade(&house), bob.clone());
    house.before_commits(1, move || {
        let (house, bob) = (weak.upgrade().unwrap(), again.clone());
        async move { house.set_policies(&bob, &[&allow(&["crooked:Act", "crooked:Guard"])]).await }
    });
    let conflict = bob.call::<tricks::CopesWithGuard>(Empty).await;
    assert_eq!(conflict.code(), "ConflictException");
    let events = house.events().await;
    assert_eq!(told(&events, 0), [("Guarded", "AccessDenied"), ("CopesWithGuard", "ConflictException")]);
    assert_eq!(pages(&house).await, [] as [u32; 0]);
    bob.call::<tricks::CopesWithGuard>(Empty).await.output();
    assert_eq!(pages(&house).await, [3, 4], "and the next time both write");
}

/// What `prepare` has read is read once, however often the commit is tried: so it has to hold at the last attempt as at the first.
#[tokio::test]
async fn what_was_prepared_upon_has_to_hold_at_each_attempt() {
    let (house, _) = scene().await;
    let (bob, _) = (house.user("bob", &[&allow(&["crooked:Act"])]).await, house.user("carol", &[]).await);
    let (weak, again, mut attempt) = (Arc::downgrade(&house), bob.clone(), 0);
    house.before_commits(2, move || {
        let (house, bob) = (weak.upgrade().unwrap(), again.clone());
        attempt += 1;
        async move {
            match attempt {
                // Of this the second attempt makes nothing.
                1 => house.set_policies(&bob, &[&allow(&["crooked:Act", "crooked:More"])]).await,
                // Another carol of the same name: what was prepared was prepared upon the first.
                _ => drop(house.user("carol", &[]).await),
            }
        }
    });
    let attempts = house.commit_attempts();
    assert_eq!(bob.call::<tricks::Resolver>(Empty).await.code(), "ConflictException");
    assert_eq!(pages(&house).await, [] as [u32; 0]);
    // Two conflicts, what came between (a policy; a user and a key), and the record: it is not tried on and on.
    assert_eq!(house.commit_attempts(), attempts + 2 + 3 + 1);
    assert!(house.last_event().await.prepared);
    bob.call::<tricks::Resolver>(Empty).await.output();
    assert_eq!(pages(&house).await, [7]);
}

#[tokio::test]
async fn a_parent_may_cope_with_a_child_that_was_refused() {
    let (house, _) = scene().await;
    let bob = house.user("bob", &[&allow(&["crooked:Act"])]).await;
    bob.call::<tricks::CopesWithGuard>(Empty).await.output();
    assert_eq!(pages(&house).await, [4]);
    assert_eq!(told(&house.events().await, 0), [("Guarded", "AccessDenied"), ("CopesWithGuard", "")]);
}

#[tokio::test]
async fn services_call_each_other_through_the_house_and_the_chain_is_told() {
    let (house, root) = scene().await;
    make(&root, "one", "first").await;
    let borrowed = root.call::<tricks::Borrower>(Empty).await;
    borrowed.output();
    let events = borrowed.events_in(&house.events().await);
    assert_eq!(told(&events, 0), [("ReadNote", ""), ("RelayNote", ""), ("Borrower", "")]);
    let invoked: Vec<_> = events.iter().map(|event| event.identity.invoked_by.as_deref()).collect();
    assert_eq!(invoked, [Some("toy.amazonaws.com"), Some("crooked.amazonaws.com"), None]);
    assert_eq!(pages(&house).await, [6]);

    let through = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["crooked:Act","toy:RelayNote"],"Resource":"*"},
        {"Effect":"Allow","Action":"toy:ReadNote","Resource":"*","Condition":{"StringEquals":{"aws:CalledViaFirst":"crooked.amazonaws.com"}}}]}"#;
    let bob = house.user("bob", &[through]).await;
    bob.call::<tricks::Borrower>(Empty).await.output();
    let direct = shapes_toy::RelayNoteInput { name: "one".to_owned() };
    assert_eq!(bob.call::<shapes_toy::RelayNote>(direct).await.code(), "AccessDeniedException");
}
