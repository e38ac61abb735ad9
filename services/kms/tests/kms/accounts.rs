//! Keys of another account: some operations reach them, most do not, whatever the policies say.

use crate::rig::{
    alias, allow, blob, decrypt, denied, describe, document, encrypt, owner, put_policy, schedule, to, town,
};
use house::{OTHER_ACCOUNT, Tree};
use names::KeyRef;
use shapes_kms::{
    CancelKeyDeletion, DisableKey, EnableKey, GenerateDataKey, GenerateDataKeyInput, GetKeyPolicy,
    GetKeyRotationStatus, GetKeyRotationStatusInput, ListAliases, ListAliasesInput, ListKeyPolicies, ListResourceTags,
    TagResource, UntagResource, UpdateKeyDescription,
};

#[tokio::test]
async fn what_reaches_a_key_of_another_account() {
    let town = town().await;
    let made = town.key().await;
    let there = format!("arn:aws:iam::{OTHER_ACCOUNT}:root");
    put_policy(&town.root, &made.id, &document(&[&owner(), &to(&there, r#""kms:*""#)])).await.output();
    let admin = town.house.user_of(OTHER_ACCOUNT, "admin", &[&document(&[&allow(r#""kms:*""#)])]).await;
    let root = town.house.root_of(OTHER_ACCOUNT).await;
    for foreign in [&admin, &root] {
        let sealed = blob(foreign, &made.arn).await;
        decrypt(foreign, &sealed).await.output();
        describe(foreign, &made.arn).await.output();
        let input = GenerateDataKeyInput { number_of_bytes: Some(1), ..GenerateDataKeyInput::new(made.arn.clone()) };
        foreign.call::<GenerateDataKey>(input).await.output();
        let input = GetKeyRotationStatusInput { key_id: made.arn.clone() };
        foreign.call::<GetKeyRotationStatus>(input).await.output();

        let tag = Tree::map([("TagKey", Tree::text("a")), ("TagValue", Tree::text("b"))]);
        denied(&schedule(foreign, &made.arn, None).await);
        denied(&put_policy(foreign, &made.arn, &document(&[&owner()])).await);
        denied(&alias(foreign, "alias/a", &made.arn).await);
        denied(&foreign.enter::<EnableKey>(on(&made.arn, vec![])).await);
        denied(&foreign.enter::<DisableKey>(on(&made.arn, vec![])).await);
        denied(&foreign.enter::<CancelKeyDeletion>(on(&made.arn, vec![])).await);
        denied(&foreign.enter::<GetKeyPolicy>(on(&made.arn, vec![])).await);
        denied(&foreign.enter::<ListKeyPolicies>(on(&made.arn, vec![])).await);
        denied(&foreign.enter::<ListResourceTags>(on(&made.arn, vec![])).await);
        denied(&foreign.enter::<TagResource>(on(&made.arn, vec![("Tags", Tree::List(vec![tag]))])).await);
        let keys = Tree::List(vec![Tree::text("a")]);
        denied(&foreign.enter::<UntagResource>(on(&made.arn, vec![("TagKeys", keys)])).await);
        let words = vec![("Description", Tree::text("x"))];
        denied(&foreign.enter::<UpdateKeyDescription>(on(&made.arn, words)).await);
        let input = ListAliasesInput { key_id: Some(made.arn.clone()), ..ListAliasesInput::default() };
        assert_eq!(foreign.call::<ListAliases>(input).await.code(), "NotFoundException");
        // By its id alone, a key is one of the caller's own account.
        assert!(!encrypt(foreign, &made.id).await.is_ok());
    }
    assert_eq!(crate::rig::state(&town.root, &made.id).await, "Enabled");
}

#[tokio::test]
async fn of_another_accounts_key_nobody_hears_whether_it_exists() {
    let town = town().await;
    let made = town.key().await;
    let admin = town.house.user_of(OTHER_ACCOUNT, "admin", &[&document(&[&allow(r#""kms:*""#)])]).await;
    let missing = made.arn.as_str().replace(made.id.as_str(), crate::rig::NOBODY);
    let (there, nowhere) =
        (describe(&admin, &made.arn).await.failure(), describe(&admin, &KeyRef::parse(&missing)).await.failure());
    assert_eq!(there.code, "AccessDeniedException");
    assert_eq!(there.text.replace(made.id.as_str(), crate::rig::NOBODY), nowhere.text);
    assert_eq!(there.code, nowhere.code);
}

fn on(key: &KeyRef, more: Vec<(&str, Tree)>) -> Tree {
    let mut entries = vec![("KeyId".to_owned(), Tree::text(key.as_str()))];
    entries.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Tree::Map(entries)
}
