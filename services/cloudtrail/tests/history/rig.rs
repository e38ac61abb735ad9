//! What the tests of the history have in common.

use house::{Actor, Answered, House};
use shapes_cloudtrail::{LookupAttribute, LookupEvents, LookupEventsInput};
use shapes_kms::{CreateKey, CreateKeyInput, Decrypt, DecryptInput, Encrypt, EncryptInput};
use std::sync::Arc;

pub const READ_HISTORY: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"cloudtrail:LookupEvents","Resource":"*"}}"#;

pub async fn boot() -> Arc<House> {
    House::boot([&cloudtrail::SERVICE, &kms::SERVICE, &sts::SERVICE]).await
}

/// Brings the look-up index up to date, as the program does each second.
pub async fn index(house: &House) {
    while kernel::index_pending(house.store()).await.unwrap() {}
}

pub fn by(key: &str, value: &str) -> LookupEventsInput {
    let one = LookupAttribute { attribute_key: key.to_owned(), attribute_value: value.to_owned() };
    LookupEventsInput { lookup_attributes: Some(vec![one]), ..LookupEventsInput::default() }
}

/// The names of the events that `actor` finds.
pub async fn found(actor: &Actor, input: LookupEventsInput) -> Vec<String> {
    names(&actor.call::<LookupEvents>(input).await)
}

pub fn names(answered: &Answered<LookupEvents>) -> Vec<String> {
    let events = answered.output().events.as_deref().unwrap();
    events.iter().map(|event| event.event_name.clone().unwrap()).collect()
}

pub async fn who_am_i(actor: &Actor) -> String {
    let answered = actor.call::<shapes_sts::GetCallerIdentity>(shapes_sts::GetCallerIdentityInput {}).await;
    answered.request_id().to_owned()
}

/// A new key's ARN.
pub async fn key(actor: &Actor) -> String {
    let answered = actor.call::<CreateKey>(CreateKeyInput::default()).await;
    answered.output().key_metadata.as_ref().unwrap().arn.clone().unwrap()
}

pub async fn encrypt(actor: &Actor, key: &str) -> Vec<u8> {
    let plaintext = secret::Secret::fill(5, |bytes| bytes.copy_from_slice(b"hello"));
    let input = EncryptInput::new(names::KeyRef::parse(key), plaintext);
    actor.call::<Encrypt>(input).await.output().ciphertext_blob.clone().unwrap().to_vec()
}

pub async fn decrypt(actor: &Actor, key: &str, blob: Vec<u8>) -> String {
    let input = DecryptInput {
        key_id: Some(names::KeyRef::parse(key)),
        ciphertext_blob: Some(blob.into()),
        ..DecryptInput::default()
    };
    actor.call::<Decrypt>(input).await.code()
}
