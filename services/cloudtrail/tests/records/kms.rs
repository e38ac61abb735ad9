//! KMS: <https://docs.aws.amazon.com/kms/latest/developerguide/understanding-kms-entries.html>.

use crate::golden::{boot, compare};
use house::{Actor, House};
use names::KeyRef;
use secret::Secret;
use shapes_kms::{
    CreateAlias, CreateAliasInput, CreateKey, CreateKeyInput, DataKeySpec, Decrypt, DecryptInput, DisableKey,
    DisableKeyInput, Encrypt, EncryptInput, GenerateDataKey, GenerateDataKeyInput, PutKeyPolicy, PutKeyPolicyInput,
    ScheduleKeyDeletion, ScheduleKeyDeletionInput,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A house with a key.
struct Rig {
    house: Arc<House>,
    root: Actor,
    key: String,
    material: String,
}

impl Rig {
    async fn boot() -> Self {
        let (house, root) = boot().await;
        let input = CreateKeyInput { description: Some("demo".to_owned()), ..CreateKeyInput::default() };
        let made = root.call::<CreateKey>(input).await;
        let metadata = made.output().key_metadata.as_ref().unwrap();
        let (key, material) = (metadata.key_id.as_str().to_owned(), metadata.current_key_material_id.clone().unwrap());
        Self { house, root, key, material }
    }

    fn key(&self) -> KeyRef {
        KeyRef::parse(&self.key)
    }

    async fn compare(&self, name: &str) {
        let words = [(self.key.as_str(), "KEY_ID"), (self.material.as_str(), "KEY_MATERIAL_ID")];
        compare(name, &self.house.last_event().await, &words);
    }

    async fn encrypt(&self) -> bytes::Bytes {
        let plaintext = Secret::fill(5, |bytes| bytes.copy_from_slice(b"hello"));
        let input = EncryptInput { encryption_context: context(), ..EncryptInput::new(self.key(), plaintext) };
        self.root.call::<Encrypt>(input).await.output().ciphertext_blob.clone().unwrap()
    }
}

fn context() -> Option<BTreeMap<String, String>> {
    Some(BTreeMap::from([("purpose".to_owned(), "demo".to_owned())]))
}

#[tokio::test]
async fn create_key() {
    Rig::boot().await.compare("CreateKey").await;
}

#[tokio::test]
async fn encrypt_and_decrypt() {
    let rig = Rig::boot().await;
    let blob = rig.encrypt().await;
    rig.compare("Encrypt").await;
    let input = || DecryptInput {
        ciphertext_blob: Some(blob.clone()),
        encryption_context: context(),
        ..DecryptInput::default()
    };
    rig.root.call::<Decrypt>(input()).await.output();
    rig.compare("Decrypt").await;
    let alice = rig.house.user("alice", &[]).await.over_tls();
    let refused = alice.call::<Decrypt>(DecryptInput { key_id: Some(rig.key()), ..input() }).await;
    assert_eq!(refused.code(), "AccessDeniedException");
    let event = rig.house.last_event().await;
    let id = event.identity.principal_id.clone();
    compare("DecryptDenied", &event, &[(rig.key.as_str(), "KEY_ID"), (id.as_str(), "USER_ID")]);
}

#[tokio::test]
async fn generate_data_key() {
    let rig = Rig::boot().await;
    let input = GenerateDataKeyInput {
        key_spec: Some(DataKeySpec::Aes256),
        encryption_context: context(),
        ..GenerateDataKeyInput::new(rig.key())
    };
    rig.root.call::<GenerateDataKey>(input).await.output();
    rig.compare("GenerateDataKey").await;
}

#[tokio::test]
async fn disable_key() {
    let rig = Rig::boot().await;
    rig.root.call::<DisableKey>(DisableKeyInput { key_id: rig.key() }).await.output();
    rig.compare("DisableKey").await;
}

#[tokio::test]
async fn put_key_policy() {
    let rig = Rig::boot().await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"}]}"#;
    let input = PutKeyPolicyInput::new(rig.key(), policy.to_owned());
    rig.root
        .call::<PutKeyPolicy>(PutKeyPolicyInput { policy_name: Some("default".to_owned()), ..input })
        .await
        .output();
    rig.compare("PutKeyPolicy").await;
}

#[tokio::test]
async fn create_alias() {
    let rig = Rig::boot().await;
    let input = CreateAliasInput { alias_name: "alias/demo".to_owned(), target_key_id: rig.key() };
    rig.root.call::<CreateAlias>(input).await.output();
    rig.compare("CreateAlias").await;
}

#[tokio::test]
async fn schedule_key_deletion_and_the_deletion() {
    let rig = Rig::boot().await;
    let input =
        ScheduleKeyDeletionInput { pending_window_in_days: Some(7), ..ScheduleKeyDeletionInput::new(rig.key()) };
    rig.root.call::<ScheduleKeyDeletion>(input).await.output();
    rig.compare("ScheduleKeyDeletion").await;
    rig.house.clock().pass(DAY * 8);
    let rounds = rig.house.rounds("kms");
    for task in ::kms::SERVICE.tasks {
        task.run(&rounds).await.unwrap();
    }
    rig.compare("DeleteKey").await;
}
