//! Inline and managed policies, their limits, and that each change counts from the next call on.

use crate::town::{Town, no_user, put, refusal, refused, statement};
use house::{ACCOUNT, Actor};
use shapes_iam::*;

const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const UNKNOWN: &str = "arn:aws:iam::aws:policy/NoSuchPolicy";

fn inline(name: &str, policy: &str) -> GetUserPolicyInput {
    GetUserPolicyInput { user_name: name.to_owned(), policy_name: policy.to_owned() }
}

fn attach(name: &str, arn: &str) -> AttachUserPolicyInput {
    AttachUserPolicyInput { user_name: name.to_owned(), policy_arn: arn.to_owned() }
}

fn detach(name: &str, arn: &str) -> DetachUserPolicyInput {
    DetachUserPolicyInput { user_name: name.to_owned(), policy_arn: arn.to_owned() }
}

fn policy(arn: &str) -> GetPolicyInput {
    GetPolicyInput { policy_arn: arn.to_owned() }
}

async fn may_list(actor: &Actor) -> bool {
    actor.call::<ListUsers>(Default::default()).await.is_ok()
}

#[tokio::test]
async fn the_life_of_an_inline_policy() {
    let town = Town::new().await;
    town.user("alice", None).await;
    let text = "{ \"Version\": \"2012-10-17\",\n\"Statement\": \
                {\"Effect\":\"Allow\",\"Action\":\"kms:*\",\"Resource\":\"*\"}}";
    town.put("alice", "b", text).await;
    town.put("alice", "a", &statement("Allow", "kms:*")).await;
    town.put("alice", "a", &statement("Deny", "kms:*")).await;
    let list = ListUserPoliciesInput::new("alice".to_owned());
    assert_eq!(town.admin.call::<ListUserPolicies>(list).await.output().policy_names, ["a", "b"]);
    let answered = town.admin.call::<GetUserPolicy>(inline("alice", "b")).await;
    let got = answered.output();
    let encoded = "%7B%20%22Version%22%3A%20%222012-10-17%22%2C%0A%22Statement%22";
    assert!(got.policy_document.starts_with(encoded), "{}", got.policy_document);
    assert_eq!((got.user_name.as_str(), got.policy_name.as_str()), ("alice", "b"));
    let delete = || DeleteUserPolicyInput { user_name: "alice".to_owned(), policy_name: "b".to_owned() };
    town.admin.call::<DeleteUserPolicy>(delete()).await.output();
    let missing = refusal("NoSuchEntity", 404, "The user policy with name b cannot be found.");
    assert_eq!(refused::<GetUserPolicy>(&town.admin, inline("alice", "b")).await, missing);
    assert_eq!(refused::<DeleteUserPolicy>(&town.admin, delete()).await, missing);
    let input = put("nobody", "p", text);
    assert_eq!(refused::<PutUserPolicy>(&town.admin, input).await, no_user("nobody"));
}

