//! IAM. Users with their policies, tags and access keys; the secrets of the keys live in the vault.
//!
//! [`Directory`] tells the rest of the house who a credential stands for and which policies bear on that user;
//! [`FoundAccount`] makes an account and its administrator before anybody can call; [`ReplaceFirstAccessKey`] and
//! [`ConfirmFirstAccessKey`] see to it that the secret of the first access key arrives;
//! [`RecoverAccessKey`] is the way back in for an operator who has lost all of them.

mod attach_role_policy;
mod attach_user_policy;
mod create_access_key;
mod create_policy;
mod create_policy_version;
mod create_role;
mod create_user;
mod delete_access_key;
mod delete_policy;
mod delete_policy_version;
mod delete_role;
mod delete_role_policy;
mod delete_user;
mod delete_user_policy;
mod delivery;
mod detach_role_policy;
mod detach_user_policy;
mod directory;
mod fault;
mod founding;
mod get_policy;
mod get_policy_version;
mod get_role;
mod get_role_policy;
mod get_user;
mod get_user_policy;
mod ids;
mod keyholder;
mod list_access_keys;
mod list_attached_role_policies;
mod list_attached_user_policies;
mod list_entities_for_policy;
mod list_groups_for_user;
mod list_instance_profiles_for_role;
mod list_policies;
mod list_policy_tags;
mod list_policy_versions;
mod list_role_policies;
mod list_role_tags;
mod list_roles;
mod list_user_policies;
mod list_users;
mod managed;
mod managed_policy;
mod new_key;
mod new_policy;
mod new_session;
mod own_policies;
mod pages;
mod percent;
mod place;
mod policies;
mod put_role_policy;
mod put_user_policy;
mod recover_access_key;
mod role;
mod role_place;
mod roles;
mod set_default_policy_version;
mod tables;
mod tag_policy;
mod tag_role;
mod tags;
mod untag_policy;
mod untag_role;
mod update_access_key;
mod update_assume_role_policy;
mod update_role;
mod update_user;
mod user;

pub use delivery::{ConfirmFirstAccessKey, ReplaceFirstAccessKey, undelivered};
pub use directory::Directory;
pub use fault::Fault;
pub use founding::{ADMINISTRATOR, FoundAccount, founded};
pub use new_session::{NewSession, Wish};
pub use recover_access_key::{RecoverAccessKey, RecoverAccessKeyInput};
pub use role::{Assumable, Role};
pub use roles::{SESSIONS, SessionRecord, session_arn};

use kernel::{Codes, Row, Service, Validation};

/// The marker that opens IAM's tables and no others.
pub struct Iam;

/// The table.
pub static SERVICE: Service = Service {
    name: "iam",
    endpoints: &["iam"],
    model: &shapes_iam::MODEL,
    validation: Validation::QUERY,
    // The model's `ServiceFailureException`.
    codes: Codes { unavailable: ("ServiceFailure", 500), ..Codes::QUERY },
    clock_window_seconds: 15 * 60,
    global: true,
    // All condition keys of IAM's own are about the user or the request.
    fact: |_, _| None,
    rows: &[
        Row::of::<attach_role_policy::AttachRolePolicy>(),
        Row::of::<attach_user_policy::AttachUserPolicy>(),
        Row::internal::<ConfirmFirstAccessKey>(),
        Row::of::<create_access_key::CreateAccessKey>(),
        Row::of::<create_policy::CreatePolicy>(),
        Row::of::<create_policy_version::CreatePolicyVersion>(),
        Row::of::<create_role::CreateRole>(),
        Row::of::<create_user::CreateUser>(),
        Row::of::<delete_access_key::DeleteAccessKey>(),
        Row::of::<delete_policy::DeletePolicy>(),
        Row::of::<delete_policy_version::DeletePolicyVersion>(),
        Row::of::<delete_role::DeleteRole>(),
        Row::of::<delete_role_policy::DeleteRolePolicy>(),
        Row::of::<delete_user::DeleteUser>(),
        Row::of::<delete_user_policy::DeleteUserPolicy>(),
        Row::of::<detach_role_policy::DetachRolePolicy>(),
        Row::of::<detach_user_policy::DetachUserPolicy>(),
        Row::internal::<FoundAccount>(),
        Row::of::<get_policy::GetPolicy>(),
        Row::of::<get_policy_version::GetPolicyVersion>(),
        Row::of::<get_role::GetRole>(),
        Row::of::<get_role_policy::GetRolePolicy>(),
        Row::of::<get_user::GetUser>(),
        Row::of::<get_user_policy::GetUserPolicy>(),
        Row::of::<list_access_keys::ListAccessKeys>(),
        Row::of::<list_attached_role_policies::ListAttachedRolePolicies>(),
        Row::of::<list_attached_user_policies::ListAttachedUserPolicies>(),
        Row::of::<list_entities_for_policy::ListEntitiesForPolicy>(),
        Row::of::<list_groups_for_user::ListGroupsForUser>(),
        Row::of::<list_instance_profiles_for_role::ListInstanceProfilesForRole>(),
        Row::of::<list_policies::ListPolicies>(),
        Row::of::<list_policy_tags::ListPolicyTags>(),
        Row::of::<list_policy_versions::ListPolicyVersions>(),
        Row::of::<list_role_policies::ListRolePolicies>(),
        Row::of::<list_role_tags::ListRoleTags>(),
        Row::of::<list_roles::ListRoles>(),
        Row::of::<list_user_policies::ListUserPolicies>(),
        Row::of::<list_users::ListUsers>(),
        Row::of::<put_role_policy::PutRolePolicy>(),
        Row::of::<put_user_policy::PutUserPolicy>(),
        Row::internal::<RecoverAccessKey>(),
        Row::internal::<ReplaceFirstAccessKey>(),
        Row::of::<set_default_policy_version::SetDefaultPolicyVersion>(),
        Row::of::<tag_policy::TagPolicy>(),
        Row::of::<tag_role::TagRole>(),
        Row::of::<untag_policy::UntagPolicy>(),
        Row::of::<untag_role::UntagRole>(),
        Row::of::<update_access_key::UpdateAccessKey>(),
        Row::of::<update_assume_role_policy::UpdateAssumeRolePolicy>(),
        Row::of::<update_role::UpdateRole>(),
        Row::of::<update_user::UpdateUser>(),
    ],
    tasks: &[],
};
