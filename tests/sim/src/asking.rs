//! How each question of the model is asked of the house, and what its answer tells.

use crate::ask::{Ask, Told};
use crate::documents::{alias_name, key_policy, policy_name, user_name, user_policy};
use crate::model::{EVERYTHING, names};
use crate::network::Reply;
use crate::signing::{Question, Wallet};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kernel::{Row, Service};
use serde_json::{Value, json};

/// The services that are called.
pub static SERVICES: [&Service; 4] = [&cloudtrail::SERVICE, &iam::SERVICE, &kms::SERVICE, &sts::SERVICE];
/// The plaintexts here, data keys, and random bytes.
pub const PLAIN_BYTES: usize = 32;

/// All operations that a wire leads to.
pub fn served() -> impl Iterator<Item = (&'static Service, &'static Row)> {
    let rows = SERVICES.into_iter().flat_map(|service| service.rows.iter().map(move |row| (service, row)));
    rows.filter(|(_, row)| !row.internal)
}

pub fn question(ask: &Ask) -> Question {
    let name = ask.name();
    let (service, row) = served().find(|(_, row)| row.name == name).unwrap();
    Question { service, operation: row.name, members: if of_keys(ask) { key_members(ask) } else { members(ask) } }
}

fn of_keys(ask: &Ask) -> bool {
    ask.named().is_some() || matches!(ask, Ask::DeleteAlias(_))
}

fn key_members(ask: &Ask) -> Value {
    match ask {
        Ask::Key("Encrypt", key) => json!({"KeyId": key, "Plaintext": BASE64_STANDARD.encode(plaintext(key))}),
        Ask::Key("GenerateDataKey" | "GenerateDataKeyWithoutPlaintext", key) => {
            json!({"KeyId": key, "KeySpec": "AES_256"})
        }
        Ask::Decrypt { blob, .. } => json!({"CiphertextBlob": BASE64_STANDARD.encode(blob)}),
        Ask::ScheduleKeyDeletion { key, days, .. } => json!({"KeyId": key, "PendingWindowInDays": days}),
        Ask::TagResource(key, tag, value) => {
            json!({"KeyId": key, "Tags": [{"TagKey": format!("t{tag}"), "TagValue": format!("v{value}")}]})
        }
        Ask::UntagResource(key, tag) => json!({"KeyId": key, "TagKeys": [format!("t{tag}")]}),
        Ask::UpdateKeyDescription(key, number) => json!({"KeyId": key, "Description": number.to_string()}),
        Ask::PutKeyPolicy(key, denies) => json!({"KeyId": key, "Policy": key_policy(*denies)}),
        Ask::CreateAlias(alias, key) | Ask::UpdateAlias(alias, key) => {
            json!({"AliasName": alias_name(*alias), "TargetKeyId": key})
        }
        Ask::DeleteAlias(alias) => json!({"AliasName": alias_name(*alias)}),
        _ => json!({"KeyId": ask.named()}),
    }
}

fn members(ask: &Ask) -> Value {
    match ask {
        Ask::Plain("GenerateRandom") => json!({"NumberOfBytes": PLAIN_BYTES}),
        Ask::Plain("GetPolicy") => json!({"PolicyArn": EVERYTHING}),
        Ask::Plain("GetPolicyVersion") => json!({"PolicyArn": EVERYTHING, "VersionId": "v1"}),
        Ask::User("AttachUserPolicy" | "DetachUserPolicy", user) => {
            json!({"UserName": user_name(*user), "PolicyArn": EVERYTHING})
        }
        Ask::User(_, user) => json!({"UserName": user_name(*user)}),
        Ask::UpdateUser { user, to } => json!({"UserName": user_name(*user), "NewUserName": user_name(*to)}),
        Ask::PutUserPolicy { user, allow, actions } => {
            let document = user_policy(*allow, *actions);
            json!({"UserName": user_name(*user), "PolicyName": policy_name(*allow), "PolicyDocument": document})
        }
        Ask::DeleteUserPolicy { user, allow } | Ask::GetUserPolicy { user, allow } => {
            json!({"UserName": user_name(*user), "PolicyName": policy_name(*allow)})
        }
        Ask::UpdateAccessKey { user, id, active } => {
            let status = if *active { "Active" } else { "Inactive" };
            json!({"UserName": user_name(*user), "AccessKeyId": id, "Status": status})
        }
        Ask::DeleteAccessKey { user, id } => json!({"UserName": user_name(*user), "AccessKeyId": id}),
        _ => json!({}),
    }
}

