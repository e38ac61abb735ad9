//! How calls are refused, and that each refusal leaves one record and no write.

use crate::rig::{ALL, allow, content, deny, describe, house, make, put, read, told};
use house::{House, Tree};
use kernel::{Breakage, Event, Limit, Rate};
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
    let rate = Rate { account: Limit { per_second: 1, burst: 2 }, ..Rate::DEFAULT };
    let house = House::plan([&toy::SERVICE]).rate(rate).boot().await;
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
    let unreadable = alice.enter::<shapes_toy::PutNote>(Tree::Garbage).await;
    assert_eq!(unreadable.code(), "ThrottlingException", "what cannot be read pays as well");
}

#[tokio::test]
async fn nobody_takes_all_that_his_account_may_have() {
    let rate = Rate { principal: Limit { per_second: 1, burst: 2 }, ..Rate::DEFAULT };
    let house = House::plan([&toy::SERVICE]).rate(rate).boot().await;
    let (alice, bob) = (house.user("alice", &[ALL]).await, house.user("bob", &[ALL]).await);
    make(&alice, "tools", "a note").await;
    assert_eq!(alice.call::<shapes_toy::DescribeBox>(describe("tools")).await.code(), "ThrottlingException");
    bob.call::<shapes_toy::DescribeBox>(describe("tools")).await.output();
    let swept = house.rounds("toy");
    for _ in 0..5 {
        let region = house.region().clone();
        assert_eq!(swept.call::<shapes_toy::Sweep>(alice.account(), region, shape::Empty).await, Ok(Ok(())));
    }
}

/// Two refusals at once get a record each, and none more with time.
async fn strict() -> std::sync::Arc<House> {
    let rate = Rate { refused: Limit { per_second: 0, burst: 2 }, ..Rate::DEFAULT };
    House::plan([&toy::SERVICE]).rate(rate).boot().await
}

fn repeated(events: &[Event]) -> Vec<(&str, u64)> {
    events.iter().map(|event| (event.name.as_str(), event.repeated)).collect()
}

#[tokio::test]
async fn refusals_that_repeat_share_a_record_and_are_counted() {
    let house = strict().await;
    let (bob, carol) = (house.user("bob", &[]).await, house.user("carol", &[]).await);
    let mut places = Vec::new();
    for _ in 0..10 {
        let refused = bob.call::<shapes_toy::ReadNote>(read("tools")).await;
        assert_eq!(refused.code(), "AccessDeniedException");
        places.push(refused.sequence());
    }
    assert!(places[0] < places[1] && places[1] < places[2]);
    assert!(places[3..].iter().all(|place| *place == places[2]), "{places:?}: their receipts name the third");
    assert_eq!(house.events().await.len(), 3);

    // Another operation, another code and another caller are of another kind.
    let other = bob.call::<shapes_toy::DescribeBox>(describe("tools")).await;
    let garbage = bob.enter::<shapes_toy::ReadNote>(Tree::Garbage).await;
    let hers = carol.call::<shapes_toy::ReadNote>(read("tools")).await;
    assert!(
        places[2] < other.sequence() && other.sequence() < garbage.sequence() && garbage.sequence() < hers.sequence()
    );
    assert_eq!(house.events().await.len(), 6);

    // Nothing is told before the second is over, and nothing twice.
    house.door().upkeep().await.unwrap();
    assert_eq!(house.events().await.len(), 6);
    house.clock().pass(Duration::from_secs(1));
    for _ in 0..2 {
        house.door().upkeep().await.unwrap();
        let events = house.events().await;
        assert_eq!(repeated(&events[6..]), [("ReadNote", 6)], "seven were counted: one, and six beside it");
        assert_eq!(events[6].identity.user_name.as_deref(), Some("bob"));
        assert_eq!(events[6].error_code.as_deref(), Some("AccessDenied"));
    }
}

#[tokio::test]
async fn the_next_record_of_a_kind_carries_the_count() {
    let house = strict().await;
    let bob = house.user("bob", &[]).await;
    for _ in 0..5 {
        bob.call::<shapes_toy::ReadNote>(read("tools")).await.failure();
    }
    house.clock().pass(Duration::from_secs(1));
    for _ in 0..3 {
        bob.call::<shapes_toy::ReadNote>(read("tools")).await.failure();
    }
    assert_eq!(repeated(&house.events().await), [0, 0, 0, 2].map(|count| ("ReadNote", count)));
    house.door().rest().await.unwrap();
    assert_eq!(repeated(&house.events().await)[4..], [("ReadNote", 1)], "at the end all is told at once");
}

