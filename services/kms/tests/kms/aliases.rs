//! Aliases: made, taken, reserved, misspelt, moved, deleted, counted, and who may do it.

use crate::rig::{Town, alias, allow, denied, describe, document, key, owner, put_policy, refused, town};
use house::{ACCOUNT, Actor, Answered, Tree};
use names::KeyRef;
use shapes_kms::{
    CreateAlias, DeleteAlias, DeleteAliasInput, ListAliases, ListAliasesInput, UpdateAlias, UpdateAliasInput,
};

async fn update(actor: &Actor, name: &str, key: &KeyRef) -> Answered<UpdateAlias> {
    let input = UpdateAliasInput { alias_name: name.to_owned(), target_key_id: key.clone() };
    actor.call::<UpdateAlias>(input).await
}

async fn delete(actor: &Actor, name: &str) -> Answered<DeleteAlias> {
    actor.call::<DeleteAlias>(DeleteAliasInput { alias_name: name.to_owned() }).await
}

/// The aliases of a key, and their targets and dates.
async fn of_key(town: &Town, key: &KeyRef) -> Vec<(String, String, i64, i64)> {
    let input = ListAliasesInput { key_id: Some(key.clone()), ..ListAliasesInput::default() };
    let answered = town.root.call::<ListAliases>(input).await;
    let aliases = answered.output().aliases.as_ref().unwrap().iter();
    let facts = aliases.map(|one| {
        let (name, target) = (one.alias_name.clone().unwrap(), one.target_key_id.clone().unwrap());
        let dates = (one.creation_date.unwrap().seconds(), one.last_updated_date.unwrap().seconds());
        (name, target.as_str().to_owned(), dates.0, dates.1)
    });
    facts.collect()
}

fn arn(name: &str) -> String {
    format!("arn:aws:kms:ap-northeast-1:{ACCOUNT}:{name}")
}

#[tokio::test]
async fn a_name_is_taken_moved_and_given_back() {
    let town = town().await;
    let (one, two) = (town.key().await, town.key().await);
    let made = town.house.clock().now().seconds();
    alias(&town.root, "alias/a", &one.arn).await.output();
    let taken = format!("An alias with the name {} already exists", arn("alias/a"));
    refused(&alias(&town.root, "alias/a", &one.id).await, "AlreadyExistsException", &taken);
    refused(&alias(&town.root, "alias/a", &two.id).await, "AlreadyExistsException", &taken);
    town.house.clock().pass(std::time::Duration::from_secs(60));
    update(&town.root, "alias/a", &two.id).await.output();
    assert_eq!(of_key(&town, &one.id).await, []);
    let listed = ("alias/a".to_owned(), two.id.as_str().to_owned(), made, made + 60);
    assert_eq!(of_key(&town, &two.arn).await, [listed]);
    update(&town.root, "alias/a", &two.id).await.output();
    delete(&town.root, "alias/a").await.output();
    let gone = format!("Alias {} is not found.", arn("alias/a"));
    refused(&describe(&town.root, &key("alias/a")).await, "NotFoundException", &gone);
    refused(&delete(&town.root, "alias/a").await, "NotFoundException", &gone);
    refused(&update(&town.root, "alias/a", &one.id).await, "NotFoundException", &gone);
    assert_eq!(of_key(&town, &two.id).await, []);
    alias(&town.root, "alias/a", &one.id).await.output();
}

#[tokio::test]
async fn names_that_are_none() {
    let town = town().await;
    let made = town.key().await;
    let prefix = "Alias must start with the prefix \"alias/\". Please see \
                  https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html";
    let cases = [
        ("payroll", "ValidationException", prefix),
        ("alias/aws/s3", "NotAuthorizedException", ""),
        ("alias/", "InvalidAliasNameException", "alias/"),
        ("alias/a:b", "InvalidAliasNameException", "alias/a:b"),
        (
            "alias/a b",
            "ValidationException",
            "at 'aliasName' failed to satisfy constraint: Member must satisfy regular",
        ),
        ("", "ValidationException", "at 'aliasName' failed to satisfy constraint: Member must have length"),
    ];
    for (name, code, words) in cases {
        let target = Tree::text(made.id.as_str());
        let input = Tree::map([("AliasName", Tree::text(name)), ("TargetKeyId", target)]);
        refused(&town.root.enter::<CreateAlias>(input).await, code, words);
    }
    refused(&update(&town.root, "payroll", &made.id).await, "ValidationException", prefix);
    refused(&delete(&town.root, "payroll").await, "ValidationException", prefix);
    assert_eq!(of_key(&town, &made.id).await, []);
}

