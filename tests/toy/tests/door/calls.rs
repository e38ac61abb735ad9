//! One call at a time: who may, what is answered, what is recorded.

use crate::rig::{ALL, describe, house, make, put, read, replace};
use kernel::EventValue;
use shape::Empty;
use shapes_toy::{BoxState, CreateBoxInput, ListBoxesInput, Tag};

fn text(value: &str) -> EventValue {
    EventValue::Text(value.to_owned())
}

#[tokio::test]
async fn a_note_goes_in_and_comes_out_and_never_stands_on_the_trail() {
    let house = house().await;
    let alice = house.user("alice", &[ALL]).await;
    let made = alice.call::<shapes_toy::CreateBox>(CreateBoxInput::new("tools".to_owned())).await;
    assert_eq!(made.output().arn, "arn:aws:toy:ap-northeast-1:111122223333:box/tools");
    alice.call::<shapes_toy::PutNote>(put("tools", "a-note-to-find")).await.output();
    let read = alice.call::<shapes_toy::ReadNote>(read("tools")).await;
    assert_eq!(read.reveal(&read.output().note), b"a-note-to-find");
    let described = alice.call::<shapes_toy::DescribeBox>(describe("tools")).await;
    assert_eq!(described.output().r#box.state, Some(BoxState::HoldsNote));

    let events = house.events().await;
    let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["CreateBox", "PutNote", "ReadNote", "DescribeBox"]);
    let put = &events[1];
    assert_eq!(put.parameters, Some(EventValue::Map(vec![("name".to_owned(), text("tools"))])));
    assert_eq!((put.source.as_str(), put.identity.user_name.as_deref()), ("toy.amazonaws.com", Some("alice")));
    assert_eq!(put.identity.access_key_id.as_deref(), Some(alice.access_key_id()));
    assert_eq!(put.statements, ["inline:0#0"]);
    assert_eq!((put.wrote.len(), put.uses.len(), put.resources.len()), (1, 1, 1));
    assert!(events[2].read_only && events[2].wrote.is_empty() && events[2].uses.len() == 1);
    for event in &events {
        let bytes = event.encode().unwrap();
        assert!(!bytes.windows(14).any(|window| window == b"a-note-to-find"), "the note is on the trail");
    }
}

#[tokio::test]
async fn an_open_operation_answers_whatever_the_policies_say() {
    let house = house().await;
    let mallory = house.user("mallory", &[&crate::rig::deny(&["toy:*"])]).await;
    let answered = mallory.call::<shapes_toy::WhoAmI>(Empty).await;
    assert_eq!(answered.output().arn, "arn:aws:iam::111122223333:user/mallory");
    let event = house.last_event().await;
    assert_eq!(event.statements, ["open: it tells the caller nothing that his credentials do not say"]);
}

#[tokio::test]
async fn an_internal_operation_is_for_the_rounds_alone() {
    let house = house().await;
    let root = house.root().await;
    make(&root, "tools", "a note").await;
    crate::rig::attach_deny(&root, "tools").await;
    assert!(toy::SERVICE.row("Sweep").is_none(), "no wire leads to it");
    let refused = root.call::<shapes_toy::Sweep>(Empty).await;
    assert_eq!(refused.code(), "AccessDeniedException", "not even root");
    assert_eq!(
        root.call::<shapes_toy::DescribeBox>(describe("tools")).await.output().r#box.state,
        Some(BoxState::HoldsNote)
    );

    let before = house.events().await.len();
    toy::SERVICE.tasks[0].run(&house.rounds("toy")).await.unwrap();
    let events = house.events().await;
    assert_eq!(events.len(), before + 1);
    let event = &events[before];
    assert_eq!((event.name.as_str(), event.error_code.as_deref(), event.wrote.len()), ("Sweep", None, 1));
    assert_eq!(
        (event.identity.kind.as_str(), event.identity.invoked_by.as_deref()),
        ("AWSService", Some("AWS Internal"))
    );
    assert_eq!(
        root.call::<shapes_toy::DescribeBox>(describe("tools")).await.output().r#box.state,
        Some(BoxState::Empty)
    );
}

#[tokio::test]
async fn a_list_shows_the_callers_account_page_by_page() {
    let house = house().await;
    let (alice, other) = (house.user("alice", &[ALL]).await, house.root_of(house::OTHER_ACCOUNT).await);
    for name in ["a", "b", "c"] {
        alice.call::<shapes_toy::CreateBox>(CreateBoxInput::new(name.to_owned())).await.output();
    }
    other.call::<shapes_toy::CreateBox>(CreateBoxInput::new("theirs".to_owned())).await.output();
    let page = |marker| ListBoxesInput { limit: Some(2), marker };
    let first = alice.call::<shapes_toy::ListBoxes>(page(None)).await;
    let names =
        |output: &shapes_toy::ListBoxesOutput| output.boxes.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(first.output()), ["a", "b"]);
    let second = alice.call::<shapes_toy::ListBoxes>(page(first.output().next_marker.clone())).await;
    assert_eq!((names(second.output()), second.output().next_marker.clone()), (vec!["c".to_owned()], None));
    let elsewhere = alice.clone().in_region("eu-west-1").call::<shapes_toy::ListBoxes>(page(None)).await;
    assert!(elsewhere.output().boxes.is_empty());
}

#[tokio::test]
async fn conditions_see_the_request_the_target_and_the_caller() {
    let house = house().await;
    let condition = |key: &str, value: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"toy:*","Resource":"*","Condition":{{"StringEquals":{{"{key}":"{value}"}}}}}}}}"#
        )
    };
    let tagger = house.user("tagger", &[&condition("aws:RequestTag/team", "red")]).await;
    let tagged = |team: &str| CreateBoxInput {
        tags: Some(vec![Tag { tag_key: "Team".to_owned(), tag_value: team.to_owned() }]),
        ..CreateBoxInput::new(format!("box-{team}"))
    };
    tagger.call::<shapes_toy::CreateBox>(tagged("red")).await.output();
    assert_eq!(tagger.call::<shapes_toy::CreateBox>(tagged("blue")).await.code(), "AccessDeniedException");

    let root = house.root().await;
    root.call::<shapes_toy::CreateBox>(tagged("blue")).await.output();
    let reds = house.user("reds", &[&condition("aws:ResourceTag/team", "red")]).await;
    reds.call::<shapes_toy::DescribeBox>(describe("box-red")).await.output();
    assert_eq!(reds.call::<shapes_toy::DescribeBox>(describe("box-blue")).await.code(), "AccessDeniedException");

    let named = house.user("named", &[&condition("aws:username", "named")]).await;
    named.call::<shapes_toy::DescribeBox>(describe("box-red")).await.output();
    let secure = house.user("secure", &[&condition("aws:SecureTransport", "true")]).await;
    assert_eq!(secure.call::<shapes_toy::DescribeBox>(describe("box-red")).await.code(), "AccessDeniedException");
    secure.over_tls().call::<shapes_toy::DescribeBox>(describe("box-red")).await.output();
}

#[tokio::test]
async fn a_new_box_of_an_old_name_holds_nothing_of_the_old_one() {
    let house = house().await;
    let alice = house.user("alice", &[ALL]).await;
    make(&alice, "tools", "old").await;
    replace(&alice, "tools", "new").await;
    assert_eq!(crate::rig::content(&alice, "tools").await, b"new");
}
