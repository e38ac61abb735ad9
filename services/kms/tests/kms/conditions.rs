//! KMS's condition keys: <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html>.

use crate::rig::{
    Made, Town, alias, allow, allow_if, context, denied, document, encrypt, key, open_if, owner, plain, put_policy,
    schedule, town,
};
use house::{ACCOUNT, Actor, Answered, OTHER_ACCOUNT};
use shapes_kms::{
    CancelKeyDeletion, CancelKeyDeletionInput, CreateKey, CreateKeyInput, DeleteAlias, DeleteAliasInput, DescribeKey,
    Encrypt, EncryptInput, GenerateDataKey, GenerateDataKeyInput, GetKeyPolicy, GetKeyPolicyInput, PutKeyPolicy,
    PutKeyPolicyInput, Tag, TagResource, TagResourceInput, UntagResource, UntagResourceInput,
};

async fn encrypt_in(actor: &Actor, made: &Made, pairs: &[(&str, &str)]) -> Answered<Encrypt> {
    let input = EncryptInput {
        encryption_context: if pairs.is_empty() { None } else { context(pairs) },
        ..EncryptInput::new(made.id.clone(), plain(b"x"))
    };
    actor.call::<Encrypt>(input).await
}

async fn tag(actor: &Actor, made: &Made, name: &str, value: &str) -> Answered<TagResource> {
    let tags = vec![Tag { tag_key: name.to_owned(), tag_value: value.to_owned() }];
    actor.call::<TagResource>(TagResourceInput { key_id: made.id.clone(), tags }).await
}

async fn user_if(town: &Town, actions: &str, condition: &str) -> Actor {
    town.user("alice", &[&allow_if(actions, condition)]).await
}

