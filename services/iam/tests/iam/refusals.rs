//! Who may not, what he hears, and what the conditions of IAM's own keys decide.

use crate::town::{Town, no_user, refusal, refused, statement};
use house::{ACCOUNT, House, OTHER_ACCOUNT, Tree};
use kernel::EventValue;
use shapes_iam::*;

#[tokio::test]
async fn a_user_without_rights_hears_aws_s_words_and_nothing_else() {
    let town = Town::new().await;
    let alice = town.user("alice", None).await;
    let text = |action: &str, on: &str| {
        format!(
            "User: {} is not authorized to perform: {action} on resource: {on} because no identity-based policy \
             allows the {action} action",
            alice.arn()
        )
    };
    let input = CreateUserInput { path: Some("/team/".to_owned()), ..CreateUserInput::new("new".to_owned()) };
    let denied = text("iam:CreateUser", &format!("arn:aws:iam::{ACCOUNT}:user/team/new"));
    assert_eq!(refused::<CreateUser>(&alice, input).await, refusal("AccessDenied", 403, denied));
    for name in ["administrator", "nobody-of-that-name"] {
        let input = GetUserInput { user_name: Some(name.to_owned()) };
        let denied = text("iam:GetUser", &format!("user {name}"));
        assert_eq!(
            refused::<GetUser>(&alice, input).await,
            refusal("AccessDenied", 403, denied),
            "no oracle for names"
        );
    }
    for arn in ["arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/NoSuchPolicy"] {
        let denied = text("iam:GetPolicy", &format!("policy {arn}"));
        let input = GetPolicyInput { policy_arn: arn.to_owned() };
        assert_eq!(refused::<GetPolicy>(&alice, input).await, refusal("AccessDenied", 403, denied));
    }
    for (prefix, on) in [(None, "user/"), (Some("/team/"), "user/team/")] {
        let denied = text("iam:ListUsers", &format!("arn:aws:iam::{ACCOUNT}:{on}"));
        let input = ListUsersInput { path_prefix: prefix.map(str::to_owned), ..ListUsersInput::default() };
        assert_eq!(refused::<ListUsers>(&alice, input).await, refusal("AccessDenied", 403, denied));
    }
    let event = town.house.last_event().await;
    assert_eq!((event.error_code.as_deref(), event.wrote.len()), (Some("AccessDenied"), 0));
}

#[tokio::test]
async fn conditions_upon_the_policy_that_is_attached() {
    let town = Town::new().await;
    let rule = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
        "Action":["iam:AttachUserPolicy","iam:DetachUserPolicy"],
        "Resource":"*","Condition":{"ArnNotLike":{"iam:PolicyARN":"arn:aws:iam::aws:policy/Administrator*"}}}}"#;
    let bob = town.user("bob", Some(rule)).await;
    let attach = |name: &str| AttachUserPolicyInput {
        user_name: "bob".to_owned(),
        policy_arn: format!("arn:aws:iam::aws:policy/{name}"),
    };
    assert_eq!(refused::<AttachUserPolicy>(&bob, attach("AdministratorAccess")).await.0, "AccessDenied");
    assert_eq!(refused::<AttachUserPolicy>(&bob, attach("Unknown")).await.0, "NoSuchEntity", "allowed, and not there");
}

#[tokio::test]
async fn conditions_upon_tags() {
    let town = Town::new().await;
    let rule = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":["iam:CreateUser","iam:TagUser"],"Resource":"*","Condition":{
            "StringEquals":{"aws:RequestTag/Team":"blue"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}},
        {"Effect":"Allow","Action":"iam:DeleteUser","Resource":"*","Condition":{
            "StringEquals":{"aws:ResourceTag/team":"blue"}}}]}"#;
    let carol = town.user("carol", Some(rule)).await;
    let with = |name: &str, tags: &[(&str, &str)]| CreateUserInput {
        tags: Some(tags.iter().map(|(key, value)| Tag { key: (*key).into(), value: (*value).into() }).collect()),
        ..CreateUserInput::new(name.to_owned())
    };
    carol.call::<CreateUser>(with("blue", &[("team", "blue")])).await.output();
    for tags in [&[("team", "red")][..], &[("team", "blue"), ("cost", "1")], &[]] {
        assert_eq!(refused::<CreateUser>(&carol, with("other", tags)).await.0, "AccessDenied");
    }
    town.user("untagged", None).await;
    let delete = |name: &str| DeleteUserInput { user_name: name.to_owned() };
    assert_eq!(refused::<DeleteUser>(&carol, delete("untagged")).await.0, "AccessDenied");
    carol.call::<DeleteUser>(delete("blue")).await.output();
}

#[tokio::test]
async fn tags_cannot_be_given_without_leave_to_tag() {
    let town = Town::new().await;
    let dave = town.user("dave", Some(&statement("Allow", "iam:CreateUser"))).await;
    let tags = Some(vec![Tag { key: "team".to_owned(), value: "blue".to_owned() }]);
    let input = CreateUserInput { tags, ..CreateUserInput::new("new".to_owned()) };
    let refusal = refused::<CreateUser>(&dave, input).await;
    assert!(refusal.2.contains("iam:TagUser"), "{}", refusal.2);
}

#[tokio::test]
async fn a_secret_is_in_the_answer_and_nowhere_on_the_trail() {
    let town = Town::new().await;
    town.user("erin", None).await;
    let event = town.house.last_event().await;
    assert_eq!((event.name.as_str(), event.uses.len()), ("CreateAccessKey", 1));
    let shown = format!("{:?}", event.response);
    assert!(shown.contains("accessKeyId") && !shown.contains("secretAccessKey"), "{shown}");
    let Some(EventValue::Map(parameters)) = event.parameters else { unreachable!("the parameters are shown") };
    assert_eq!(parameters, [("userName".to_owned(), EventValue::Text("erin".to_owned()))]);
}

