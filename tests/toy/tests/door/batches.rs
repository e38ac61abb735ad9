//! A batch: each item judged, done and recorded by itself, and committed in groups.

use crate::rig::{ALL, house};
use house::{Actor, House};
use shapes_toy::{CreateBoxInput, DeleteBoxesInput, ListBoxesInput};
use std::sync::Arc;

const ITEMS: usize = 250;
/// The gate's own number; this test pins it.
const BATCH_ITEMS_PER_COMMIT: u64 = 100;

async fn filled() -> (Arc<House>, Actor, Vec<String>) {
    let house = house().await;
    let root = house.root().await;
    let names: Vec<String> = (0..ITEMS).map(|number| format!("box-{number:03}")).collect();
    for name in &names {
        root.call::<shapes_toy::CreateBox>(CreateBoxInput::new(name.clone())).await.output();
    }
    (house, root, names)
}

#[tokio::test]
async fn a_batch_commits_in_groups_with_an_event_for_each_item() {
    let (house, root, names) = filled().await;
    let commits = house.commit_attempts();
    let answered = root.call::<shapes_toy::DeleteBoxes>(DeleteBoxesInput { names: names.clone() }).await;
    assert!(answered.output().results.iter().all(|result| result.deleted && result.code.is_none()));
    let groups = (ITEMS as u64).div_ceil(BATCH_ITEMS_PER_COMMIT);
    assert_eq!(house.commit_attempts(), commits + groups + 1, "and one for the batch itself");

    let events = answered.events_in(&house.events().await);
    assert_eq!(events.len(), ITEMS + 1);
    let (batch, items) = events.split_last().unwrap();
    assert_eq!((batch.name.as_str(), batch.wrote.len()), ("DeleteBoxes", 0));
    assert!(
        items
            .iter()
            .all(|item| item.name == "DeleteBox" && item.wrote.len() == 1 && item.identity.invoked_by.is_none())
    );
    let left = root.call::<shapes_toy::ListBoxes>(ListBoxesInput { limit: None, marker: None }).await;
    assert!(left.output().boxes.is_empty());
}

#[tokio::test]
async fn each_item_is_judged_by_itself() {
    let (house, root, names) = filled().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"toy:*","Resource":"*"},
        {"Effect":"Deny","Action":"toy:DeleteBox","Resource":"arn:aws:toy:*:*:box/box-1*"}]}"#;
    let bob = house.user("bob", &[policy]).await;
    let mut asked = names.clone();
    asked.push("box-gone".to_owned());
    let answered = bob.call::<shapes_toy::DeleteBoxes>(DeleteBoxesInput { names: asked }).await;
    for result in &answered.output().results {
        let expected = match result.name.as_str() {
            "box-gone" => Some("NoSuchBox"),
            name if name.starts_with("box-1") => Some("AccessDeniedException"),
            _ => None,
        };
        assert_eq!((result.code.as_deref(), result.deleted), (expected, expected.is_none()), "{}", result.name);
    }
    let events = answered.events_in(&house.events().await);
    assert_eq!(events.iter().filter(|event| event.error_code.as_deref() == Some("AccessDenied")).count(), 100);
    let left = root.call::<shapes_toy::ListBoxes>(ListBoxesInput { limit: Some(100), marker: None }).await;
    assert!(left.output().boxes.iter().all(|one| one.name.starts_with("box-1")));
    assert_eq!(left.output().boxes.len(), 100);
}

#[tokio::test]
async fn a_batch_needs_no_right_of_its_own_and_gives_none() {
    let (_house, root, names) = filled().await;
    let bob = _house.user("bob", &[]).await;
    let answered = bob.call::<shapes_toy::DeleteBoxes>(DeleteBoxesInput { names: names.clone() }).await;
    assert!(answered.output().results.iter().all(|result| !result.deleted));
    let left = root.call::<shapes_toy::ListBoxes>(ListBoxesInput { limit: None, marker: None }).await;
    assert_eq!(left.output().boxes.len(), 100, "a page of them");
}

#[tokio::test]
async fn a_group_that_conflicts_is_judged_anew() {
    let (house, root, names) = filled().await;
    let alice = house.user("alice", &[ALL]).await;
    let other = root.clone();
    house.before_commits(1, move || {
        let root = other.clone();
        async move { drop(root.call::<shapes_toy::PutNote>(crate::rig::put("box-007", "x")).await) }
    });
    let answered = alice.call::<shapes_toy::DeleteBoxes>(DeleteBoxesInput { names }).await;
    assert!(answered.output().results.iter().all(|result| result.deleted), "what a box holds is no reason to keep it");
    assert_eq!(answered.events_in(&house.events().await).len(), ITEMS + 1);
}
