//! KMS. Keys live in the vault; this crate holds their names, states, policies, tags and aliases.

mod alias;
mod asked;
mod cancel_key_deletion;
mod census;
mod context;
mod create_alias;
mod create_key;
mod data_key;
mod decrypt;
mod delete_alias;
mod delete_due_keys;
mod delete_key;
mod describe_key;
mod disable_key;
mod enable_key;
mod encrypt;
mod fault;
mod generate_data_key;
mod generate_data_key_without_plaintext;
mod generate_random;
mod get_key_policy;
mod get_key_rotation_status;
mod key;
mod list_aliases;
mod list_key_policies;
mod list_keys;
mod list_resource_tags;
mod metadata;
mod pages;
mod policies;
mod put_key_policy;
mod schedule_key_deletion;
mod tables;
mod tag_resource;
mod tags;
mod untag_resource;
mod update_alias;
mod update_key_description;

pub use census::States;

use kernel::{Caller, Codes, Row, Service, Task, Validation};
use policy::Fact;

/// The marker that opens KMS's tables and no others.
pub struct Kms;

/// The table.
pub static SERVICE: Service = Service {
    name: "kms",
    endpoints: &["kms", "trent"],
    model: &shapes_kms::MODEL,
    validation: Validation::JSON,
    // Of all of KMS's faults the one that its model has for a fault of the service: SDKs know it, and try again.
    codes: Codes { unavailable: ("KMSInternalException", 500), ..Codes::JSON },
    clock_window_seconds: 5 * 60,
    global: false,
    fact,
    rows: &[
        Row::of::<cancel_key_deletion::CancelKeyDeletion>(),
        Row::of::<create_alias::CreateAlias>(),
        Row::of::<create_key::CreateKey>(),
        Row::of::<decrypt::Decrypt>(),
        Row::of::<delete_alias::DeleteAlias>(),
        Row::of::<describe_key::DescribeKey>(),
        Row::of::<disable_key::DisableKey>(),
        Row::of::<enable_key::EnableKey>(),
        Row::of::<encrypt::Encrypt>(),
        Row::of::<generate_data_key::GenerateDataKey>(),
        Row::of::<generate_data_key_without_plaintext::GenerateDataKeyWithoutPlaintext>(),
        Row::of::<generate_random::GenerateRandom>(),
        Row::of::<get_key_policy::GetKeyPolicy>(),
        Row::of::<get_key_rotation_status::GetKeyRotationStatus>(),
        Row::of::<list_aliases::ListAliases>(),
        Row::of::<list_key_policies::ListKeyPolicies>(),
        Row::of::<list_keys::ListKeys>(),
        Row::of::<list_resource_tags::ListResourceTags>(),
        Row::of::<put_key_policy::PutKeyPolicy>(),
        Row::of::<schedule_key_deletion::ScheduleKeyDeletion>(),
        Row::of::<tag_resource::TagResource>(),
        Row::of::<untag_resource::UntagResource>(),
        Row::of::<update_alias::UpdateAlias>(),
        Row::of::<update_key_description::UpdateKeyDescription>(),
        // The house's own.
        Row::internal::<delete_key::DeleteKey>(),
    ],
    tasks: &[Task::of::<delete_due_keys::DeleteDueKeys>(delete_due_keys::PERIOD)],
};

/// KMS's condition keys that depend on the caller alone:
/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html>.
fn fact<'a>(caller: &'a Caller, key: &str) -> Option<Fact<'a>> {
    match key {
        "kms:calleraccount" => Some(Fact::One(caller.account().to_string().into())),
        "kms:viaservice" => {
            let via = caller.via()?;
            Some(Fact::One(format!("{via}.{}.amazonaws.com", caller.region()).into()))
        }
        _ => None,
    }
}
