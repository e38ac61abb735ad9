//! KeyMetadata: what CreateKey and DescribeKey say of a key.

use crate::asked;
use crate::key::Key;
use crate::tables::{KeyPlace, KeyRecord};
use kernel::Thing;
use names::{KeyRef, Time};
use shapes_kms::{
    CustomerMasterKeySpec, EncryptionAlgorithmSpec, KeyManagerType, KeyMetadata, KeySpec, KeyState, KeyUsageType,
    OriginType,
};
use vault::BackingKeyId;

/// Of a key that is there.
pub fn of(key: &Key) -> KeyMetadata {
    let mut metadata = described(&key.place(), &key.record);
    metadata.arn = Some(key.arn().to_string());
    metadata
}

/// Of a key that is being made, too.
pub fn described((account, region, id): &KeyPlace, record: &KeyRecord) -> KeyMetadata {
    let state = match (record.deletion, record.enabled) {
        (Some(_), _) => KeyState::PendingDeletion,
        (None, true) => KeyState::Enabled,
        (None, false) => KeyState::Disabled,
    };
    let material = record.backing.last().map(|backing| asked::material_id(id, BackingKeyId(backing.id)));
    KeyMetadata {
        aws_account_id: Some(account.to_string()),
        key_id: KeyRef::parse(id.as_str()),
        arn: Some(asked::key_arn(region, *account, id.as_str()).to_string()),
        creation_date: Some(Time::from_micros(record.created)),
        enabled: Some(state == KeyState::Enabled),
        description: Some(record.description.clone()),
        key_usage: Some(KeyUsageType::EncryptDecrypt),
        key_state: Some(state),
        deletion_date: record.deletion.map(Time::from_micros),
        valid_to: None,
        origin: Some(OriginType::AwsKms),
        custom_key_store_id: None,
        cloud_hsm_cluster_id: None,
        expiration_model: None,
        key_manager: Some(KeyManagerType::Customer),
        // Deprecated, and still the one that Terraform reads.
        customer_master_key_spec: Some(CustomerMasterKeySpec::SymmetricDefault),
        key_spec: Some(KeySpec::SymmetricDefault),
        encryption_algorithms: Some(vec![EncryptionAlgorithmSpec::SymmetricDefault]),
        signing_algorithms: None,
        key_agreement_algorithms: None,
        encapsulation_algorithms: None,
        multi_region: Some(false),
        multi_region_configuration: None,
        pending_deletion_window_in_days: None,
        mac_algorithms: None,
        xks_key_configuration: None,
        current_key_material_id: material,
    }
}
