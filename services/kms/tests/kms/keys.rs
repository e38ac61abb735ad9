//! Keys: made, described, found by their names, disabled and enabled.

use crate::rig::{NOBODY, alias, blob, decrypt, describe, encrypt, key, refused, state, town, with_metadata};
use house::{ACCOUNT, Tree};
use shapes_kms::{
    CreateKey, CreateKeyInput, CustomerMasterKeySpec, DescribeKey, DisableKey, DisableKeyInput, EnableKey,
    EnableKeyInput, GetKeyRotationStatus, GetKeyRotationStatusInput, KeySpec, KeyUsageType, OriginType,
    UpdateKeyDescription, UpdateKeyDescriptionInput,
};

#[tokio::test]
async fn a_new_key_is_a_symmetric_customer_key() {
    let town = town().await;
    let made = town.key().await;
    let arn = format!("arn:aws:kms:ap-northeast-1:{ACCOUNT}:key/{}", made.id.as_str());
    assert_eq!(made.arn.as_str(), arn);
    with_metadata(&town.root, &made.id, |key| {
        assert_eq!(key.key_id.as_str(), made.id.as_str(), "the metadata has the bare id");
        assert_eq!(key.arn.as_deref(), Some(arn.as_str()));
        assert_eq!(key.aws_account_id.as_deref(), Some(ACCOUNT));
        assert_eq!((key.enabled, key.multi_region), (Some(true), Some(false)));
        assert_eq!(
            (key.key_spec, key.key_usage),
            (Some(KeySpec::SymmetricDefault), Some(KeyUsageType::EncryptDecrypt))
        );
        assert_eq!(key.customer_master_key_spec, Some(CustomerMasterKeySpec::SymmetricDefault));
        assert_eq!(key.origin, Some(OriginType::AwsKms));
        assert_eq!(key.current_key_material_id.as_ref().map(String::len), Some(64));
        assert!(key.deletion_date.is_none());
    })
    .await;
}

#[tokio::test]
async fn what_create_key_does_not_offer_it_refuses() {
    let town = town().await;
    let of = |input| town.root.call::<CreateKey>(input);
    let none = CreateKeyInput::default;
    let answer = of(CreateKeyInput { key_spec: Some(KeySpec::Rsa2048), ..none() }).await;
    refused(&answer, "ValidationException", "You must specify a KeyUsage value for all KMS keys except for symmetric");
    let usage = Some(KeyUsageType::SignVerify);
    let answer = of(CreateKeyInput { key_spec: Some(KeySpec::Rsa2048), key_usage: usage, ..none() }).await;
    refused(&answer, "UnsupportedOperationException", "RSA_2048");
    let both = CreateKeyInput {
        key_spec: Some(KeySpec::SymmetricDefault),
        customer_master_key_spec: Some(CustomerMasterKeySpec::SymmetricDefault),
        ..none()
    };
    let words = "You cannot specify KeySpec and CustomerMasterKeySpec in the same request.";
    refused(&of(both).await, "ValidationException", words);
    let answer = of(CreateKeyInput { key_usage: Some(KeyUsageType::SignVerify), ..none() }).await;
    refused(&answer, "ValidationException", "SIGN_VERIFY");
    let answer = of(CreateKeyInput { origin: Some(OriginType::External), ..none() }).await;
    refused(&answer, "UnsupportedOperationException", "EXTERNAL");
    let answer = of(CreateKeyInput { multi_region: Some(true), ..none() }).await;
    refused(&answer, "UnsupportedOperationException", "Multi-Region");
    let answer = of(CreateKeyInput { custom_key_store_id: Some("cks-1".to_owned()), ..none() }).await;
    refused(&answer, "CustomKeyStoreNotFoundException", "cks-1");
    let answer = of(CreateKeyInput { xks_key_id: Some("x".to_owned()), ..none() }).await;
    refused(&answer, "UnsupportedOperationException", "External");
}