#[tokio::test]
async fn bounds_of_the_model_are_validated_in_the_words_of_the_query_services() {
    let town = Town::new().await;
    let failure = town.admin.enter::<CreateUser>(Tree::map([("UserName", Tree::text("with blank"))])).await.failure();
    assert_eq!((failure.code.as_ref(), failure.status), ("ValidationError", 400));
    assert!(failure.text.starts_with("1 validation error detected: Value at 'userName' failed"), "{}", failure.text);
    let input = Tree::map([("MaxItems", Tree::Number(1001))]);
    let failure = town.admin.enter::<ListUsers>(input).await.failure();
    assert!(failure.text.contains("Value at 'maxItems' failed to satisfy constraint"), "{}", failure.text);
}

#[tokio::test]
async fn any_region_means_the_same_users_and_stands_on_the_trail() {
    let town = Town::new().await;
    let elsewhere = town.admin.clone().in_region("eu-west-1");
    elsewhere.call::<CreateUser>(CreateUserInput::new("frank".to_owned())).await.output();
    assert_eq!(town.house.last_event().await.region, "eu-west-1");
    let list = ListUsersInput { max_items: Some(1), ..ListUsersInput::default() };
    let marker = elsewhere.call::<ListUsers>(list).await.output().marker.clone();
    let list = ListUsersInput { marker, ..ListUsersInput::default() };
    assert_eq!(town.admin.call::<ListUsers>(list).await.output().users.len(), 1);
}

#[tokio::test]
async fn the_root_user_is_no_user() {
    let house = House::boot([&iam::SERVICE]).await;
    let root = house.root().await;
    let text = "Must specify userName when calling with non-User credentials";
    let unnamed = refusal("ValidationError", 400, text);
    assert_eq!(refused::<GetUser>(&root, Default::default()).await, unnamed);
    assert_eq!(refused::<CreateAccessKey>(&root, Default::default()).await, unnamed);
    root.call::<CreateUser>(CreateUserInput::new("alice".to_owned())).await.output();
}

#[tokio::test]
async fn accounts_do_not_see_each_other() {
    let house = House::boot([&iam::SERVICE]).await;
    let (here, there) = (house.root().await, house.root_of(OTHER_ACCOUNT).await);
    here.call::<CreateUser>(CreateUserInput::new("alice".to_owned())).await.output();
    assert!(there.call::<ListUsers>(Default::default()).await.output().users.is_empty());
    let get = || GetUserInput { user_name: Some("alice".to_owned()) };
    assert_eq!(refused::<GetUser>(&there, get()).await, no_user("alice"));
    let made = there.call::<CreateUser>(CreateUserInput::new("Alice".to_owned())).await;
    assert!(made.output().user.as_ref().unwrap().arn.contains(OTHER_ACCOUNT));
    let arn = "arn:aws:iam::aws:policy/AdministratorAccess".to_owned();
    let attach = AttachUserPolicyInput { user_name: "Alice".to_owned(), policy_arn: arn.clone() };
    there.call::<AttachUserPolicy>(attach).await.output();
    let answered = here.call::<GetPolicy>(GetPolicyInput { policy_arn: arn }).await;
    assert_eq!(answered.output().policy.as_ref().unwrap().attachment_count, Some(0));
}

#[tokio::test]
async fn the_list_of_users_is_judged_by_its_path() {
    let town = Town::new().await;
    let of = |resource: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"iam:ListUsers","Resource":"{resource}"}}}}"#
        )
    };
    let all = town.user("alice", Some(&of(&format!("arn:aws:iam::{ACCOUNT}:user/*")))).await;
    let team = town.user("bob", Some(&of(&format!("arn:aws:iam::{ACCOUNT}:user/team/*")))).await;
    let under = |path: &str| ListUsersInput { path_prefix: Some(path.to_owned()), ..ListUsersInput::default() };
    all.call::<ListUsers>(ListUsersInput::default()).await.output();
    team.call::<ListUsers>(under("/team/")).await.output();
    assert!(town.house.last_event().await.resources.is_empty());
    for input in [ListUsersInput::default(), under("/other/")] {
        assert_eq!(refused::<ListUsers>(&team, input).await.0, "AccessDenied");
    }
}

#[tokio::test]
async fn a_users_own_tags_are_facts_about_him() {
    let town = Town::new().await;
    let tags = Some(vec![Tag { key: "Team".to_owned(), value: "red".to_owned() }]);
    town.admin.call::<CreateUser>(CreateUserInput { tags, ..CreateUserInput::new("carol".to_owned()) }).await.output();
    let carol = town.key_of("carol").await;
    let plain = town.user("dave", None).await;
    let of = |effect: &str, condition: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[
                {{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"{}}},
                {{"Effect":"Deny","Action":"{}","Resource":"*"{}}}]}}"#,
            if effect == "Allow" { condition } else { "" },
            if effect == "Deny" { "iam:ListUsers" } else { "iam:GetUser" },
            if effect == "Deny" { condition } else { "" },
        )
    };
    let red = r#","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}"#;
    let variable = r#","Condition":{"StringEquals":{"aws:PrincipalTag/team":"${aws:PrincipalTag/TEAM}"}}"#;
    for (policy, hers, his) in [
        (of("Allow", red), true, false),
        (of("Deny", red), false, true),
        (of("Allow", variable), true, false),
        (of("Allow", &red.replace("red", "blue")), false, false),
    ] {
        for (actor, name, may) in [(&carol, "carol", hers), (&plain, "dave", his)] {
            town.put(name, "p", &policy).await;
            assert_eq!(actor.call::<ListUsers>(Default::default()).await.is_ok(), may, "{name} {policy}");
        }
    }
}
