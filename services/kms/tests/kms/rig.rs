//! A house with KMS in it, its root user, and the calls that the tests make most.

use house::{ACCOUNT, Actor, Answered, House};
use names::KeyRef;
use secret::Secret;
use shape::OperationShape;
use shapes_kms::{
    CreateAlias, CreateAliasInput, CreateKey, CreateKeyInput, Decrypt, DecryptInput, DescribeKey, DescribeKeyInput,
    Encrypt, EncryptInput, KeyMetadata, PutKeyPolicy, PutKeyPolicyInput, ScheduleKeyDeletion, ScheduleKeyDeletionInput,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A well-formed id that no key has.
pub const NOBODY: &str = "12345678-1234-4123-8123-123456789012";

pub struct Town {
    pub house: Arc<House>,
    pub root: Actor,
}

/// A key by its two names.
pub struct Made {
    pub id: KeyRef,
    pub arn: KeyRef,
}

pub async fn town() -> Town {
    let house = House::boot([&kms::SERVICE]).await;
    let root = house.root().await;
    Town { house, root }
}

impl Town {
    pub async fn key(&self) -> Made {
        self.key_of(CreateKeyInput::default()).await
    }

    pub async fn key_of(&self, input: CreateKeyInput) -> Made {
        let answered = self.root.call::<CreateKey>(input).await;
        let made = answered.output().key_metadata.as_ref().unwrap();
        Made { id: made.key_id.clone(), arn: key(made.arn.as_deref().unwrap()) }
    }

    /// A user who may what these statements say.
    pub async fn user(&self, name: &str, statements: &[&str]) -> Actor {
        self.house.user(name, &[&document(statements)]).await
    }

    /// A user without any policy.
    pub async fn nobody(&self, name: &str) -> Actor {
        self.house.user(name, &[]).await
    }

    /// What the house does by itself when its time has come.
    pub async fn rounds(&self) {
        for task in kms::SERVICE.tasks {
            task.run(&self.house.rounds("kms")).await.unwrap();
        }
    }
}

pub fn key(text: &str) -> KeyRef {
    KeyRef::parse(text)
}

pub fn document(statements: &[&str]) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
}

/// The statement that lets the account's identity policies decide.
pub fn owner() -> String {
    format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{ACCOUNT}:root"}},"Action":"kms:*","Resource":"*"}}"#
    )
}

pub fn allow(actions: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":[{actions}],"Resource":"*"}}"#)
}

pub fn allow_if(actions: &str, condition: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":[{actions}],"Resource":"*","Condition":{condition}}}"#)
}

/// A statement of a key policy that opens the key to everybody who meets the condition.
pub fn open_if(action: &str, condition: &str) -> String {
    let principal = r#"{"AWS":"*"}"#;
    format!(
        r#"{{"Effect":"Allow","Principal":{principal},"Action":"{action}","Resource":"*","Condition":{condition}}}"#
    )
}

pub fn to(principal: &str, actions: &str) -> String {
    format!(r#"{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":[{actions}],"Resource":"*"}}"#)
}

pub fn plain(text: &[u8]) -> Secret {
    Secret::from_vec(text.to_vec())
}

pub fn context(pairs: &[(&str, &str)]) -> Option<BTreeMap<String, String>> {
    Some(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
}

pub async fn encrypt(actor: &Actor, key: &KeyRef) -> Answered<Encrypt> {
    actor.call::<Encrypt>(EncryptInput::new(key.clone(), plain(b"customer list"))).await
}

pub async fn blob(actor: &Actor, key: &KeyRef) -> Vec<u8> {
    encrypt(actor, key).await.output().ciphertext_blob.as_ref().unwrap().to_vec()
}

pub async fn decrypt(actor: &Actor, blob: &[u8]) -> Answered<Decrypt> {
    let input = DecryptInput { ciphertext_blob: Some(blob.to_vec().into()), ..DecryptInput::default() };
    actor.call::<Decrypt>(input).await
}

pub async fn describe(actor: &Actor, key: &KeyRef) -> Answered<DescribeKey> {
    actor.call::<DescribeKey>(DescribeKeyInput::new(key.clone())).await
}

pub async fn with_metadata<T>(actor: &Actor, key: &KeyRef, look: impl FnOnce(&KeyMetadata) -> T) -> T {
    look(describe(actor, key).await.output().key_metadata.as_ref().unwrap())
}

pub async fn state(actor: &Actor, key: &KeyRef) -> &'static str {
    with_metadata(actor, key, |key| shape::Enumeration::as_str(key.key_state.unwrap())).await
}

pub async fn alias(actor: &Actor, name: &str, key: &KeyRef) -> Answered<CreateAlias> {
    let input = CreateAliasInput { alias_name: name.to_owned(), target_key_id: key.clone() };
    actor.call::<CreateAlias>(input).await
}

pub async fn schedule(actor: &Actor, key: &KeyRef, days: Option<i64>) -> Answered<ScheduleKeyDeletion> {
    let input = ScheduleKeyDeletionInput { pending_window_in_days: days, ..ScheduleKeyDeletionInput::new(key.clone()) };
    actor.call::<ScheduleKeyDeletion>(input).await
}

pub async fn put_policy(actor: &Actor, key: &KeyRef, policy: &str) -> Answered<PutKeyPolicy> {
    actor.call::<PutKeyPolicy>(PutKeyPolicyInput::new(key.clone(), policy.to_owned())).await
}

/// The call failed with this code, and its text has these words.
#[track_caller]
pub fn refused<S: OperationShape>(answered: &Answered<S>, code: &str, words: &str) {
    let failure = answered.failure();
    assert_eq!(failure.code, code, "{}", failure.text);
    assert!(failure.text.contains(words), "{:?} has not {words:?}", failure.text);
}

/// The call was not allowed.
#[track_caller]
pub fn denied<S: OperationShape>(answered: &Answered<S>) {
    refused(answered, "AccessDeniedException", "");
}