#[tokio::test]
async fn targets_that_are_none() {
    let town = town().await;
    let made = town.key().await;
    alias(&town.root, "alias/a", &made.id).await.output();
    let words = "Aliases must refer to keys. Not aliases";
    refused(&alias(&town.root, "alias/b", &key("alias/a")).await, "ValidationException", words);
    refused(&update(&town.root, "alias/a", &key("alias/a")).await, "ValidationException", words);
    let nobody = key(crate::rig::NOBODY);
    refused(&alias(&town.root, "alias/b", &nobody).await, "NotFoundException", "does not exist");
    refused(&update(&town.root, "alias/a", &nobody).await, "NotFoundException", "does not exist");
}

#[tokio::test]
async fn fifty_aliases_and_no_more() {
    let town = town().await;
    let (full, other) = (town.key().await, town.key().await);
    for number in 0..50 {
        alias(&town.root, &format!("alias/many-{number}"), &full.id).await.output();
    }
    refused(&alias(&town.root, "alias/more", &full.id).await, "LimitExceededException", "50 aliases");
    alias(&town.root, "alias/more", &other.id).await.output();
    refused(&update(&town.root, "alias/more", &full.id).await, "LimitExceededException", "50 aliases");
    update(&town.root, "alias/many-0", &full.id).await.output();
    delete(&town.root, "alias/many-0").await.output();
    update(&town.root, "alias/more", &full.id).await.output();
}

#[tokio::test]
async fn alias_and_keys_are_both_judged() {
    let town = town().await;
    let (one, two) = (town.key().await, town.key().await);
    let may = |action: &str, resource: &str| {
        format!(r#"{{"Effect":"Allow","Action":"kms:{action}","Resource":"{resource}"}}"#)
    };
    let name = arn("alias/a");
    let only_alias = town.user("only-alias", &[&may("*Alias", &name)]).await;
    let only_key = town.user("only-key", &[&may("*Alias", one.arn.as_str())]).await;
    let both = town.user("both", &[&may("*Alias", &name), &may("*Alias", one.arn.as_str())]).await;
    denied(&alias(&only_alias, "alias/a", &one.id).await);
    denied(&alias(&only_key, "alias/a", &one.id).await);
    alias(&both, "alias/a", &one.id).await.output();
    // Neither the new key nor the old one may be missing in the permission.
    denied(&update(&both, "alias/a", &two.id).await);
    update(&town.root, "alias/a", &two.id).await.output();
    denied(&update(&both, "alias/a", &one.id).await);
    denied(&delete(&both, "alias/a").await);
    update(&town.root, "alias/a", &one.id).await.output();
    denied(&delete(&only_alias, "alias/a").await);
    denied(&delete(&only_key, "alias/a").await);
    delete(&both, "alias/a").await.output();
}

#[tokio::test]
async fn a_key_policy_alone_does_not_give_the_alias() {
    let town = town().await;
    let made = town.key().await;
    let user = town.nobody("alice").await;
    let policy = document(&[&owner(), &crate::rig::to(user.arn(), r#""kms:CreateAlias""#)]);
    put_policy(&town.root, &made.id, &policy).await.output();
    denied(&alias(&user, "alias/a", &made.id).await);
    let on_alias = format!(r#"{{"Effect":"Allow","Action":"kms:CreateAlias","Resource":"{}"}}"#, arn("alias/*"));
    town.house.set_policies(&user, &[&document(&[&on_alias])]).await;
    alias(&user, "alias/a", &made.id).await.output();
}

#[tokio::test]
async fn two_who_take_the_same_name() {
    let town = town().await;
    let (one, two) = (town.key().await, town.key().await);
    let (root, id) = (town.root.clone(), two.id.clone());
    town.house.before_commits(1, move || {
        let (root, id) = (root.clone(), id.clone());
        async move { assert!(alias(&root, "alias/a", &id).await.is_ok()) }
    });
    let late = alias(&town.root, "alias/a", &one.id).await;
    refused(&late, "AlreadyExistsException", "alias/a");
    assert_eq!(of_key(&town, &one.id).await, []);
    assert_eq!(of_key(&town, &two.id).await.len(), 1);
}

#[tokio::test]
async fn an_alias_that_is_moved_while_another_call_deletes_it() {
    let town = town().await;
    let (one, two) = (town.key().await, town.key().await);
    alias(&town.root, "alias/a", &one.id).await.output();
    let (root, id) = (town.root.clone(), two.id.clone());
    town.house.before_commits(1, move || {
        let (root, id) = (root.clone(), id.clone());
        async move { assert!(update(&root, "alias/a", &id).await.is_ok()) }
    });
    delete(&town.root, "alias/a").await.output();
    assert_eq!((of_key(&town, &one.id).await, of_key(&town, &two.id).await), (Vec::new(), Vec::new()));
    let none = town.user("lister", &[&allow(r#""kms:ListAliases""#)]).await;
    let listed = none.call::<ListAliases>(ListAliasesInput::default()).await;
    assert_eq!(listed.output().aliases.as_ref().map(Vec::len), Some(0));
}
