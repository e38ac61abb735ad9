//! How calls are refused, and that each refusal leaves one record and no write.

use crate::rig::{ALL, allow, content, deny, describe, house, make, put, read, told};
use house::{House, Tree};
use kernel::Rate;
use shapes_toy::{CreateBoxInput, PutNoteInput};
use std::collections::BTreeMap;
use std::time::Duration;

#[tokio::test]
async fn who_has_no_policy_may_nothing() {
    let house = house().await;
    let (root, bob) = (house.root().await, house.user("bob", &[]).await);
    make(&root, "tools", "a note").await;
    let before = house.events().await.len();
    let refused = bob.call::<shapes_toy::ReadNote>(read("tools")).await;
    let text = "User: arn:aws:iam::111122223333:user/bob is not authorized to perform: toy:ReadNote on resource: \
                arn:aws:toy:ap-northeast-1:111122223333:box/tools because no identity-based policy allows the toy:ReadNote action";
    assert_eq!(
        (refused.code().as_str(), refused.failure().status, refused.failure().text.as_str()),
        ("AccessDeniedException", 400, text)
    );
    let events = house.events().await;
    assert_eq!(told(&events, before), [("ReadNote", "AccessDenied")]);
    assert_eq!(
        (events[before].error_text.as_deref(), events[before].uses.len(), events[before].prepared),
        (Some(text), 0, false)
    );
}

#[tokio::test]
async fn an_explicit_deny_wins() {
    let house = house().await;
    let bob = house.user("bob", &[ALL, &deny(&["toy:PutNote"])]).await;
    bob.call::<shapes_toy::CreateBox>(CreateBoxInput::new("tools".to_owned())).await.output();
    assert_eq!(bob.call::<shapes_toy::PutNote>(put("tools", "x")).await.code(), "AccessDeniedException");
    assert_eq!(bob.call::<shapes_toy::ReadNote>(read("tools")).await.code(), "BoxEmpty");
}

#[tokio::test]
async fn what_breaks_a_bound_is_refused_with_all_violations_and_recorded() {
    let house = house().await;
    let alice = house.user("alice", &[ALL]).await;
    let input = Tree::map([("Name", Tree::text("no spaces")), ("Note", Tree::text(""))]);
    let refused = alice.enter::<shapes_toy::PutNote>(input).await;
    assert_eq!((refused.code().as_str(), refused.failure().status), ("ValidationException", 400));
    let text = refused.failure().text;
    assert!(text.starts_with("2 validation errors detected: "), "{text}");
    assert!(text.contains("'no spaces' at 'name' failed to satisfy constraint"), "{text}");
    assert!(text.contains("at 'note' failed to satisfy constraint"), "{text}");

    let missing = alice.enter::<shapes_toy::PutNote>(Tree::map([("Name", Tree::text("tools"))])).await;
    assert_eq!(missing.code(), "ValidationException");
    let garbage = alice.enter::<shapes_toy::PutNote>(Tree::Garbage).await;
    assert_eq!(garbage.code(), "SerializationException");
    let number = alice.enter::<shapes_toy::PutNote>(Tree::map([("Name", Tree::Number(7))])).await;
    assert_eq!(number.code(), "SerializationException");

    let events = house.events().await;
    let codes = ["ValidationException", "ValidationException", "SerializationException", "SerializationException"];
    assert_eq!(told(&events, 0), codes.map(|code| ("PutNote", code)));
    assert!(events.iter().all(|event| event.parameters.is_none() && event.wrote.is_empty()));
}

#[tokio::test]
async fn a_good_input_from_the_wire_acts() {
    let house = house().await;
    let alice = house.user("alice", &[ALL]).await;
    alice.enter::<shapes_toy::CreateBox>(Tree::map([("Name", Tree::text("tools"))])).await.output();
    let input = Tree::map([("Name", Tree::text("tools")), ("Note", Tree::text("a note"))]);
    alice.enter::<shapes_toy::PutNote>(input).await.output();
    assert_eq!(content(&alice, "tools").await, b"a note");
}

#[tokio::test]
async fn who_calls_too_often_waits() {
    let house = House::plan([&toy::SERVICE]).rate(Rate { per_second: 1, burst: 2 }).boot().await;
    let (alice, other) = (house.user("alice", &[ALL]).await, house.root_of(house::OTHER_ACCOUNT).await);
    make(&alice, "tools", "a note").await;
    let throttled = alice.call::<shapes_toy::DescribeBox>(describe("tools")).await;
    assert_eq!(
        (throttled.code().as_str(), throttled.failure().text.as_str()),
        ("ThrottlingException", "Rate exceeded")
    );
    assert_eq!(house.last_event().await.error_code.as_deref(), Some("ThrottlingException"));
    assert_eq!(
        other.call::<shapes_toy::DescribeBox>(describe("tools")).await.code(),
        "NoSuchBox",
        "another account has its own"
    );
    house.clock().pass(Duration::from_secs(1));
    alice.call::<shapes_toy::DescribeBox>(describe("tools")).await.output();
}

#[tokio::test]
async fn a_dry_run_gives_the_verdict_and_does_nothing() {
    let house = house().await;
    let (alice, bob) = (house.user("alice", &[ALL]).await, house.user("bob", &[&allow(&["toy:DescribeBox"])]).await);
    make(&alice, "tools", "a note").await;
    let locked = BTreeMap::from([("locked".to_owned(), String::new())]);
    let input = CreateBoxInput { labels: Some(locked), ..CreateBoxInput::new("shut".to_owned()) };
    alice.call::<shapes_toy::CreateBox>(input).await.output();
    let dry = |name: &str| PutNoteInput { dry_run: Some(true), ..put(name, "another") };
    let (uses, before) = (house.uses().await, house.events().await.len());

    let verdict = alice.call::<shapes_toy::PutNote>(dry("tools")).await;
    assert_eq!((verdict.code().as_str(), verdict.failure().status), ("DryRunOperation", 412));
    assert_eq!(bob.call::<shapes_toy::PutNote>(dry("tools")).await.code(), "AccessDeniedException");
    assert_eq!(alice.call::<shapes_toy::PutNote>(dry("gone")).await.code(), "NoSuchBox");
    assert_eq!(alice.call::<shapes_toy::PutNote>(dry("shut")).await.code(), "BoxLocked");

    let events = house.events().await;
    let codes = ["DryRunOperation", "AccessDenied", "NoSuchBox", "BoxLocked"];
    assert_eq!(told(&events, before), codes.map(|code| ("PutNote", code)));
    assert!(events.iter().skip(before).all(|event| event.wrote.is_empty() && event.uses.is_empty() && !event.prepared));
    assert_eq!(house.uses().await, uses, "no key was used");
    assert_eq!(content(&alice, "tools").await, b"a note");
}
