//! A call and what it calls on the way: one commit, an event each, and secrets that stay shut.

use crate::rig::{ALL, allow, content, deny, house, make, told};
use shapes_toy::{CopyNoteInput, RelayNoteInput};

fn relay(name: &str) -> RelayNoteInput {
    RelayNoteInput { name: name.to_owned() }
}

fn copy(from: &str, to: &str) -> CopyNoteInput {
    CopyNoteInput { from: from.to_owned(), to: to.to_owned() }
}

#[tokio::test]
async fn a_secret_that_one_operation_hands_another_is_measured_and_not_read() {
    let house = house().await;
    let alice = house.user("alice", &[ALL]).await;
    make(&alice, "tools", "seven b").await;
    let relayed = alice.call::<shapes_toy::RelayNote>(relay("tools")).await;
    assert_eq!(relayed.output().length, 7);
    let events = relayed.events_in(&house.events().await);
    assert_eq!(told(&events, 0), [("ReadNote", ""), ("RelayNote", "")], "who is called comes before who called");
    assert_eq!((events[0].uses.len(), events[1].uses.len()), (1, 0));
}

#[tokio::test]
async fn a_family_is_one_commit_with_all_its_events() {
    let house = house().await;
    let alice = house.user("alice", &[ALL]).await;
    make(&alice, "from", "a note").await;
    make(&alice, "to", "another").await;
    let commits = house.commit_attempts();
    let copied = alice.call::<shapes_toy::CopyNote>(copy("from", "to")).await;
    copied.output();
    assert_eq!(house.commit_attempts(), commits + 1);
    assert_eq!(content(&alice, "to").await, b"a note");

    let placed = house.placed_events().await;
    let family: Vec<_> = placed.iter().filter(|(_, event)| event.request_id == copied.request_id()).collect();
    let [(first, read), (second, copy)] = &family[..] else { unreachable!("two events") };
    assert_eq!(
        (second - first, Some(*second)),
        (1, Some(copied.sequence())),
        "side by side, and the receipt is the root's"
    );
    assert_eq!((read.name.as_str(), copy.name.as_str()), ("ReadNote", "CopyNote"));
    assert_eq!(
        (read.identity.invoked_by.as_deref(), read.source_address.as_str()),
        (Some("toy.amazonaws.com"), "toy.amazonaws.com")
    );
    assert_eq!((copy.identity.invoked_by.as_deref(), copy.source_address.as_str()), (None, "192.0.2.7"));
    assert_eq!(read.identity.arn, copy.identity.arn, "the first caller is kept");
    assert_eq!((read.wrote.len(), copy.wrote.len()), (0, 1));
    assert_eq!(copy.resources.len(), 2);
}

#[tokio::test]
async fn a_child_that_is_refused_tells_its_parent_why() {
    let house = house().await;
    let (root, bob) = (house.root().await, house.user("bob", &[&allow(&["toy:RelayNote"])]).await);
    make(&root, "tools", "a note").await;
    let before = house.events().await.len();
    let refused = bob.call::<shapes_toy::RelayNote>(relay("tools")).await;
    let failure = refused.failure();
    assert_eq!((failure.code.as_ref(), failure.status), ("AccessDeniedException", 400));
    assert!(failure.text.contains("not authorized to perform: toy:ReadNote"), "{}", failure.text);
    let missing = bob.call::<shapes_toy::RelayNote>(relay("gone")).await;
    assert_eq!(missing.code(), "AccessDeniedException");
    let events = house.events().await;
    assert_eq!(told(&events, before), [("ReadNote", "AccessDenied"), ("RelayNote", "AccessDenied")].repeat(2));

    let carol = house.user("carol", &[ALL]).await;
    let missing = carol.call::<shapes_toy::RelayNote>(relay("gone")).await.failure();
    assert_eq!(
        (missing.code.as_ref(), missing.status, missing.text.as_str()),
        ("NoSuchBox", 404, "The box `gone` does not exist.")
    );
}

#[tokio::test]
async fn every_part_of_a_pair_has_to_pass() {
    let house = house().await;
    let root = house.root().await;
    make(&root, "from", "a note").await;
    make(&root, "to", "another").await;
    for denied in ["toy:CopyNote", "toy:PutNote", "toy:ReadNote"] {
        let bob = house.user("bob", &[ALL, &deny(&[denied])]).await;
        let refused = bob.call::<shapes_toy::CopyNote>(copy("from", "to")).await;
        assert_eq!(refused.code(), "AccessDeniedException", "{denied}");
    }
    for (from, to) in [("gone", "to"), ("from", "gone")] {
        assert_eq!(root.call::<shapes_toy::CopyNote>(copy(from, to)).await.code(), "NoSuchBox");
    }
    assert_eq!(content(&root, "to").await, b"another");
}

#[tokio::test]
async fn a_policy_can_allow_what_comes_through_a_service_and_nothing_else() {
    let house = house().await;
    let root = house.root().await;
    make(&root, "tools", "a note").await;
    let through = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"toy:RelayNote","Resource":"*"},
        {"Effect":"Allow","Action":"toy:ReadNote","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"aws:CalledVia":"toy.amazonaws.com"}}}]}"#;
    let bob = house.user("bob", &[through]).await;
    bob.call::<shapes_toy::RelayNote>(relay("tools")).await.output();
    let direct = bob.call::<shapes_toy::ReadNote>(crate::rig::read("tools")).await;
    assert_eq!(direct.code(), "AccessDeniedException");
}
