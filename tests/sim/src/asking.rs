//! How each question of the model is asked of the house.

use crate::model::{Ask, Told, Who, alias_name, key_policy, policy_name, user_name, user_policy};
use crate::run::PLAIN_BYTES;
use crate::town::{Heard, Town};
use house::keys;
use names::KeyRef;
use secret::Secret;
use shape::{Enumeration, OperationShape};
use shapes_iam::{
    CreateAccessKeyInput, CreateUserInput, DeleteAccessKeyInput, DeleteUserInput, DeleteUserPolicyInput,
    GetUserPolicyInput, ListAccessKeysInput, PutUserPolicyInput, StatusType, UpdateAccessKeyInput,
};
use shapes_kms::{
    CancelKeyDeletionInput, CreateAliasInput, CreateKeyInput, DataKeySpec, DecryptInput, DeleteAliasInput,
    DescribeKeyInput, DisableKeyInput, EnableKeyInput, EncryptInput, GenerateDataKeyInput, GetKeyPolicyInput,
    ListAliasesInput, ListResourceTagsInput, PutKeyPolicyInput, ScheduleKeyDeletionInput, Tag, TagResourceInput,
    UntagResourceInput, UpdateAliasInput,
};

impl Town {
    pub async fn ask(&self, who: &Who, ask: &Ask) -> Heard<Told> {
        let by = match who {
            Who::Administrator => self.administrator.as_str(),
            Who::User(_, id) => id.as_str(),
        };
        match ask {
            Ask::CreateKey
            | Ask::DescribeKey(_)
            | Ask::Encrypt(_)
            | Ask::GenerateDataKey(_)
            | Ask::Decrypt { .. }
            | Ask::ListResourceTags(_)
            | Ask::GetKeyPolicy(_)
            | Ask::ListAliases => self.ask_for_more(by, ask).await,
            Ask::EnableKey(key) => self.say::<shapes_kms::EnableKey>(by, EnableKeyInput { key_id: of(key) }).await,
            Ask::DisableKey(key) => self.say::<shapes_kms::DisableKey>(by, DisableKeyInput { key_id: of(key) }).await,
            Ask::ScheduleKeyDeletion { key, days, .. } => {
                let input = ScheduleKeyDeletionInput { key_id: of(key), pending_window_in_days: Some(*days) };
                self.say::<shapes_kms::ScheduleKeyDeletion>(by, input).await
            }
            Ask::CancelKeyDeletion(key) => {
                self.say::<shapes_kms::CancelKeyDeletion>(by, CancelKeyDeletionInput { key_id: of(key) }).await
            }
            Ask::TagResource(key, tag, value) => {
                let tag = Tag { tag_key: format!("t{tag}"), tag_value: format!("v{value}") };
                self.say::<shapes_kms::TagResource>(by, TagResourceInput { key_id: of(key), tags: vec![tag] }).await
            }
            Ask::UntagResource(key, tag) => {
                let input = UntagResourceInput { key_id: of(key), tag_keys: vec![format!("t{tag}")] };
                self.say::<shapes_kms::UntagResource>(by, input).await
            }
            Ask::PutKeyPolicy(key, denies) => {
                let input = PutKeyPolicyInput::new(of(key), key_policy(*denies));
                self.say::<shapes_kms::PutKeyPolicy>(by, input).await
            }
            Ask::CreateAlias(alias, key) => {
                let input = CreateAliasInput { alias_name: alias_name(*alias), target_key_id: of(key) };
                self.say::<shapes_kms::CreateAlias>(by, input).await
            }
            Ask::UpdateAlias(alias, key) => {
                let input = UpdateAliasInput { alias_name: alias_name(*alias), target_key_id: of(key) };
                self.say::<shapes_kms::UpdateAlias>(by, input).await
            }
            Ask::DeleteAlias(alias) => {
                self.say::<shapes_kms::DeleteAlias>(by, DeleteAliasInput { alias_name: alias_name(*alias) }).await
            }
            _ => self.ask_about_users(by, ask).await,
        }
    }