#[tokio::test]
async fn documents_that_are_none() {
    let town = Town::new().await;
    town.user("bob", None).await;
    let malformed = |text: &str| refusal("MalformedPolicyDocument", 400, text);
    let cases = [
        ("nope".to_owned(), "Syntax errors in policy."),
        (statement("allow", "kms:*"), "The policy failed legacy parsing"),
        (statement("Allow", "list"), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
        ("[".repeat(60_000), "Syntax errors in policy."),
    ];
    for (text, words) in cases {
        assert_eq!(refused::<PutUserPolicy>(&town.admin, put("bob", "p", &text)).await, malformed(words));
    }
    let list = ListUserPoliciesInput::new("bob".to_owned());
    assert!(town.admin.call::<ListUserPolicies>(list).await.output().policy_names.is_empty());
}

#[tokio::test]
async fn the_size_of_all_inline_policies_is_limited_and_white_space_is_free() {
    let town = Town::new().await;
    town.user("carol", None).await;
    let empty = statement("Allow", "kms:").len();
    let sized = |chars: usize| statement("Allow", &format!("kms:{}", "x".repeat(chars - empty)));
    let whole = sized(2048).replace(',', ",\n  ");
    town.put("carol", "whole", &whole).await;
    let text = "Maximum policy size of 2048 bytes exceeded for user carol";
    let too_large = refusal("LimitExceeded", 409, text);
    let more = put("carol", "more", &statement("Allow", "kms:*"));
    assert_eq!(refused::<PutUserPolicy>(&town.admin, more).await, too_large);
    assert_eq!(refused::<PutUserPolicy>(&town.admin, put("carol", "whole", &sized(2049))).await, too_large);
    town.put("carol", "whole", &sized(2000)).await;
}

#[tokio::test]
async fn inline_policies_come_in_pages() {
    let town = Town::new().await;
    town.user("dave", None).await;
    for name in ["a", "b", "c", "d", "e"] {
        town.put("dave", name, &statement("Allow", "kms:ListKeys")).await;
    }
    let list =
        |marker| ListUserPoliciesInput { marker, max_items: Some(2), ..ListUserPoliciesInput::new("dave".to_owned()) };
    let first = town.admin.call::<ListUserPolicies>(list(None)).await;
    assert_eq!(first.output().policy_names, ["a", "b"]);
    // What is gone does no harm, the item at which the page ended included.
    for gone in ["b", "c"] {
        let delete = DeleteUserPolicyInput { user_name: "dave".to_owned(), policy_name: gone.to_owned() };
        town.admin.call::<DeleteUserPolicy>(delete).await.output();
    }
    let marker = first.output().marker.clone();
    let second = town.admin.call::<ListUserPolicies>(list(marker)).await;
    let second = second.output();
    assert_eq!(
        (second.policy_names.as_slice(), second.is_truncated),
        (&["d".to_owned(), "e".to_owned()][..], Some(false))
    );
}

#[tokio::test]
async fn administrator_access_is_there() {
    let town = Town::new().await;
    let answered = town.admin.call::<GetPolicy>(policy(ADMINISTRATOR)).await;
    let found = answered.output().policy.as_ref().unwrap();
    assert_eq!(found.policy_id.as_deref(), Some("ANPAIWMBCKSKIEE64ZLYK"));
    assert_eq!((found.default_version_id.as_deref(), found.attachment_count), (Some("v1"), Some(1)));
    assert_eq!(found.create_date.unwrap().iso(), "2015-02-06T18:39:46Z");
    let version =
        |arn: &str, version: &str| GetPolicyVersionInput { policy_arn: arn.to_owned(), version_id: version.to_owned() };
    let answered = town.admin.call::<GetPolicyVersion>(version(ADMINISTRATOR, "v1")).await;
    let found = answered.output().policy_version.as_ref().unwrap();
    assert_eq!(found.is_default_version, Some(true));
    assert!(found.document.as_ref().unwrap().starts_with("%7B%0A%20%20%20%20%22Version%22"));
    let text = format!("Policy {ADMINISTRATOR} version v2 does not exist or is not attachable.");
    let refusal_of_v2 = refused::<GetPolicyVersion>(&town.admin, version(ADMINISTRATOR, "v2")).await;
    assert_eq!(refusal_of_v2, refusal("NoSuchEntity", 404, text));
    let missing = refusal("NoSuchEntity", 404, format!("Policy {UNKNOWN} was not found."));
    assert_eq!(refused::<GetPolicy>(&town.admin, policy(UNKNOWN)).await, missing);
    assert_eq!(refused::<GetPolicyVersion>(&town.admin, version(UNKNOWN, "v1")).await, missing);
    let invalid = refusal("InvalidInput", 400, "ARN nonsense-that-is-no-arn is not valid.");
    assert_eq!(refused::<GetPolicy>(&town.admin, policy("nonsense-that-is-no-arn")).await, invalid);
}

#[tokio::test]
async fn what_is_attached_counts_at_once_and_so_does_a_deny_after_it() {
    let town = Town::new().await;
    let erin = town.user("erin", None).await;
    assert!(!may_list(&erin).await);
    for _ in 0..2 {
        town.admin.call::<AttachUserPolicy>(attach("erin", ADMINISTRATOR)).await.output();
    }
    assert!(may_list(&erin).await);
    let counted = town.admin.call::<GetPolicy>(policy(ADMINISTRATOR)).await;
    assert_eq!(counted.output().policy.as_ref().unwrap().attachment_count, Some(2), "twice attached is attached");
    let list = |prefix: &str| ListAttachedUserPoliciesInput {
        path_prefix: Some(prefix.to_owned()),
        ..ListAttachedUserPoliciesInput::new("erin".to_owned())
    };
    for (prefix, count) in [("/", 1), ("/nowhere/", 0)] {
        let listed = town.admin.call::<ListAttachedUserPolicies>(list(prefix)).await;
        assert_eq!(listed.output().attached_policies.as_ref().unwrap().len(), count);
    }
    town.put("erin", "no", &statement("Deny", "iam:ListUsers")).await;
    let text = format!(
        "User: {} is not authorized to perform: iam:ListUsers on resource: \
         arn:aws:iam::{ACCOUNT}:user/ with an explicit deny in an identity-based policy",
        erin.arn()
    );
    assert_eq!(refused::<ListUsers>(&erin, Default::default()).await, refusal("AccessDenied", 403, text));
    let delete = DeleteUserPolicyInput { user_name: "erin".to_owned(), policy_name: "no".to_owned() };
    town.admin.call::<DeleteUserPolicy>(delete).await.output();
    assert!(may_list(&erin).await);
    town.admin.call::<DetachUserPolicy>(detach("erin", ADMINISTRATOR)).await.output();
    assert!(!may_list(&erin).await);
    let missing = refusal("NoSuchEntity", 404, format!("Policy {ADMINISTRATOR} was not found."));
    assert_eq!(refused::<DetachUserPolicy>(&town.admin, detach("erin", ADMINISTRATOR)).await, missing);
}

#[tokio::test]
async fn a_deny_that_comes_while_a_call_runs_is_not_overlooked() {
    let town = Town::new().await;
    let frank = town.user("frank", Some(&statement("Allow", "iam:*"))).await;
    let admin = town.admin.clone();
    town.house.before_commits(1, move || {
        let admin = admin.clone();
        async move {
            let deny = put("frank", "no", &statement("Deny", "iam:CreateUser"));
            admin.call::<PutUserPolicy>(deny).await.output();
        }
    });
    let late = || CreateUserInput::new("late".to_owned());
    assert_eq!(refused::<CreateUser>(&frank, late()).await.0, "AccessDenied");
    town.admin.call::<CreateUser>(late()).await.output();
}

#[tokio::test]
async fn what_cannot_be_attached() {
    let town = Town::new().await;
    town.user("grace", None).await;
    let text = format!("Policy {UNKNOWN} does not exist or is not attachable.");
    let unknown = refused::<AttachUserPolicy>(&town.admin, attach("grace", UNKNOWN)).await;
    assert_eq!(unknown, refusal("NoSuchEntity", 404, text));
    let nobody = refused::<AttachUserPolicy>(&town.admin, attach("nobody", ADMINISTRATOR)).await;
    assert_eq!(nobody, no_user("nobody"));
    let invalid = refused::<AttachUserPolicy>(&town.admin, attach("grace", "arn:aws:iam::aws:user/Nobody")).await;
    assert_eq!(invalid, refusal("InvalidInput", 400, "ARN arn:aws:iam::aws:user/Nobody is not valid."));
}
