//! What the trail shows of KMS's calls: <https://docs.aws.amazon.com/kms/latest/developerguide/understanding-kms-entries.html>.

use crate::rig::{alias, blob, context, decrypt, denied, document, owner, plain, put_policy, schedule, town};
use kernel::{Event, EventValue};
use shapes_kms::{
    CancelKeyDeletion, CancelKeyDeletionInput, DataKeySpec, DeleteAlias, DeleteAliasInput, DisableKey, DisableKeyInput,
    EnableKey, EnableKeyInput, Encrypt, EncryptInput, GenerateDataKey, GenerateDataKeyInput, GenerateRandom,
    GenerateRandomInput, Tag, TagResource, TagResourceInput, UntagResource, UntagResourceInput, UpdateAlias,
    UpdateAliasInput, UpdateKeyDescription, UpdateKeyDescriptionInput,
};

fn map(value: Option<&EventValue>) -> Vec<(String, String)> {
    let Some(EventValue::Map(entries)) = value else { return Vec::new() };
    let text = |value: &EventValue| match value {
        EventValue::Text(text) => text.clone(),
        EventValue::Integer(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    entries.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn resources(event: &Event) -> Vec<&str> {
    event.resources.iter().map(|one| one.arn.as_str()).collect()
}

#[tokio::test]
async fn a_new_key_is_among_the_resources_and_its_metadata_in_the_answer() {
    let town = town().await;
    let made = town.key().await;
    let event = town.house.last_event().await;
    assert_eq!((event.name.as_str(), event.read_only), ("CreateKey", false));
    assert_eq!(resources(&event), [made.arn.as_str()]);
    assert!(event.resources.iter().all(|one| one.kind == "AWS::KMS::Key"));
    let Some(EventValue::Map(answer)) = &event.response else { panic!("no answer on the trail") };
    let metadata = answer.iter().find(|(name, _)| name == "keyMetadata").map(|(_, value)| value);
    assert!(map(metadata).contains(&("keyId".to_owned(), made.id.as_str().to_owned())));
    assert_eq!(event.uses.len(), 1);
}

#[tokio::test]
async fn a_new_key_shows_what_was_not_said() {
    let town = town().await;
    let made = town.key().await;
    let created = town.house.last_event().await;
    let expected = [
        ("description", ""),
        ("keyUsage", "ENCRYPT_DECRYPT"),
        ("keySpec", "SYMMETRIC_DEFAULT"),
        ("customerMasterKeySpec", "SYMMETRIC_DEFAULT"),
        ("origin", "AWS_KMS"),
        ("multiRegion", "Boolean(false)"),
        ("bypassPolicyLockoutSafetyCheck", "Boolean(false)"),
    ];
    assert_eq!(map(created.parameters.as_ref()), pairs(&expected));
    put_policy(&town.root, &made.id, &document(&[&owner()])).await.output();
    let put = map(town.house.last_event().await.parameters.as_ref());
    for pair in pairs(&[("policyName", "default"), ("bypassPolicyLockoutSafetyCheck", "Boolean(false)")]) {
        assert!(put.contains(&pair), "{put:?}");
    }
}

#[tokio::test]
async fn operations_that_answer_nothing_show_their_key() {
    let town = town().await;
    let made = town.key().await;
    let root = &town.root;
    let (key_id, alias_name) = (made.id.clone(), "alias/a".to_owned());
    root.call::<DisableKey>(DisableKeyInput { key_id: key_id.clone() }).await.output();
    root.call::<EnableKey>(EnableKeyInput { key_id: key_id.clone() }).await.output();
    let input = UpdateKeyDescriptionInput { key_id: key_id.clone(), description: "x".to_owned() };
    root.call::<UpdateKeyDescription>(input).await.output();
    put_policy(root, &made.id, &document(&[&owner()])).await.output();
    let tags = vec![Tag { tag_key: "a".to_owned(), tag_value: "b".to_owned() }];
    root.call::<TagResource>(TagResourceInput { key_id: key_id.clone(), tags }).await.output();
    let tag_keys = vec!["a".to_owned()];
    root.call::<UntagResource>(UntagResourceInput { key_id: key_id.clone(), tag_keys }).await.output();
    alias(root, &alias_name, &made.id).await.output();
    let input = UpdateAliasInput { alias_name: alias_name.clone(), target_key_id: key_id.clone() };
    root.call::<UpdateAlias>(input).await.output();
    root.call::<DeleteAlias>(DeleteAliasInput { alias_name }).await.output();
    let events = town.house.events().await;
    assert_eq!(events.len(), 10);
    for event in events.iter().skip(1) {
        assert_eq!(map(event.response.as_ref()), pairs(&[("keyId", made.arn.as_str())]), "{}", event.name);
        assert!(!event.read_only && resources(event).contains(&made.arn.as_str()), "{}", event.name);
        let named = resources(event).iter().any(|arn| arn.ends_with(":alias/a"));
        assert_eq!(named, event.name.ends_with("Alias"), "{}", event.name);
    }
    let put = events.iter().find(|event| event.name == "PutKeyPolicy").unwrap();
    assert!(map(put.parameters.as_ref()).contains(&("policy".to_owned(), document(&[&owner()]))));
}

#[tokio::test]
async fn a_scheduled_deletion_has_its_date_in_cloudtrails_form() {
    let town = town().await;
    let made = town.key().await;
    schedule(&town.root, &made.id, Some(7)).await.output();
    let event = town.house.last_event().await;
    let expected =
        [("keyId", made.arn.as_str()), ("keyState", "PendingDeletion"), ("deletionDate", "Dec 1, 2026 12:00:00 PM")];
    assert_eq!(map(event.response.as_ref()), pairs(&expected));
    let expected = [("keyId", made.id.as_str()), ("pendingWindowInDays", "7")];
    assert_eq!(map(event.parameters.as_ref()), pairs(&expected));
    town.root.call::<CancelKeyDeletion>(CancelKeyDeletionInput { key_id: made.id.clone() }).await.output();
    let event = town.house.last_event().await;
    assert_eq!(map(event.response.as_ref()), pairs(&[("keyId", made.arn.as_str())]));
}

#[tokio::test]
async fn cryptography_shows_context_and_material_and_no_secret() {
    let town = town().await;
    let made = town.key().await;
    alias(&town.root, "alias/a", &made.id).await.output();
    let input = EncryptInput {
        encryption_context: context(&[("purpose", "demo")]),
        ..EncryptInput::new(crate::rig::key("alias/a"), plain(b"customer list"))
    };
    town.root.call::<Encrypt>(input).await.output();
    let encrypted = town.house.last_event().await;
    let input =
        GenerateDataKeyInput { key_spec: Some(DataKeySpec::Aes256), ..GenerateDataKeyInput::new(made.id.clone()) };
    let answered = town.root.call::<GenerateDataKey>(input).await;
    let generated = town.house.last_event().await;
    let sealed = answered.output().ciphertext_blob.as_ref().unwrap().to_vec();
    decrypt(&town.root, &sealed).await.output();
    let decrypted = town.house.last_event().await;
    let material = answered.output().key_material_id.clone().unwrap();
    for event in [&encrypted, &generated, &decrypted] {
        assert!(event.read_only && event.response.is_none(), "{}", event.name);
        assert_eq!(resources(event), [made.arn.as_str()]);
        assert_eq!(event.additional, pairs(&[("keyMaterialId", &material)]), "{}", event.name);
        assert_eq!(event.uses.len(), 1);
    }
    let shown = map(encrypted.parameters.as_ref());
    assert!(shown.contains(&("keyId".to_owned(), "alias/a".to_owned())), "as it was typed: {shown:?}");
    assert!(shown.iter().any(|(name, value)| name == "encryptionContext" && value.contains("demo")));
    assert_eq!(map(generated.parameters.as_ref()), pairs(&[("keyId", made.id.as_str()), ("keySpec", "AES_256")]));
    // Neither ciphertext nor plaintext.
    assert_eq!(map(decrypted.parameters.as_ref()), pairs(&[("encryptionAlgorithm", "SYMMETRIC_DEFAULT")]));
    let input = GenerateRandomInput { number_of_bytes: Some(32), ..GenerateRandomInput::default() };
    town.root.call::<GenerateRandom>(input).await.output();
    let event = town.house.last_event().await;
    assert!(event.resources.is_empty() && event.response.is_none());
}

#[tokio::test]
async fn refusals_stand_there_too() {
    let town = town().await;
    let made = town.key().await;
    let sealed = blob(&town.root, &made.id).await;
    let nobody = town.nobody("nobody").await;
    denied(&decrypt(&nobody, &sealed).await);
    let event = town.house.last_event().await;
    assert_eq!(event.error_code.as_deref(), Some("AccessDenied"));
    assert_eq!(event.identity.user_name.as_deref(), Some("nobody"));
    assert_eq!((event.wrote.len(), event.uses.len(), event.prepared), (0, 0, false));
    schedule(&town.root, &made.id, Some(6)).await.failure();
    let event = town.house.last_event().await;
    assert_eq!(event.error_code.as_deref(), Some("ValidationException"));
    assert!(event.response.is_none() && event.wrote.is_empty());
}