    /// What answers more than that it is done.
    async fn ask_for_more(&self, by: &str, ask: &Ask) -> Heard<Told> {
        match ask {
            Ask::DescribeKey(key) => {
                let state = |output: &shapes_kms::DescribeKeyOutput| {
                    let state = output.key_metadata.as_ref().and_then(|key| key.key_state);
                    Told::Text(state.map(Enumeration::as_str).unwrap_or_default().to_owned())
                };
                self.call::<shapes_kms::DescribeKey, _>(by, DescribeKeyInput::new(of(key)), state).await
            }
            Ask::Encrypt(key) => {
                let plain = vec![u8::try_from(key.len() % 200).unwrap_or_default(); PLAIN_BYTES];
                let input = EncryptInput::new(of(key), Secret::from_vec(plain.clone()));
                let blob = |output: &shapes_kms::EncryptOutput| pair(&plain, output.ciphertext_blob.as_deref());
                self.call::<shapes_kms::Encrypt, _>(by, input, blob).await
            }
            Ask::GenerateDataKey(key) => {
                let mut input = GenerateDataKeyInput::new(of(key));
                input.key_spec = Some(DataKeySpec::Aes256);
                let both = |output: &shapes_kms::GenerateDataKeyOutput| {
                    let plain = output.plaintext.as_ref().map(|plain| plain.open(&keys().opener));
                    pair(plain.unwrap_or_default(), output.ciphertext_blob.as_deref())
                };
                self.call::<shapes_kms::GenerateDataKey, _>(by, input, both).await
            }
            Ask::Decrypt { blob, .. } => {
                let input = DecryptInput { ciphertext_blob: Some(blob.clone().into()), ..DecryptInput::default() };
                let plain = |output: &shapes_kms::DecryptOutput| {
                    let plain = output.plaintext.as_ref().map(|plain| plain.open(&keys().opener).to_vec());
                    Told::Bytes(plain.unwrap_or_default())
                };
                self.call::<shapes_kms::Decrypt, _>(by, input, plain).await
            }
            Ask::ListResourceTags(key) => {
                let tags = |output: &shapes_kms::ListResourceTagsOutput| {
                    let tags = output.tags.iter().flatten();
                    sorted(tags.map(|tag| (tag.tag_key.clone(), tag.tag_value.clone())).collect())
                };
                let input = ListResourceTagsInput::new(of(key));
                self.call::<shapes_kms::ListResourceTags, _>(by, input, tags).await
            }
            Ask::GetKeyPolicy(key) => {
                let text =
                    |output: &shapes_kms::GetKeyPolicyOutput| Told::Text(output.policy.clone().unwrap_or_default());
                self.call::<shapes_kms::GetKeyPolicy, _>(by, GetKeyPolicyInput::new(of(key)), text).await
            }
            Ask::ListAliases => {
                let pairs = |output: &shapes_kms::ListAliasesOutput| {
                    let own = output.aliases.iter().flatten().filter_map(|alias| {
                        Some((alias.alias_name.clone()?, alias.target_key_id.as_ref()?.as_str().to_owned()))
                    });
                    sorted(own.collect())
                };
                self.call::<shapes_kms::ListAliases, _>(by, ListAliasesInput::default(), pairs).await
            }
            _ => {
                let id = |output: &shapes_kms::CreateKeyOutput| {
                    let id = output.key_metadata.as_ref().map(|key| key.key_id.as_str().to_owned());
                    Told::New(id.unwrap_or_default())
                };
                self.call::<shapes_kms::CreateKey, _>(by, CreateKeyInput::default(), id).await
            }
        }
    }

    async fn ask_about_users(&self, by: &str, ask: &Ask) -> Heard<Told> {
        match ask {
            Ask::CreateUser(user) => {
                self.say::<shapes_iam::CreateUser>(by, CreateUserInput::new(user_name(*user))).await
            }
            Ask::PutUserPolicy { user, allow, actions } => {
                let (policy_name, policy_document) = (policy_name(*allow).to_owned(), user_policy(*allow, *actions));
                let input = PutUserPolicyInput { user_name: user_name(*user), policy_name, policy_document };
                self.say::<shapes_iam::PutUserPolicy>(by, input).await
            }
            Ask::DeleteUserPolicy { user, allow } => {
                let policy_name = policy_name(*allow).to_owned();
                let input = DeleteUserPolicyInput { user_name: user_name(*user), policy_name };
                self.say::<shapes_iam::DeleteUserPolicy>(by, input).await
            }
            Ask::GetUserPolicy { user, allow } => {
                let policy_name = policy_name(*allow).to_owned();
                let input = GetUserPolicyInput { user_name: user_name(*user), policy_name };
                let text = |output: &shapes_iam::GetUserPolicyOutput| Told::Text(decoded(&output.policy_document));
                self.call::<shapes_iam::GetUserPolicy, _>(by, input, text).await
            }
            Ask::CreateAccessKey(user) => {
                let input = CreateAccessKeyInput { user_name: Some(user_name(*user)) };
                let keep = |output: &shapes_iam::CreateAccessKeyOutput| Told::New(self.pocket(output));
                self.call::<shapes_iam::CreateAccessKey, _>(by, input, keep).await
            }
            Ask::UpdateAccessKey { user, id, active } => {
                let status = if *active { StatusType::Active } else { StatusType::Inactive };
                let (user_name, access_key_id) = (Some(user_name(*user)), id.clone());
                let input = UpdateAccessKeyInput { user_name, access_key_id, status };
                self.say::<shapes_iam::UpdateAccessKey>(by, input).await
            }
            Ask::DeleteAccessKey { user, id } => {
                let input = DeleteAccessKeyInput { user_name: Some(user_name(*user)), access_key_id: id.clone() };
                self.say::<shapes_iam::DeleteAccessKey>(by, input).await
            }
            Ask::ListAccessKeys(user) => {
                let pairs = |output: &shapes_iam::ListAccessKeysOutput| {
                    let keys = output.access_key_metadata.iter().filter_map(|key| {
                        Some((key.access_key_id.clone()?, key.status.map(Enumeration::as_str)?.to_owned()))
                    });
                    sorted(keys.collect())
                };
                let input = ListAccessKeysInput { user_name: Some(user_name(*user)), ..ListAccessKeysInput::default() };
                self.call::<shapes_iam::ListAccessKeys, _>(by, input, pairs).await
            }
            Ask::DeleteUser(user) => {
                self.say::<shapes_iam::DeleteUser>(by, DeleteUserInput { user_name: user_name(*user) }).await
            }
            _ => self.ask_for_more(by, ask).await,
        }
    }

    /// A call that answers no more than that it is done.
    async fn say<S: OperationShape>(&self, by: &str, input: S::Input) -> Heard<Told> {
        self.call::<S, _>(by, input, |_| Told::Nothing).await
    }
}

fn of(key: &str) -> KeyRef {
    KeyRef::parse(key)
}

/// IAM answers documents percent-encoded (RFC 3986).
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).unwrap();
        bytes.push(u8::from_str_radix(digits, 16).unwrap());
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).unwrap()
}

fn pair(plain: &[u8], blob: Option<&[u8]>) -> Told {
    Told::Bytes([plain, blob.unwrap_or_default()].concat())
}

fn sorted(mut pairs: Vec<(String, String)>) -> Told {
    pairs.sort();
    Told::Pairs(pairs)
}
