//! Order, pages and their tokens.

use crate::rig::{boot, by, found, index, names, who_am_i};
use house::OTHER_ACCOUNT;
use shapes_cloudtrail::{LookupEvents, LookupEventsInput};
use std::collections::BTreeSet;
use std::time::Duration;

#[tokio::test]
async fn the_newest_stands_first_and_the_index_makes_no_event() {
    let house = boot().await;
    let root = house.root().await;
    who_am_i(&root).await;
    house.clock().pass(Duration::from_secs(1));
    crate::rig::key(&root).await;
    assert_eq!(
        found(&root, LookupEventsInput::default()).await,
        [""; 0],
        "the index lags until it is brought up to date"
    );
    let before = house.events().await.len();
    index(&house).await;
    index(&house).await;
    assert_eq!(house.events().await.len(), before, "an idle house is quiet");
    let expected = ["LookupEvents", "CreateKey", "GetCallerIdentity"];
    assert_eq!(found(&root, LookupEventsInput::default()).await, expected, "and looking up is an event itself");
}

#[tokio::test]
async fn pages_show_each_event_once_though_all_are_of_one_microsecond_and_others_come_meanwhile() {
    let house = boot().await;
    let root = house.root().await;
    let mut asked = BTreeSet::new();
    for _ in 0..7 {
        asked.insert(who_am_i(&root).await);
    }
    index(&house).await;
    let (mut shown, mut token, mut lengths) = (Vec::new(), None, Vec::new());
    loop {
        let input = LookupEventsInput { max_results: Some(3), next_token: token, ..identities() };
        let answered = root.call::<LookupEvents>(input).await;
        let page = answered.output().events.as_deref().unwrap();
        lengths.push(page.len());
        shown.extend(page.iter().map(|event| event.cloud_trail_event.clone().unwrap()));
        token = answered.output().next_token.clone();
        if token.is_none() {
            break;
        }
        who_am_i(&root).await;
        index(&house).await;
    }
    assert_eq!(lengths, [3, 3, 1]);
    let ids: BTreeSet<String> = shown.iter().map(|json| request_id(json)).collect();
    assert_eq!(ids, asked, "each once, and no newer one");
}

#[tokio::test]
async fn a_page_that_is_just_full_is_the_last() {
    let house = boot().await;
    let root = house.root().await;
    for _ in 0..3 {
        who_am_i(&root).await;
    }
    index(&house).await;
    let input = LookupEventsInput { max_results: Some(3), ..identities() };
    let answered = root.call::<LookupEvents>(input).await;
    assert_eq!(names(&answered).len(), 3);
    assert_eq!(answered.output().next_token, None);
}

#[tokio::test]
async fn a_token_is_good_for_its_own_look_up_alone() {
    let house = boot().await;
    let root = house.root().await;
    for _ in 0..60 {
        who_am_i(&root).await;
    }
    index(&house).await;
    let first = root.call::<LookupEvents>(identities()).await;
    assert_eq!(names(&first).len(), 50, "a page has fifty events where no number is asked for");
    let token = first.output().next_token.clone();
    let with = |input: LookupEventsInput| LookupEventsInput { next_token: token.clone(), ..input };
    let shorter = LookupEventsInput { max_results: Some(2), ..identities() };
    assert_eq!(found(&root, with(shorter)).await.len(), 2, "the pages of one list may differ in length");
    assert_eq!(found(&root, with(identities())).await.len(), 10);

    let start_time = Some(house.clock().now() - Duration::from_secs(60));
    let others = [
        by("EventName", "CreateKey"),
        by("Username", "GetCallerIdentity"),
        LookupEventsInput::default(),
        LookupEventsInput { start_time, ..identities() },
        LookupEventsInput { end_time: Some(house.clock().now()), ..identities() },
    ];
    for other in others {
        assert_eq!(root.call::<LookupEvents>(with(other)).await.code(), "InvalidNextTokenException");
    }
    let stranger = house.root_of(OTHER_ACCOUNT).await;
    for actor in [root.clone().in_region("eu-west-1"), stranger] {
        assert_eq!(actor.call::<LookupEvents>(with(identities())).await.code(), "InvalidNextTokenException");
    }
    for forged in ["", "x", "AAAA", &format!("{}A", token.clone().unwrap())] {
        let input = LookupEventsInput { next_token: Some(forged.to_owned()), ..identities() };
        assert_eq!(root.call::<LookupEvents>(input).await.code(), "InvalidNextTokenException", "{forged}");
    }
}

#[tokio::test]
async fn more_events_than_one_look_up_gives_are_all_found() {
    let house = boot().await;
    let root = house.root().await;
    for _ in 0..520 {
        who_am_i(&root).await;
    }
    index(&house).await;
    let (mut count, mut token) = (0, None);
    loop {
        let answered = root.call::<LookupEvents>(LookupEventsInput { next_token: token, ..identities() }).await;
        count += names(&answered).len();
        token = answered.output().next_token.clone();
        if token.is_none() {
            break;
        }
    }
    assert_eq!(count, 520);
}

fn identities() -> LookupEventsInput {
    by("EventName", "GetCallerIdentity")
}

fn request_id(json: &str) -> String {
    let record: serde_json::Value = serde_json::from_str(json).unwrap();
    record["requestID"].as_str().unwrap().to_owned()
}