#[tokio::test]
async fn a_key_that_is_not_there() {
    let town = town().await;
    let arn = format!("arn:aws:kms:ap-northeast-1:{ACCOUNT}:key/{NOBODY}");
    let missing = format!("Key '{arn}' does not exist");
    refused(&describe(&town.root, &key(NOBODY)).await, "NotFoundException", &missing);
    refused(&describe(&town.root, &key(&arn)).await, "NotFoundException", &missing);
    refused(&describe(&town.root, &key("nope")).await, "NotFoundException", "Invalid keyId 'nope'");
    let there = arn.replace("ap-northeast-1", "us-west-2");
    refused(&describe(&town.root, &key(&there)).await, "NotFoundException", "Invalid arn us-west-2");
    let missing = format!("Alias arn:aws:kms:ap-northeast-1:{ACCOUNT}:alias/x is not found.");
    refused(&describe(&town.root, &key("alias/x")).await, "NotFoundException", &missing);
    let answer = town.root.enter::<DescribeKey>(Tree::map([("KeyId", Tree::text("k".repeat(2049)))])).await;
    refused(&answer, "ValidationException", "at 'keyId' failed to satisfy constraint: Member must have length");
}

#[tokio::test]
async fn a_key_answers_to_four_names_and_in_its_region_only() {
    let town = town().await;
    let made = town.key().await;
    alias(&town.root, "alias/payroll", &made.id).await.output();
    let alias_arn = key(&format!("arn:aws:kms:ap-northeast-1:{ACCOUNT}:alias/payroll"));
    for name in [&made.id, &made.arn, &key("alias/payroll"), &alias_arn] {
        let answered = encrypt(&town.root, name).await;
        assert_eq!(answered.output().key_id.as_ref(), Some(&made.arn), "crypto operations answer the ARN");
    }
    let elsewhere = town.root.clone().in_region("us-west-2");
    refused(&describe(&elsewhere, &made.id).await, "NotFoundException", "us-west-2");
    refused(&describe(&elsewhere, &made.arn).await, "NotFoundException", "Invalid arn ap-northeast-1");
    let blob = blob(&town.root, &made.id).await;
    refused(&decrypt(&elsewhere, &blob).await, "InvalidCiphertextException", "");
}

#[tokio::test]
async fn management_takes_no_alias() {
    let town = town().await;
    let made = town.key().await;
    alias(&town.root, "alias/a", &made.id).await.output();
    let answer = town.root.call::<DisableKey>(DisableKeyInput { key_id: key("alias/a") }).await;
    refused(&answer, "NotFoundException", "Invalid keyId 'alias/a'");
    assert_eq!(state(&town.root, &made.id).await, "Enabled");
}

#[tokio::test]
async fn disabled_and_enabled_again() {
    let town = town().await;
    let made = town.key().await;
    let blob = blob(&town.root, &made.id).await;
    for _ in 0..2 {
        town.root.call::<DisableKey>(DisableKeyInput { key_id: made.arn.clone() }).await.output();
    }
    assert_eq!(state(&town.root, &made.id).await, "Disabled");
    let text = format!("{} is disabled.", made.arn.as_str());
    refused(&decrypt(&town.root, &blob).await, "DisabledException", &text);
    for _ in 0..2 {
        town.root.call::<EnableKey>(EnableKeyInput { key_id: made.id.clone() }).await.output();
    }
    decrypt(&town.root, &blob).await.output();
}

#[tokio::test]
async fn the_description_is_replaced() {
    let town = town().await;
    let made = town.key_of(CreateKeyInput { description: Some("one".to_owned()), ..CreateKeyInput::default() }).await;
    for text in ["two: é", ""] {
        let input = UpdateKeyDescriptionInput { key_id: made.id.clone(), description: text.to_owned() };
        town.root.call::<UpdateKeyDescription>(input).await.output();
        let now = with_metadata(&town.root, &made.id, |key| key.description.clone()).await;
        assert_eq!(now.as_deref(), Some(text));
    }
}

#[tokio::test]
async fn rotation_is_off() {
    let town = town().await;
    let made = town.key().await;
    let input = GetKeyRotationStatusInput { key_id: made.arn.clone() };
    let answered = town.root.call::<GetKeyRotationStatus>(input).await;
    let status = answered.output();
    assert_eq!((status.key_rotation_enabled, status.key_id.as_ref()), (Some(false), Some(&made.id)));
    assert!(status.rotation_period_in_days.is_none() && status.next_rotation_date.is_none());
}
