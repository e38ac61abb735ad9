//! Key policies: what they give, what they must say, and whom they mean.

use crate::rig::{allow, blob, decrypt, denied, document, encrypt, owner, put_policy, refused, schedule, to, town};
use house::{ACCOUNT, Actor, Answered, Tree};
use names::KeyRef;
use shapes_kms::{
    CreateKey, CreateKeyInput, Decrypt, DecryptInput, GetKeyPolicy, GetKeyPolicyInput, PutKeyPolicy, PutKeyPolicyInput,
};

const HIDDEN: &str = "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are \
                      not allowed to access.";
const MALFORMED: &str = "MalformedPolicyDocumentException";

async fn policy_of(actor: &Actor, key: &KeyRef) -> String {
    let answered = actor.call::<GetKeyPolicy>(GetKeyPolicyInput::new(key.clone())).await;
    assert_eq!(answered.output().policy_name.as_deref(), Some("default"));
    answered.output().policy.clone().unwrap()
}

async fn put_named(actor: &Actor, key: &KeyRef, name: &str) -> Answered<PutKeyPolicy> {
    let input = PutKeyPolicyInput::new(key.clone(), document(&[&owner()]));
    actor.call::<PutKeyPolicy>(PutKeyPolicyInput { policy_name: Some(name.to_owned()), ..input }).await
}

