//! A closed connection drops the reply, never the call; a store that has stopped answers nothing.

use crate::rig::{ALL, content, house, make, put, read};
use house::{Actor, House, Tree};
use kernel::Breakage;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use tokio::sync::Semaphore;

async fn boxed() -> (Arc<House>, Actor) {
    let house = house().await;
    let alice = house.user("alice", &[ALL]).await;
    make(&alice, "tools", "old").await;
    (house, alice)
}

/// Lets the next commit that validates wait until a permit is given.
fn gate_commits(house: &House) -> Arc<Semaphore> {
    let gate = Arc::new(Semaphore::new(0));
    let waiting = Arc::clone(&gate);
    house.before_commits(1, move || {
        let waiting = Arc::clone(&waiting);
        async move { waiting.acquire().await.unwrap().forget() }
    });
    gate
}

fn new_note() -> Tree {
    Tree::map([("Name", Tree::text("tools")), ("Note", Tree::text("new"))])
}

#[tokio::test]
async fn a_reply_that_is_dropped_before_it_was_awaited_leaves_the_call_alone() {
    let (house, alice) = boxed().await;
    drop(alice.entering::<shapes_toy::PutNote>(new_note()).await);
    house.until_events(3).await;
    assert_eq!(content(&alice, "tools").await, b"new");
}

#[tokio::test]
async fn a_reply_that_is_dropped_before_the_commit_leaves_the_call_alone() {
    let (house, alice) = boxed().await;
    let gate = gate_commits(&house);
    let uses = house.uses().await;
    {
        let mut reply = pin!(alice.entering::<shapes_toy::PutNote>(new_note()).await);
        // Poll once, then let the call come to its commit.
        let first = poll_fn(|context| Poll::Ready(reply.as_mut().poll(context).is_pending())).await;
        assert!(first, "the call waits at its commit");
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        assert_eq!(house.uses().await, uses + 1, "the call has used the vault");
    }
    assert_eq!(house.events().await.len(), 2, "it has not been committed");
    gate.add_permits(1);
    let events = house.until_events(3).await;
    let event = &events[2];
    assert_eq!((event.name.as_str(), event.error_code.as_deref(), event.wrote.len()), ("PutNote", None, 1));
    assert_eq!(content(&alice, "tools").await, b"new");
}

#[tokio::test]
async fn a_house_comes_to_rest_behind_the_last_call() {
    let (house, alice) = boxed().await;
    assert_eq!(house.door().rest().await, Ok(()), "no call is in flight");
    let gate = gate_commits(&house);
    drop(alice.entering::<shapes_toy::PutNote>(new_note()).await);
    let mut rest = pin!(house.door().rest());
    for _ in 0..1_000 {
        assert!(poll_fn(|context| Poll::Ready(rest.as_mut().poll(context).is_pending())).await, "a call is in flight");
        tokio::task::yield_now().await;
    }
    assert_eq!(house.events().await.len(), 2, "it has not been committed");
    gate.add_permits(1);
    assert_eq!((rest.await, house.events().await.len()), (Ok(()), 3));
}

#[tokio::test]
async fn an_in_process_call_is_not_abandoned_either() {
    let (house, alice) = boxed().await;
    let gate = gate_commits(&house);
    let mut call = Box::pin(alice.call::<shapes_toy::PutNote>(put("tools", "new")));
    assert!(poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_pending())).await);
    drop(call);
    gate.add_permits(1);
    house.until_events(3).await;
    assert_eq!(content(&alice, "tools").await, b"new");
}

#[tokio::test]
async fn a_stopped_store_gives_no_answer_at_all() {
    let (house, alice) = boxed().await;
    let written = alice.call::<shapes_toy::ReadNote>(read("tools")).await;
    assert!(written.is_ok());
    house.stop_store();
    for _ in 0..2 {
        let read = alice.try_call::<shapes_toy::ReadNote>(read("tools")).await;
        assert_eq!(read.err(), Some(Breakage::Stopped), "a secret was opened and nobody hears it");
    }
    assert_eq!(alice.try_call::<shapes_toy::PutNote>(put("tools", "x")).await.err(), Some(Breakage::Stopped));
    let bad = alice.entering::<shapes_toy::PutNote>(Tree::Garbage).await.await;
    assert_eq!(bad.err(), Some(Breakage::Stopped), "not even a refusal");
    assert_eq!(house.events().await.len(), 3);
}

#[tokio::test]
async fn a_store_that_stops_under_a_call_gives_no_answer() {
    let (house, alice) = boxed().await;
    let stopping = Arc::downgrade(&house);
    house.before_commits(1, move || {
        let stopping = stopping.clone();
        async move { stopping.upgrade().unwrap().stop_store() }
    });
    assert_eq!(alice.try_call::<shapes_toy::PutNote>(put("tools", "x")).await.err(), Some(Breakage::Stopped));
}

#[tokio::test]
async fn on_a_full_disk_nobody_is_answered_and_the_house_itself_goes_on() {
    let (house, alice) = boxed().await;
    let (before, uses) = (house.events().await.len(), house.uses().await);
    house.fill_disk(true);
    assert!(!house.door().has_room());
    for _ in 0..3 {
        assert_eq!(alice.try_call::<shapes_toy::ReadNote>(read("tools")).await.err(), Some(Breakage::Full));
    }
    let garbage = alice.entering::<shapes_toy::PutNote>(Tree::Garbage).await.await;
    assert_eq!(garbage.err(), Some(Breakage::Full), "refusals have no record either, and so no answer");
    assert_eq!((house.events().await.len(), house.uses().await), (before, uses), "no key was used for nothing");
    let region = house.region().clone();
    let swept = house.rounds("toy").call::<shapes_toy::Sweep>(alice.account(), region, shape::Empty).await;
    assert_eq!(swept, Ok(Ok(())), "what is kept back is for the house's own records");
    house.fill_disk(false);
    assert_eq!(alice.call::<shapes_toy::ReadNote>(read("tools")).await.code(), "BoxEmpty");
}
