//! What is refused, and how far back the history goes.

use crate::rig::{boot, by, found, index, who_am_i};
use house::Tree;
use shapes_cloudtrail::{LookupEvents, LookupEventsInput};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test]
async fn one_attribute_a_sound_range_and_one_to_fifty_results() {
    let house = boot().await;
    let root = house.root().await;
    let now = house.clock().now();
    let mut two = by("EventName", "Decrypt");
    two.lookup_attributes.as_mut().unwrap().extend(by("Username", "root").lookup_attributes.unwrap());
    let results = |number| LookupEventsInput { max_results: Some(number), ..LookupEventsInput::default() };
    let between = |start_time, end_time| LookupEventsInput { start_time, end_time, ..LookupEventsInput::default() };
    let cases = [
        (two, "InvalidLookupAttributesException"),
        (results(0), "InvalidMaxResultsException"),
        (results(51), "InvalidMaxResultsException"),
        (results(-1), "InvalidMaxResultsException"),
        (results(1), ""),
        (results(50), ""),
        (between(Some(now), Some(now - DAY)), "InvalidTimeRangeException"),
        (between(Some(now + DAY), None), "InvalidTimeRangeException"),
        (between(Some(now), Some(now)), ""),
        (between(Some(now - DAY * 400), Some(now - DAY * 300)), ""),
        (between(None, Some(now - DAY * 300)), ""),
    ];
    for (place, (input, expected)) in cases.into_iter().enumerate() {
        let answered = root.call::<LookupEvents>(input).await;
        assert_eq!(answered.code(), expected, "case {place}");
        let recorded = house.last_event().await;
        assert_eq!(recorded.error_code.unwrap_or_default(), expected, "case {place}");
    }
}

#[tokio::test]
async fn from_the_wire_unknown_names_and_empty_values_have_errors_of_their_own() {
    let house = boot().await;
    let root = house.root().await;
    let attribute = |key: &str, value: &str| {
        let one = Tree::map([("AttributeKey", Tree::text(key)), ("AttributeValue", Tree::text(value))]);
        Tree::map([("LookupAttributes", Tree::List(vec![one]))])
    };
    let cases = [
        (attribute("Colour", "red"), "InvalidLookupAttributesException"),
        (attribute("eventName", "Decrypt"), "InvalidLookupAttributesException"),
        (attribute("EventName", ""), "InvalidLookupAttributesException"),
        (attribute("EventName", &"x".repeat(2_001)), "InvalidLookupAttributesException"),
        (Tree::map([("EventCategory", Tree::text("Management"))]), "InvalidEventCategoryException"),
        (Tree::map([("MaxResults", Tree::Number(51))]), "InvalidMaxResultsException"),
        (Tree::map([("LookupAttributes", Tree::List(vec![Tree::map([])]))]), "ValidationException"),
    ];
    for (input, expected) in cases {
        let failure = root.enter::<LookupEvents>(input).await.failure();
        assert_eq!((failure.code.as_ref(), failure.status), (expected, 400), "{}", failure.text);
    }
    assert!(root.enter::<LookupEvents>(attribute("EventName", &"鍵".repeat(2_000))).await.is_ok());
    assert!(root.enter::<LookupEvents>(attribute("EventName", "Decrypt")).await.is_ok());
}

#[tokio::test]
async fn the_history_goes_back_ninety_days() {
    let house = boot().await;
    let root = house.root().await;
    who_am_i(&root).await;
    index(&house).await;
    let all = || by("EventName", "GetCallerIdentity");
    let since_ever = || LookupEventsInput { start_time: Some(house.clock().now() - DAY * 400), ..all() };
    house.clock().pass(DAY * 90);
    assert_eq!(found(&root, all()).await.len(), 1);
    house.clock().pass(Duration::from_secs(1));
    assert_eq!(found(&root, all()).await.len(), 0);
    assert_eq!(found(&root, since_ever()).await.len(), 0, "not by asking for more either");
}

#[tokio::test]
async fn both_ends_of_the_range_are_included_in_whole_seconds() {
    let house = boot().await;
    let root = house.root().await;
    let booted = house.clock().now();
    house.clock().pass(Duration::from_millis(10_700));
    who_am_i(&root).await;
    house.clock().pass(Duration::from_secs(10));
    index(&house).await;
    let at = |millis| Some(booted + Duration::from_millis(millis));
    let cases = [
        (at(10_000), at(10_000), 1),
        (at(10_000), None, 1),
        (None, at(10_000), 1),
        (at(11_000), None, 0),
        (at(10_500), None, 0),
        (None, at(9_999), 0),
        (at(9_000), at(9_000), 0),
    ];
    for (place, (start_time, end_time, expected)) in cases.into_iter().enumerate() {
        let input = LookupEventsInput { start_time, end_time, ..by("EventName", "GetCallerIdentity") };
        assert_eq!(found(&root, input).await.len(), expected, "case {place}");
    }
}

#[tokio::test]
async fn there_are_no_insights_events_and_not_all_attributes_ask_for_them() {
    let house = boot().await;
    let root = house.root().await;
    who_am_i(&root).await;
    index(&house).await;
    let insight = |input| LookupEventsInput { event_category: Some("insight".to_owned()), ..input };
    assert_eq!(found(&root, insight(LookupEventsInput::default())).await, [""; 0]);
    assert_eq!(found(&root, insight(by("EventName", "GetCallerIdentity"))).await, [""; 0]);
    let refused = root.call::<LookupEvents>(insight(by("Username", "root"))).await;
    assert_eq!(refused.code(), "InvalidLookupAttributesException");
}
