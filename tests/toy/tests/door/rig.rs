//! What the tests share: houses with boxes, and policies.

use house::{Actor, House};
use secret::Secret;
use shapes_toy::{CreateBoxInput, PutNoteInput};
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

pub fn note(text: &str) -> Secret {
    Secret::from_vec(text.as_bytes().to_vec())
}

pub fn put(name: &str, text: &str) -> PutNoteInput {
    PutNoteInput::new(name.to_owned(), note(text))
}

pub async fn house() -> Arc<House> {
    House::boot([&toy::SERVICE]).await
}

/// A box with a note in it.
pub async fn make(owner: &Actor, name: &str, text: &str) {
    owner.call::<shapes_toy::CreateBox>(CreateBoxInput::new(name.to_owned())).await.output();
    owner.call::<shapes_toy::PutNote>(put(name, text)).await.output();
}
