//! What the tests share: houses with boxes, and policies.

use house::{Actor, House};
use kernel::Event;
use secret::Secret;
use shapes_toy::{AttachDenyInput, CreateBoxInput, DeleteBoxInput, DescribeBoxInput, PutNoteInput, ReadNoteInput};
use std::sync::Arc;

pub const ALL: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"toy:*","Resource":"*"}}"#;

/// A policy that allows these actions on everything.
pub fn allow(actions: &[&str]) -> String {
    statement("Allow", actions)
}

pub fn deny(actions: &[&str]) -> String {
    statement("Deny", actions)
}

fn statement(effect: &str, actions: &[&str]) -> String {
    let actions: Vec<String> = actions.iter().map(|action| format!("\"{action}\"")).collect();
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Action":[{}],"Resource":"*"}}}}"#,
        actions.join(",")
    )
}

pub fn put(name: &str, text: &str) -> PutNoteInput {
    PutNoteInput::new(name.to_owned(), Secret::from_vec(text.as_bytes().to_vec()))
}

pub fn read(name: &str) -> ReadNoteInput {
    ReadNoteInput { name: name.to_owned() }
}

pub fn describe(name: &str) -> DescribeBoxInput {
    DescribeBoxInput { name: name.to_owned() }
}

pub async fn house() -> Arc<House> {
    House::boot([&toy::SERVICE]).await
}

/// A box with a note in it.
pub async fn make(owner: &Actor, name: &str, text: &str) {
    owner.call::<shapes_toy::CreateBox>(CreateBoxInput::new(name.to_owned())).await.output();
    owner.call::<shapes_toy::PutNote>(put(name, text)).await.output();
}

/// Another box under the name of one that was.
pub async fn replace(owner: &Actor, name: &str, text: &str) {
    owner.call::<shapes_toy::DeleteBox>(DeleteBoxInput::new(name.to_owned())).await.output();
    make(owner, name, text).await;
}

pub async fn attach_deny(owner: &Actor, name: &str) {
    owner.call::<shapes_toy::AttachDeny>(AttachDenyInput { name: name.to_owned() }).await.output();
}

/// What stands in a box, read by somebody who may.
pub async fn content(reader: &Actor, name: &str) -> Vec<u8> {
    let answered = reader.call::<shapes_toy::ReadNote>(read(name)).await;
    answered.reveal(&answered.output().note)
}

/// The events that the calls since `before` have left: name and error code.
pub fn told(events: &[Event], before: usize) -> Vec<(&str, &str)> {
    fn one(event: &Event) -> (&str, &str) {
        (event.name.as_str(), event.error_code.as_deref().unwrap_or_default())
    }
    events.iter().skip(before).map(one).collect()
}