/// What the answer says. Whoever has asked for an access key keeps its secret in the wallet.
pub fn told(ask: &Ask, reply: &Reply, wallet: &Wallet) -> Told {
    match ask {
        Ask::Plain(operation) => told_of_nothing(operation, reply),
        Ask::Key(operation, key) => told_of_key(operation, key, reply),
        Ask::User(operation, _) => told_of_user(operation, reply, wallet),
        Ask::Decrypt { .. } => Told::Bytes(reply.blob("Plaintext")),
        Ask::GetUserPolicy { .. } => Told::Text(decoded(&first(reply, "PolicyDocument"))),
        _ => Told::Nothing,
    }
}

fn told_of_nothing(operation: &str, reply: &Reply) -> Told {
    let items = |list: &str| reply.json().get(list).and_then(Value::as_array).cloned().unwrap_or_default();
    match operation {
        "CreateKey" => Told::New(text(&reply.json(), &["KeyMetadata", "KeyId"])),
        "ListKeys" => names(items("Keys").iter().map(|key| text(key, &["KeyId"]))),
        "ListAliases" => {
            let own = items("Aliases").into_iter().filter(|alias| alias.get("TargetKeyId").is_some());
            sorted(own.map(|alias| (text(&alias, &["AliasName"]), text(&alias, &["TargetKeyId"]))).collect())
        }
        "GenerateRandom" => Told::Bytes(reply.blob("Plaintext")),
        "ListUsers" => names(reply.elements("UserName")),
        "GetPolicy" => Told::Text(format!("{} {}", first(reply, "Arn"), first(reply, "AttachmentCount"))),
        "GetCallerIdentity" => Told::Text(first(reply, "Arn")),
        _ => Told::Nothing,
    }
}

fn told_of_key(operation: &str, key: &str, reply: &Reply) -> Told {
    let items = |list: &str| reply.json().get(list).and_then(Value::as_array).cloned().unwrap_or_default();
    match operation {
        "DescribeKey" => {
            let json = reply.json();
            let of = |member| text(&json, &["KeyMetadata", member]);
            Told::Text(format!("{} {}", of("KeyState"), of("Description")))
        }
        "Encrypt" => Told::Sealed(plaintext(key), reply.blob("CiphertextBlob")),
        "GenerateDataKey" => Told::Sealed(reply.blob("Plaintext"), reply.blob("CiphertextBlob")),
        "GenerateDataKeyWithoutPlaintext" => Told::Sealed(Vec::new(), reply.blob("CiphertextBlob")),
        "ListResourceTags" => {
            sorted(items("Tags").iter().map(|tag| (text(tag, &["TagKey"]), text(tag, &["TagValue"]))).collect())
        }
        "ListKeyPolicies" => {
            names(items("PolicyNames").iter().map(|name| name.as_str().unwrap_or_default().to_owned()))
        }
        "GetKeyPolicy" => Told::Text(reply.text("Policy").unwrap_or_default()),
        "GetKeyRotationStatus" => {
            Told::Text(reply.json().get("KeyRotationEnabled").unwrap_or(&Value::Null).to_string())
        }
        _ => Told::Nothing,
    }
}

fn told_of_user(operation: &str, reply: &Reply, wallet: &Wallet) -> Told {
    match operation {
        "CreateAccessKey" => {
            let id = first(reply, "AccessKeyId");
            wallet.put(&id, first(reply, "SecretAccessKey").as_bytes());
            Told::New(id)
        }
        "ListAccessKeys" => {
            let (ids, states) = (reply.elements("AccessKeyId"), reply.elements("Status"));
            sorted(ids.into_iter().zip(states).collect())
        }
        "GetUser" => Told::Text(first(reply, "UserName")),
        "ListUserPolicies" => names(reply.elements("member")),
        "ListAttachedUserPolicies" => names(reply.elements("PolicyArn")),
        "ListGroupsForUser" => names(reply.elements("GroupName")),
        _ => Told::Nothing,
    }
}

/// What is encrypted under a key.
fn plaintext(key: &str) -> Vec<u8> {
    key.bytes().cycle().take(PLAIN_BYTES).collect()
}

fn text(value: &Value, path: &[&str]) -> String {
    let found = path.iter().try_fold(value, |value, name| value.get(name));
    found.and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn first(reply: &Reply, element: &str) -> String {
    reply.elements(element).into_iter().next().unwrap_or_default()
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

fn sorted(mut pairs: Vec<(String, String)>) -> Told {
    pairs.sort();
    Told::Pairs(pairs)
}
