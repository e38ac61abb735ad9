//! Which operation a key's state admits: <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>.

use crate::rig::{Town, alias, blob, decrypt, describe, document, encrypt, key, owner, put_policy, schedule, town};
use house::{Answered, Tree};
use names::KeyRef;
use shape::OperationShape;
use shapes_kms::{
    CancelKeyDeletion, DisableKey, EnableKey, GenerateDataKey, GenerateDataKeyWithoutPlaintext, GetKeyPolicy,
    GetKeyRotationStatus, ListKeyPolicies, ListResourceTags, TagResource, UntagResource, UpdateAlias,
    UpdateKeyDescription,
};

const DISABLED: &str = "DisabledException";
const STATE: &str = "KMSInvalidStateException";

/// Operation, and its code for a key that is disabled, and for one that is pending deletion.
const TABLE: &[(&str, &str, &str)] = &[
    ("Encrypt", DISABLED, STATE),
    ("Decrypt", DISABLED, STATE),
    ("GenerateDataKey", DISABLED, STATE),
    ("GenerateDataKeyWithoutPlaintext", DISABLED, STATE),
    ("CancelKeyDeletion", STATE, ""),
    ("ScheduleKeyDeletion", "", STATE),
    ("EnableKey", "", STATE),
    ("DisableKey", "", STATE),
    ("CreateAlias", "", STATE),
    ("UpdateAlias", "", STATE),
    ("TagResource", "", STATE),
    ("UntagResource", "", STATE),
    ("UpdateKeyDescription", "", STATE),
    ("DescribeKey", "", ""),
    ("GetKeyPolicy", "", ""),
    ("PutKeyPolicy", "", ""),
    ("ListKeyPolicies", "", ""),
    ("ListResourceTags", "", ""),
    ("GetKeyRotationStatus", "", ""),
];

#[tokio::test]
async fn a_key_admits_what_its_state_admits() {
    let town = town().await;
    for (operation, when_disabled, when_pending) in TABLE {
        for (state, expected) in
            [("Enabled", enabled(operation)), ("Disabled", *when_disabled), ("Pending", *when_pending)]
        {
            let made = town.key().await;
            let sealed = blob(&town.root, &made.id).await;
            match state {
                "Disabled" => assert!(call::<DisableKey>(&town, &made.id, []).await.is_ok()),
                "Pending" => assert!(schedule(&town.root, &made.id, None).await.is_ok()),
                _ => {}
            }
            let (code, text) = attempt(&town, operation, &made.id, &sealed).await;
            assert_eq!(code, expected, "{operation} upon a key that is {state}: {text}");
            let words = match (code.as_str(), state) {
                (STATE, "Pending") => format!("{} is pending deletion.", made.arn.as_str()),
                (STATE, _) => format!("{} is not pending deletion.", made.arn.as_str()),
                (DISABLED, _) => format!("{} is disabled.", made.arn.as_str()),
                _ => String::new(),
            };
            assert_eq!(text, words, "{operation} upon a key that is {state}");
        }
    }
}

fn enabled(operation: &str) -> &'static str {
    if operation == "CancelKeyDeletion" { STATE } else { "" }
}

async fn attempt(town: &Town, operation: &str, id: &KeyRef, blob: &[u8]) -> (String, String) {
    let root = &town.root;
    let name = format!("alias/{}", id.as_str());
    match operation {
        "Encrypt" => end(&encrypt(root, id).await),
        "Decrypt" => end(&decrypt(root, blob).await),
        "GenerateDataKey" => end(&call::<GenerateDataKey>(town, id, [("KeySpec", Tree::text("AES_256"))]).await),
        "GenerateDataKeyWithoutPlaintext" => {
            end(&call::<GenerateDataKeyWithoutPlaintext>(town, id, [("KeySpec", Tree::text("AES_256"))]).await)
        }
        "CancelKeyDeletion" => end(&call::<CancelKeyDeletion>(town, id, []).await),
        "ScheduleKeyDeletion" => end(&schedule(root, id, None).await),
        "EnableKey" => end(&call::<EnableKey>(town, id, []).await),
        "DisableKey" => end(&call::<DisableKey>(town, id, []).await),
        "CreateAlias" => end(&alias(root, &name, id).await),
        "UpdateAlias" => {
            alias(root, &name, &town.key().await.id).await.output();
            let input = Tree::map([("AliasName", Tree::text(name)), ("TargetKeyId", Tree::text(id.as_str()))]);
            end(&root.enter::<UpdateAlias>(input).await)
        }
        "TagResource" => {
            let tag = Tree::map([("TagKey", Tree::text("a")), ("TagValue", Tree::text("b"))]);
            end(&call::<TagResource>(town, id, [("Tags", Tree::List(vec![tag]))]).await)
        }
        "UntagResource" => {
            end(&call::<UntagResource>(town, id, [("TagKeys", Tree::List(vec![Tree::text("a")]))]).await)
        }
        "UpdateKeyDescription" => {
            end(&call::<UpdateKeyDescription>(town, id, [("Description", Tree::text("x"))]).await)
        }
        "DescribeKey" => end(&describe(root, id).await),
        "GetKeyPolicy" => end(&call::<GetKeyPolicy>(town, id, []).await),
        "PutKeyPolicy" => end(&put_policy(root, id, &document(&[&owner()])).await),
        "ListKeyPolicies" => end(&call::<ListKeyPolicies>(town, id, []).await),
        "ListResourceTags" => end(&call::<ListResourceTags>(town, id, []).await),
        "GetKeyRotationStatus" => end(&call::<GetKeyRotationStatus>(town, id, []).await),
        other => (format!("no such row: {other}"), String::new()),
    }
}

/// Calls as the wire does, with the key's id beside what else is given.
async fn call<S: OperationShape>(
    town: &Town,
    id: &KeyRef,
    more: impl IntoIterator<Item = (&'static str, Tree)>,
) -> Answered<S> {
    let mut entries = vec![("KeyId".to_owned(), Tree::text(id.as_str()))];
    entries.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    town.root.enter::<S>(Tree::Map(entries)).await
}

fn end<S: OperationShape>(answered: &Answered<S>) -> (String, String) {
    let ending = answered.recorded().ending().err();
    ending.map(|failure| (failure.code.into_owned(), failure.text)).unwrap_or_default()
}

#[tokio::test]
async fn an_alias_may_leave_a_pending_key_and_go_with_it() {
    let town = town().await;
    let (old, new) = (town.key().await, town.key().await);
    for name in ["alias/moves", "alias/goes"] {
        alias(&town.root, name, &old.id).await.output();
    }
    schedule(&town.root, &old.id, None).await.output();
    let input = shapes_kms::UpdateAliasInput { alias_name: "alias/moves".to_owned(), target_key_id: new.id.clone() };
    town.root.call::<UpdateAlias>(input).await.output();
    let input = shapes_kms::DeleteAliasInput { alias_name: "alias/goes".to_owned() };
    town.root.call::<shapes_kms::DeleteAlias>(input).await.output();
    assert_eq!(encrypt(&town.root, &key("alias/moves")).await.output().key_id.as_ref(), Some(&new.arn));
}