#[tokio::test]
async fn counts_that_a_full_disk_does_not_take_are_told_in_the_next_round() {
    let house = strict().await;
    let (bob, carol) = (house.user("bob", &[]).await, house.user("carol", &[]).await);
    for _ in 0..5 {
        bob.call::<shapes_toy::ReadNote>(read("tools")).await.failure();
        carol.call::<shapes_toy::ReadNote>(read("tools")).await.failure();
    }
    let before = house.events().await.len();
    house.clock().pass(Duration::from_secs(1));
    house.fill_disk_under(1);
    assert_eq!(house.door().upkeep().await, Err(Breakage::Full));
    assert_eq!(house.events().await.len(), before);
    house.door().upkeep().await.unwrap();
    assert_eq!(
        repeated(&house.events().await[before..]),
        [("ReadNote", 1), ("ReadNote", 1)],
        "two of each were counted"
    );
    house.door().rest().await.unwrap();
    assert_eq!(house.events().await.len(), before + 2, "and nothing is told twice");
}

#[tokio::test]
async fn a_count_that_is_carried_into_a_full_disk_is_not_lost() {
    let house = strict().await;
    let bob = house.user("bob", &[]).await;
    for _ in 0..5 {
        bob.call::<shapes_toy::ReadNote>(read("tools")).await.failure();
    }
    house.clock().pass(Duration::from_secs(1));
    house.fill_disk_under(1);
    assert_eq!(bob.try_call::<shapes_toy::ReadNote>(read("tools")).await.err(), Some(Breakage::Full));
    house.door().rest().await.unwrap();
    assert_eq!(
        repeated(&house.events().await),
        [0, 0, 0, 1].map(|count| ("ReadNote", count)),
        "two were counted before"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_refusals_at_once_are_all_answered_and_all_counted() {
    const CALLS: u64 = 200;
    let house = strict().await;
    let bob = house.user("bob", &[]).await;
    let calls = (0..CALLS).map(|_| {
        let bob = bob.clone();
        tokio::spawn(async move { bob.call::<shapes_toy::ReadNote>(read("tools")).await.sequence() })
    });
    let mut places = std::collections::BTreeSet::new();
    for call in calls.collect::<Vec<_>>() {
        places.insert(call.await.unwrap());
    }
    assert_eq!(places.len(), 3);
    house.door().rest().await.unwrap();
    let events = house.events().await;
    assert_eq!(events.len() as u64 + events.iter().map(|event| event.repeated).sum::<u64>(), CALLS);
}

#[tokio::test]
async fn a_refusal_writes_little_whatever_was_sent_and_names_what_was_meant() {
    let house = house().await;
    let (alice, bob) = (house.user("alice", &[ALL]).await, house.user("bob", &[]).await);
    let labels: BTreeMap<_, _> = (0..2_000).map(|label| (format!("k{label:06}"), "v".repeat(230))).collect();
    let large = || CreateBoxInput {
        labels: Some(labels.clone()),
        policy: Some("p".repeat(300_000)),
        ..CreateBoxInput::new("tools".to_owned())
    };
    assert_eq!(bob.call::<shapes_toy::CreateBox>(large()).await.code(), "AccessDeniedException");
    let event = house.last_event().await;
    assert!(event.encode().unwrap().len() < 8 << 10, "{}", event.encode().unwrap().len());
    let shown = |event: &Event| format!("{:?}", event.parameters);
    assert!(shown(&event).contains(r#"("name", Text("tools"))"#), "{}", shown(&event));
    assert!(shown(&event).contains(r#"("originalCount", Integer(2000))"#));
    assert!(shown(&event).contains(r#"("originalSize", Integer(300000))"#));

    let without_policy = CreateBoxInput { policy: None, ..large() };
    alice.call::<shapes_toy::CreateBox>(without_policy).await.output();
    let event = house.last_event().await;
    let bytes = event.encode().unwrap().len();
    assert!((90 << 10..112 << 10).contains(&bytes), "{bytes}");
    assert!(shown(&event).contains(r#"("name", Text("tools"))"#));
    assert!(shown(&event).contains(r#"("originalCount", Integer(2000))"#));
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