#[tokio::test]
async fn by_default_the_account_decides() {
    let town = town().await;
    let made = town.key().await;
    let policy = policy_of(&town.root, &made.id).await;
    for part in ["key-default-1", &format!("arn:aws:iam::{ACCOUNT}:root"), "kms:*", "2012-10-17"] {
        assert!(policy.contains(part), "{policy}");
    }
    let sealed = blob(&town.root, &made.id).await;
    let by_iam = town.user("by-iam", &[&allow(r#""kms:Decrypt""#)]).await;
    decrypt(&by_iam, &sealed).await.output();
    let nobody = town.nobody("nobody").await;
    refused(&decrypt(&nobody, &sealed).await, "AccessDeniedException", HIDDEN);
    let input = DecryptInput {
        ciphertext_blob: Some(sealed.into()),
        key_id: Some(made.arn.clone()),
        ..DecryptInput::default()
    };
    let words = format!(
        "User: {} is not authorized to perform: kms:Decrypt on resource: {} because no identity-based policy allows the kms:Decrypt action",
        nobody.arn(),
        made.arn.as_str()
    );
    refused(&nobody.call::<Decrypt>(input).await, "AccessDeniedException", &words);
}

#[tokio::test]
async fn the_key_policy_is_enough_and_without_the_root_statement_it_is_all() {
    let town = town().await;
    let made = town.key().await;
    let sealed = blob(&town.root, &made.id).await;
    let named = town.nobody("named").await;
    let by_iam = town.user("by-iam", &[&allow(r#""kms:*""#)]).await;
    put_policy(&town.root, &made.id, &document(&[&owner(), &to(named.arn(), r#""kms:Decrypt""#)])).await.output();
    decrypt(&named, &sealed).await.output();
    decrypt(&by_iam, &sealed).await.output();

    let keeper = town.nobody("keeper").await;
    let closed = document(&[&to(named.arn(), r#""kms:Decrypt""#), &to(keeper.arn(), r#""kms:*""#)]);
    let input = PutKeyPolicyInput {
        bypass_policy_lockout_safety_check: Some(true),
        ..PutKeyPolicyInput::new(made.id.clone(), closed)
    };
    town.root.call::<PutKeyPolicy>(input).await.output();
    decrypt(&named, &sealed).await.output();
    let answer = encrypt(&by_iam, &made.id).await;
    refused(&answer, "AccessDeniedException", "because no resource-based policy allows the kms:Encrypt action");
    denied(&encrypt(&town.root, &made.id).await);
    put_policy(&keeper, &made.id, &document(&[&owner(), &to(keeper.arn(), r#""kms:*""#)])).await.output();
    encrypt(&town.root, &made.id).await.output();
}

#[tokio::test]
async fn a_deny_wins_wherever_it_stands() {
    let town = town().await;
    let made = town.key().await;
    let deny = r#"{"Effect":"Deny","Action":"kms:Encrypt","Resource":"*"}"#;
    let alice = town.user("alice", &[&allow(r#""kms:*""#), deny]).await;
    let answer = encrypt(&alice, &made.id).await;
    refused(&answer, "AccessDeniedException", "with an explicit deny in an identity-based policy");
    let bob = town.user("bob", &[&allow(r#""kms:*""#)]).await;
    encrypt(&bob, &made.id).await.output();
    let deny =
        format!(r#"{{"Effect":"Deny","Principal":{{"AWS":"{}"}},"Action":"kms:Encrypt","Resource":"*"}}"#, bob.arn());
    put_policy(&town.root, &made.id, &document(&[&owner(), &deny])).await.output();
    let answer = encrypt(&bob, &made.id).await;
    refused(&answer, "AccessDeniedException", "with an explicit deny in a resource-based policy");
}

#[tokio::test]
async fn open_to_everybody_with_credentials() {
    let town = town().await;
    let made = town.key().await;
    let nobody = town.nobody("nobody").await;
    for who in [r#""*""#, r#"{"AWS":"*"}"#] {
        let open = format!(r#"{{"Effect":"Allow","Principal":{who},"Action":"kms:Encrypt","Resource":"*"}}"#);
        put_policy(&town.root, &made.id, &document(&[&owner(), &open])).await.output();
        encrypt(&nobody, &made.id).await.output();
        put_policy(&town.root, &made.id, &document(&[&owner()])).await.output();
        denied(&encrypt(&nobody, &made.id).await);
    }
}

#[tokio::test]
async fn policies_that_are_refused() {
    let town = town().await;
    let made = town.key().await;
    let before = policy_of(&town.root, &made.id).await;
    let nobody = to(&format!("arn:aws:iam::{ACCOUNT}:user/nobody"), r#""kms:Decrypt""#);
    let gone = to("AIDAEXAMPLEEXAMPLEEXA", r#""kms:Decrypt""#);
    let service =
        r#"{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"kms:Decrypt","Resource":"*"}"#;
    let deny = r#"{"Effect":"Deny","Principal":"*","Action":"kms:PutKeyPolicy","Resource":"*"}"#;
    let wild = to("arn:aws:iam::*:root", r#""kms:Decrypt""#);
    for policy in [
        "nope".to_owned(),
        "{}".to_owned(),
        document(&[&owner(), &nobody]),
        document(&[&owner(), &gone]),
        document(&[&owner(), &wild]),
        document(&[service]),
        document(&[&owner(), deny]),
        document(&[&owner()]).replace("kms:*", "kms:\u{100}"),
    ] {
        refused(&put_policy(&town.root, &made.id, &policy).await, MALFORMED, "");
        let input = CreateKeyInput { policy: Some(policy), ..CreateKeyInput::default() };
        refused(&town.root.call::<CreateKey>(input).await, MALFORMED, "");
    }
    let long = |bytes: usize| {
        let policy = document(&[&owner()]);
        format!("{policy}{}", " ".repeat(bytes - policy.len()))
    };
    refused(&put_policy(&town.root, &made.id, &long(32_769)).await, "LimitExceededException", "32768");
    let input = CreateKeyInput { policy: Some(long(32_769)), ..CreateKeyInput::default() };
    refused(&town.root.call::<CreateKey>(input).await, "LimitExceededException", "32768");
    assert_eq!(policy_of(&town.root, &made.id).await, before, "what is refused changes nothing");
    put_policy(&town.root, &made.id, &long(32_768)).await.output();
    // On the wire the model's own pattern and length come first.
    for policy in ["\u{100}".to_owned(), long(131_073)] {
        let input = Tree::map([("KeyId", Tree::text(made.id.as_str())), ("Policy", Tree::text(policy))]);
        refused(&town.root.enter::<PutKeyPolicy>(input).await, "ValidationException", "at 'policy' failed to satisfy");
    }
}

#[tokio::test]
async fn the_lock_out_check_asks_for_the_caller_himself() {
    let town = town().await;
    let made = town.key().await;
    let alice = town.user("alice", &[&allow(r#""kms:PutKeyPolicy""#)]).await;
    let bob = town.nobody("bob").await;
    let without = document(&[&to(bob.arn(), r#""kms:*""#)]);
    let words = "The new key policy will not allow you to update the key policy in the future.";
    refused(&put_policy(&alice, &made.id, &without).await, MALFORMED, words);
    put_policy(&alice, &made.id, &document(&[&owner(), &to(bob.arn(), r#""kms:*""#)])).await.output();
    let input = PutKeyPolicyInput::new(made.id.clone(), without.clone());
    let input = PutKeyPolicyInput { bypass_policy_lockout_safety_check: Some(true), ..input };
    alice.call::<PutKeyPolicy>(input).await.output();
    denied(&put_policy(&alice, &made.id, &document(&[&owner()])).await);
    let input = CreateKeyInput { policy: Some(without.clone()), ..CreateKeyInput::default() };
    refused(&town.root.call::<CreateKey>(input).await, MALFORMED, words);
    let input = CreateKeyInput {
        policy: Some(without),
        bypass_policy_lockout_safety_check: Some(true),
        ..CreateKeyInput::default()
    };
    town.root.call::<CreateKey>(input).await.output();
}

#[tokio::test]
async fn a_user_who_is_made_anew_inherits_nothing() {
    let town = town().await;
    let made = town.key().await;
    let first = town.nobody("alice").await;
    let policy = document(&[&owner(), &to(first.arn(), r#""kms:Encrypt""#)]);
    put_policy(&town.root, &made.id, &policy).await.output();
    encrypt(&first, &made.id).await.output();
    let second = town.nobody("alice").await;
    assert_eq!(first.arn(), second.arn());
    denied(&encrypt(&second, &made.id).await);
    // The one who is gone stands in the policy under his unique id, and is not taken back in.
    let shown = policy_of(&town.root, &made.id).await;
    assert!(!shown.contains(first.arn()) && shown.contains("\"AIDA"), "{shown}");
    refused(&put_policy(&town.root, &made.id, &shown).await, "MalformedPolicyDocumentException", "invalid principals");
    put_policy(&town.root, &made.id, &policy).await.output();
    assert_eq!(policy_of(&town.root, &made.id).await, policy);
    encrypt(&second, &made.id).await.output();
}

#[tokio::test]
async fn there_is_one_policy_and_its_name_is_default() {
    let town = town().await;
    let made = town.key().await;
    for name in ["other", "AWS_RAM"] {
        let input = GetKeyPolicyInput { policy_name: Some(name.to_owned()), ..GetKeyPolicyInput::new(made.id.clone()) };
        refused(&town.root.call::<GetKeyPolicy>(input).await, "NotFoundException", "No such policy exists");
    }
    put_named(&town.root, &made.id, "default").await.output();
    refused(&put_named(&town.root, &made.id, "other").await, "NotFoundException", "No such policy exists");
    let answer = put_named(&town.root, &made.id, "AWS_RAM").await;
    refused(&answer, "ValidationException", "can only be managed by the RAM service");
}

#[tokio::test]
async fn the_text_comes_back_as_it_was_put() {
    let town = town().await;
    let made = town.key().await;
    let text = format!("\n{}\t ", document(&[&owner()]).replace(':', " :  "));
    // Colons inside ARNs and actions must stay as they are.
    let text = text.replace(" :  *", ":*").replace("arn :  ", "arn:").replace("aws :  iam :   :  ", "aws:iam::");
    let text = text.replace(&format!("{ACCOUNT} :  "), &format!("{ACCOUNT}:"));
    put_policy(&town.root, &made.id, &text).await.output();
    assert_eq!(policy_of(&town.root, &made.id).await, text);
    schedule(&town.root, &made.id, None).await.output();
    put_policy(&town.root, &made.id, &document(&[&owner()])).await.output();
}
