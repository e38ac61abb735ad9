//! One call at a time: who may, what is answered, what is recorded.

use crate::rig::{ALL, house, make, put};
use kernel::EventValue;
use shapes_toy::{BoxState, CreateBoxInput, DescribeBoxInput, ReadNoteInput};

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
    let read = alice.call::<shapes_toy::ReadNote>(ReadNoteInput { name: "tools".to_owned() }).await;
    assert_eq!(read.reveal(&read.output().note), b"a-note-to-find");
    let described = alice.call::<shapes_toy::DescribeBox>(DescribeBoxInput { name: "tools".to_owned() }).await;
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
    make(&alice, "other", "x").await;
}
