//! KeyMetadata: what CreateKey and DescribeKey say of a key.

use crate::key::Key;
use crate::tables::KeyRecord;
use kernel::Thing;
use names::{AccountId, Arn, KeyId, KeyRef, Time};
use shapes_kms::{
    CustomerMasterKeySpec, EncryptionAlgorithmSpec, KeyManagerType, KeyMetadata, KeySpec, KeyState, KeyUsageType,
    OriginType,
};
use vault::Keyed;

/// Of a key that is there.
pub fn of(key: &Key) -> KeyMetadata {
    described(&key.arn(), key.account, &key.id, &key.record, key.material_id(key.current()))
}

/// Of a key that is being made, too.
pub fn described(
    arn: &Arn,
    account: AccountId,
    id: &KeyId,
    record: &KeyRecord,
    material: Option<String>,
) -> KeyMetadata {
    let state = match (record.deletion, record.enabled) {
        (Some(_), _) => KeyState::PendingDeletion,
        (None, true) => KeyState::Enabled,
        (None, false) => KeyState::Disabled,
    };
    KeyMetadata {
        aws_account_id: Some(account.to_string()),
        arn: Some(arn.to_string()),
        creation_date: Some(Time::from_micros(record.created)),
        enabled: Some(state == KeyState::Enabled),
        description: Some(record.description.clone()),
        key_usage: Some(KeyUsageType::EncryptDecrypt),
        key_state: Some(state),
        deletion_date: record.deletion.map(Time::from_micros),
        origin: Some(OriginType::AwsKms),
        key_manager: Some(KeyManagerType::Customer),
        // Deprecated, and still the one that Terraform reads.
        customer_master_key_spec: Some(CustomerMasterKeySpec::SymmetricDefault),
        key_spec: Some(KeySpec::SymmetricDefault),
        encryption_algorithms: Some(vec![EncryptionAlgorithmSpec::SymmetricDefault]),
        multi_region: Some(false),
        current_key_material_id: material,
        ..KeyMetadata::new(KeyRef::parse(id.as_str()))
    }
}
