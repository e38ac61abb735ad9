//! Comparing a record with its golden one.

use house::{Actor, House};
use kernel::Event;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

/// A house whose root user calls over TLS.
pub async fn boot() -> (Arc<House>, Actor) {
    let house = House::boot([&::kms::SERVICE, &::iam::SERVICE, &::sts::SERVICE]).await;
    let root = house.root().await.over_tls();
    (house, root)
}

/// The record of `event` is the golden one called `name`, once each `(text, word)` of `words` is put in.
pub fn compare(name: &str, event: &Event, words: &[(&str, &str)]) {
    let id = kernel_id(event);
    let mut json = cloudtrail::json(event);
    for (text, word) in words.iter().chain(&[(id.as_str(), "EVENT_ID"), (event.request_id.as_str(), "REQUEST_ID")]) {
        json = json.replace(text, word);
    }
    if let Some(key) = &event.identity.access_key_id {
        json = json.replace(key, "CALLERS_ACCESS_KEY_ID");
    }
    let found: Value = serde_json::from_str(&json).unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.json"));
    let golden: Value = serde_json::from_str(&text_of(&file)).unwrap();
    assert_eq!(found, golden, "the record of {name} is\n{found:#}");
}

#[expect(clippy::disallowed_methods, reason = "the golden records are files of the tests")]
fn text_of(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap()
}

fn kernel_id(event: &Event) -> String {
    uuid::Uuid::from_bytes(event.id).to_string()
}