#[tokio::test]
async fn the_encryption_context() {
    let town = town().await;
    let made = town.key().await;
    let condition = r#"{"StringLike":{"kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::b/*"}}"#;
    let user = user_if(&town, r#""kms:Encrypt","kms:GenerateDataKey","kms:DescribeKey""#, condition).await;
    encrypt_in(&user, &made, &[("aws:s3:arn", "arn:aws:s3:::b/x"), ("more", "1")]).await.output();
    denied(&encrypt_in(&user, &made, &[("aws:s3:arn", "arn:aws:s3:::c/x")]).await);
    denied(&encrypt_in(&user, &made, &[]).await);
    let input = GenerateDataKeyInput {
        number_of_bytes: Some(32),
        encryption_context: context(&[("aws:s3:arn", "arn:aws:s3:::b/x")]),
        ..GenerateDataKeyInput::new(made.id.clone())
    };
    user.call::<GenerateDataKey>(input).await.output();
    denied(&user.call::<DescribeKey>(shapes_kms::DescribeKeyInput::new(made.id.clone())).await);

    let condition = r#"{"ForAllValues:StringEquals":{"kms:EncryptionContextKeys":["a","b"]},"Null":{"kms:EncryptionContextKeys":"false"}}"#;
    let user = user_if(&town, r#""kms:Encrypt""#, condition).await;
    encrypt_in(&user, &made, &[("a", "1")]).await.output();
    denied(&encrypt_in(&user, &made, &[("a", "1"), ("c", "1")]).await);
    denied(&encrypt_in(&user, &made, &[]).await);
}

/// Names of condition keys know no case, encryption contexts and tags do: a second key of another case must not hide the first.
#[tokio::test]
async fn what_differs_by_case_alone_hides_nothing() {
    let town = town().await;
    let made = town.key().await;
    let allow = allow(r#""kms:*""#);
    let deny = r#"{"Effect":"Deny","Action":"kms:*","Resource":"*","Condition":{"StringEquals":{"kms:EncryptionContext:department":"HR"}}}"#;
    let user = town.user("alice", &[&allow, deny]).await;
    encrypt_in(&user, &made, &[("department", "IT"), ("DEPARTMENT", "x")]).await.output();
    denied(&encrypt_in(&user, &made, &[("department", "HR")]).await);
    denied(&encrypt_in(&user, &made, &[("DEPARTMENT", "x"), ("department", "HR")]).await);
    denied(&encrypt_in(&user, &made, &[("department", "x"), ("Department", "HR")]).await);

    let deny = r#"{"Effect":"Deny","Action":"kms:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/env":"prod"}}}"#;
    let user = town.user("bob", &[&allow, deny]).await;
    tag(&town.root, &made, "ENV", "dev").await.output();
    encrypt(&user, &made.id).await.output();
    tag(&town.root, &made, "env", "prod").await.output();
    denied(&encrypt(&user, &made.id).await);
}

#[tokio::test]
async fn the_algorithm_and_the_kind_of_key() {
    let town = town().await;
    let made = town.key().await;
    for (condition, admits) in [
        (r#"{"StringEquals":{"kms:EncryptionAlgorithm":"SYMMETRIC_DEFAULT"}}"#, true),
        (r#"{"StringEquals":{"kms:EncryptionAlgorithm":"RSAES_OAEP_SHA_256"}}"#, false),
        (
            r#"{"StringEquals":{"kms:KeySpec":"SYMMETRIC_DEFAULT","kms:KeyUsage":"ENCRYPT_DECRYPT","kms:KeyOrigin":"AWS_KMS"}}"#,
            true,
        ),
        (
            r#"{"StringEquals":{"kms:CustomerMasterKeySpec":"SYMMETRIC_DEFAULT"},"Bool":{"kms:MultiRegion":"false"}}"#,
            true,
        ),
        (r#"{"StringEquals":{"kms:KeyUsage":"SIGN_VERIFY"}}"#, false),
        (r#"{"Bool":{"kms:MultiRegion":"true"}}"#, false),
    ] {
        let user = user_if(&town, r#""kms:Encrypt""#, condition).await;
        assert_eq!(encrypt(&user, &made.id).await.is_ok(), admits, "{condition}");
    }
    let user = user_if(&town, r#""kms:CreateKey""#, r#"{"StringEquals":{"kms:KeySpec":"SYMMETRIC_DEFAULT"}}"#).await;
    user.call::<CreateKey>(CreateKeyInput::default()).await.output();
    let user = user_if(&town, r#""kms:CreateKey""#, r#"{"StringEquals":{"kms:KeyOrigin":"EXTERNAL"}}"#).await;
    denied(&user.call::<CreateKey>(CreateKeyInput::default()).await);
}

#[tokio::test]
async fn the_alias_by_which_a_key_is_named_and_those_it_has() {
    let town = town().await;
    let made = town.key().await;
    alias(&town.root, "alias/a", &made.id).await.output();
    alias(&town.root, "alias/b", &made.id).await.output();
    let user = user_if(&town, r#""kms:Encrypt""#, r#"{"StringEquals":{"kms:RequestAlias":"alias/a"}}"#).await;
    encrypt(&user, &key("alias/a")).await.output();
    encrypt(&user, &key(&format!("arn:aws:kms:ap-northeast-1:{ACCOUNT}:alias/a"))).await.output();
    denied(&encrypt(&user, &key("alias/b")).await);
    denied(&encrypt(&user, &made.id).await);

    let condition = r#"{"ForAnyValue:StringEquals":{"kms:ResourceAliases":"alias/a"}}"#;
    let user = user_if(&town, r#""kms:Encrypt""#, condition).await;
    encrypt(&user, &made.id).await.output();
    encrypt(&user, &key("alias/b")).await.output();
    town.root.call::<DeleteAlias>(DeleteAliasInput { alias_name: "alias/a".to_owned() }).await.output();
    denied(&encrypt(&user, &made.id).await);
}

#[tokio::test]
async fn tags_of_the_key_and_of_the_request() {
    let town = town().await;
    let made = town.key().await;
    let user = user_if(&town, r#""kms:Encrypt""#, r#"{"StringEquals":{"aws:ResourceTag/Team":"blue"}}"#).await;
    denied(&encrypt(&user, &made.id).await);
    tag(&town.root, &made, "Team", "blue").await.output();
    encrypt(&user, &made.id).await.output();

    let user = user_if(&town, r#""kms:TagResource""#, r#"{"StringEquals":{"aws:RequestTag/Team":"red"}}"#).await;
    denied(&tag(&user, &made, "Team", "blue").await);
    tag(&user, &made, "Team", "red").await.output();

    let condition = r#"{"ForAllValues:StringEquals":{"aws:TagKeys":"Team"}}"#;
    let user = user_if(&town, r#""kms:UntagResource""#, condition).await;
    let untag = |keys: &[&str]| {
        let tag_keys = keys.iter().map(|key| (*key).to_owned()).collect();
        user.call::<UntagResource>(UntagResourceInput { key_id: made.id.clone(), tag_keys })
    };
    denied(&untag(&["Team", "Other"]).await);
    untag(&["Team"]).await.output();
}

#[tokio::test]
async fn tags_of_a_new_key_need_their_own_permission() {
    let town = town().await;
    let tags = || Some(vec![Tag { tag_key: "a".to_owned(), tag_value: "b".to_owned() }]);
    let user = town.user("alice", &[&allow(r#""kms:CreateKey""#)]).await;
    denied(&user.call::<CreateKey>(CreateKeyInput { tags: tags(), ..CreateKeyInput::default() }).await);
    user.call::<CreateKey>(CreateKeyInput::default()).await.output();
    let user = town.user("bob", &[&allow(r#""kms:CreateKey","kms:TagResource""#)]).await;
    user.call::<CreateKey>(CreateKeyInput { tags: tags(), ..CreateKeyInput::default() }).await.output();
}

#[tokio::test]
async fn the_window_of_a_deletion() {
    let town = town().await;
    let made = town.key().await;
    let condition = r#"{"NumericGreaterThanEquals":{"kms:ScheduleKeyDeletionPendingWindowInDays":"14"}}"#;
    let user = user_if(&town, r#""kms:ScheduleKeyDeletion""#, condition).await;
    denied(&schedule(&user, &made.id, Some(13)).await);
    for days in [Some(14), None] {
        schedule(&user, &made.id, days).await.output();
        let input = CancelKeyDeletionInput { key_id: made.id.clone() };
        town.root.call::<CancelKeyDeletion>(input).await.output();
    }
}

#[tokio::test]
async fn the_policy_by_its_name_and_the_bypass() {
    let town = town().await;
    let made = town.key().await;
    let user = user_if(&town, r#""kms:GetKeyPolicy""#, r#"{"StringEquals":{"kms:PolicyName":"default"}}"#).await;
    let get = |policy_name: Option<&str>| {
        let policy_name = policy_name.map(str::to_owned);
        user.call::<GetKeyPolicy>(GetKeyPolicyInput { policy_name, ..GetKeyPolicyInput::new(made.id.clone()) })
    };
    get(None).await.output();
    get(Some("default")).await.output();
    denied(&get(Some("other")).await);

    let bypassing = r#"{"Bool":{"kms:BypassPolicyLockoutSafetyCheck":"true"}}"#;
    let deny = allow_if(r#""kms:PutKeyPolicy""#, bypassing).replace("Allow", "Deny");
    let user = town.user("bob", &[&allow(r#""kms:*""#), &deny]).await;
    let put = |bypass| {
        let input = PutKeyPolicyInput::new(made.id.clone(), document(&[&owner()]));
        user.call::<PutKeyPolicy>(PutKeyPolicyInput { bypass_policy_lockout_safety_check: bypass, ..input })
    };
    put(None).await.output();
    put(Some(false)).await.output();
    denied(&put(Some(true)).await);
}

#[tokio::test]
async fn the_callers_account() {
    let town = town().await;
    let made = town.key().await;
    let open = |account| {
        let condition = format!(r#"{{"StringEquals":{{"kms:CallerAccount":"{account}"}}}}"#);
        open_if("kms:Encrypt", &condition)
    };
    let here = town.nobody("alice").await;
    let there = town.house.user_of(OTHER_ACCOUNT, "bob", &[&document(&[&allow(r#""kms:*""#)])]).await;
    put_policy(&town.root, &made.id, &document(&[&owner(), &open(ACCOUNT)])).await.output();
    encrypt(&here, &made.id).await.output();
    denied(&encrypt(&there, &made.arn).await);
    put_policy(&town.root, &made.id, &document(&[&owner(), &open(OTHER_ACCOUNT)])).await.output();
    denied(&encrypt(&here, &made.id).await);
    encrypt(&there, &made.arn).await.output();
}
