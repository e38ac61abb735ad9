//! The life of a user: names, paths, tags, renaming, lists.

use crate::town::{Town, no_user, on, refusal, refused, statement};
use house::ACCOUNT;
use shapes_iam::*;

fn create(name: &str) -> CreateUserInput {
    CreateUserInput::new(name.to_owned())
}

fn get(name: &str) -> GetUserInput {
    GetUserInput { user_name: Some(name.to_owned()) }
}

fn delete(name: &str) -> DeleteUserInput {
    DeleteUserInput { user_name: name.to_owned() }
}

fn rename(name: &str, new: &str) -> UpdateUserInput {
    UpdateUserInput { new_user_name: Some(new.to_owned()), ..UpdateUserInput::new(name.to_owned()) }
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: value.to_owned() }
}

#[tokio::test]
async fn the_life_of_a_user() {
    let town = Town::new().await;
    let input = CreateUserInput {
        path: Some("/division/team/".to_owned()),
        tags: Some(vec![tag("team", "blue")]),
        ..create("Alice")
    };
    let answered = town.admin.call::<CreateUser>(input).await;
    let made = answered.output().user.as_ref().unwrap();
    assert_eq!(made.arn, format!("arn:aws:iam::{ACCOUNT}:user/division/team/Alice"));
    assert_eq!((made.user_id.len(), made.user_id.get(..4)), (21, Some("AIDA")));
    let answered = town.admin.call::<GetUser>(get("Alice")).await;
    let found = &answered.output().user;
    assert_eq!((&found.user_id, &found.path, found.create_date), (&made.user_id, &made.path, made.create_date));
    let tags = found.tags.as_ref().unwrap();
    assert_eq!(tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect::<Vec<_>>(), [("team", "blue")]);
    let exists = |name: &str| refusal("EntityAlreadyExists", 409, format!("User with name {name} already exists."));
    assert_eq!(refused::<CreateUser>(&town.admin, create("Alice")).await, exists("Alice"));
    assert_eq!(refused::<CreateUser>(&town.admin, create("ALICE")).await, exists("ALICE"));
    assert_eq!(refused::<GetUser>(&town.admin, get("alice")).await, no_user("alice"));
    town.admin.call::<DeleteUser>(delete("Alice")).await.output();
    assert_eq!(refused::<GetUser>(&town.admin, get("Alice")).await, no_user("Alice"));
    assert_eq!(refused::<DeleteUser>(&town.admin, delete("Alice")).await, no_user("Alice"));
    let again = town.admin.call::<CreateUser>(create("Alice")).await;
    assert_ne!(again.output().user.as_ref().unwrap().user_id, made.user_id, "another one of the same name");
}

#[tokio::test]
async fn what_a_new_user_cannot_have() {
    let town = Town::new().await;
    let with_tags = |tags: Vec<Tag>| CreateUserInput { tags: Some(tags), ..create("bob") };
    let text = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
    let twice = with_tags(vec![tag("Team", "1"), tag("team", "2")]);
    assert_eq!(refused::<CreateUser>(&town.admin, twice).await, refusal("InvalidInput", 400, text));
    let reserved = with_tags(vec![tag("aws:team", "1")]);
    assert_eq!(refused::<CreateUser>(&town.admin, reserved).await.0, "InvalidInput");
    let boundary = "arn:aws:iam::aws:policy/AdministratorAccess".to_owned();
    let bounded = CreateUserInput { permissions_boundary: Some(boundary), ..create("bob") };
    let text = "The PermissionsBoundary parameter is not supported.";
    assert_eq!(refused::<CreateUser>(&town.admin, bounded).await, refusal("InvalidInput", 400, text));
    assert_eq!(refused::<GetUser>(&town.admin, get("bob")).await, no_user("bob"), "nothing was done");
}

#[tokio::test]
async fn two_users_of_one_name_are_not_made_at_once() {
    let town = Town::new().await;
    let admin = town.admin.clone();
    town.house.before_commits(1, move || {
        let admin = admin.clone();
        async move {
            admin.call::<CreateUser>(create("Carol")).await.output();
        }
    });
    let text = "User with name carol already exists.";
    let refusal = refusal("EntityAlreadyExists", 409, text);
    assert_eq!(refused::<CreateUser>(&town.admin, create("carol")).await, refusal);
}

#[tokio::test]
async fn a_user_is_deleted_only_when_bare() {
    let town = Town::new().await;
    let dave = town.user("dave", Some(&statement("Allow", "kms:*"))).await;
    let policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess".to_owned();
    let attach = AttachUserPolicyInput { user_name: "dave".to_owned(), policy_arn: policy_arn.clone() };
    town.admin.call::<AttachUserPolicy>(attach).await.output();
    let conflict = |what: &str| refusal("DeleteConflict", 409, format!("Cannot delete entity, {what}."));
    let refusal = refused::<DeleteUser>(&town.admin, delete("dave")).await;
    assert_eq!(refusal, conflict("must delete access keys first"));
    let access_key_id = dave.access_key_id().to_owned();
    let key = DeleteAccessKeyInput { user_name: Some("dave".to_owned()), access_key_id };
    town.admin.call::<DeleteAccessKey>(key).await.output();
    let refusal = refused::<DeleteUser>(&town.admin, delete("dave")).await;
    assert_eq!(refusal, conflict("must delete policies first"));
    let inline = DeleteUserPolicyInput { user_name: "dave".to_owned(), policy_name: "inline".to_owned() };
    town.admin.call::<DeleteUserPolicy>(inline).await.output();
    let refusal = refused::<DeleteUser>(&town.admin, delete("dave")).await;
    assert_eq!(refusal, conflict("must detach all policies first"));
    let detach = DetachUserPolicyInput { user_name: "dave".to_owned(), policy_arn };
    town.admin.call::<DetachUserPolicy>(detach).await.output();
    town.admin.call::<DeleteUser>(delete("dave")).await.output();
}

#[tokio::test]
async fn a_key_that_comes_while_its_user_goes_is_a_conflict() {
    let town = Town::new().await;
    town.admin.call::<CreateUser>(create("erin")).await.output();
    let admin = town.admin.clone();
    town.house.before_commits(1, move || {
        let admin = admin.clone();
        async move {
            let input = CreateAccessKeyInput { user_name: Some("erin".to_owned()) };
            admin.call::<CreateAccessKey>(input).await.output();
        }
    });
    assert_eq!(refused::<DeleteUser>(&town.admin, delete("erin")).await.0, "DeleteConflict");
    town.admin.call::<GetUser>(get("erin")).await.output();
}

#[tokio::test]
async fn a_renamed_user_keeps_id_keys_and_rights() {
    let town = Town::new().await;
    let frank = town.user("frank", Some(&statement("Allow", "iam:*"))).await;
    let before = town.admin.call::<GetUser>(get("frank")).await;
    let input = UpdateUserInput { new_path: Some("/moved/".to_owned()), ..rename("frank", "francis") };
    town.admin.call::<UpdateUser>(input).await.output();
    assert_eq!(refused::<GetUser>(&town.admin, get("frank")).await, no_user("frank"));
    let after = frank.call::<GetUser>(GetUserInput::default()).await;
    let (before, after) = (&before.output().user, &after.output().user);
    assert_eq!((&after.user_id, after.create_date), (&before.user_id, before.create_date));
    assert_eq!(after.arn, format!("arn:aws:iam::{ACCOUNT}:user/moved/francis"));
    let input = ListUserPoliciesInput::new("francis".to_owned());
    assert_eq!(frank.call::<ListUserPolicies>(input).await.output().policy_names, ["inline"]);
    assert_eq!(frank.call::<ListAccessKeys>(Default::default()).await.output().access_key_metadata.len(), 1);
    // Only the case of the name changes: it stays his own.
    town.admin.call::<UpdateUser>(rename("francis", "Francis")).await.output();
    town.user("grace", None).await;
    let text = "User with name GRACE already exists.";
    let taken = refused::<UpdateUser>(&town.admin, rename("Francis", "GRACE")).await;
    assert_eq!(taken, refusal("EntityAlreadyExists", 409, text));
    assert_eq!(refused::<UpdateUser>(&town.admin, rename("nobody", "somebody")).await, no_user("nobody"));
    town.admin.call::<CreateUser>(create("frank")).await.output();
}

#[tokio::test]
async fn who_renames_needs_leave_for_the_new_name_too() {
    let town = Town::new().await;
    let heidi = town.user("heidi", Some(&on("Allow", "iam:UpdateUser", &town.arn("ivan")))).await;
    town.user("ivan", None).await;
    let text = format!(
        "User: {} is not authorized to perform: iam:UpdateUser on resource: user judy because no identity-based policy \
         allows the iam:UpdateUser action",
        heidi.arn()
    );
    assert_eq!(refused::<UpdateUser>(&heidi, rename("ivan", "judy")).await, refusal("AccessDenied", 403, text));
    let moved = UpdateUserInput { new_path: Some("/up/".to_owned()), ..UpdateUserInput::new("ivan".to_owned()) };
    assert_eq!(refused::<UpdateUser>(&heidi, moved).await.0, "AccessDenied");
    heidi.call::<UpdateUser>(UpdateUserInput::new("ivan".to_owned())).await.output();
}

#[tokio::test]
async fn users_come_in_pages() {
    let town = Town::new().await;
    for name in ["p3", "P1", "p2", "p5", "p4"] {
        let input = CreateUserInput { path: Some("/paged/".to_owned()), ..create(name) };
        town.admin.call::<CreateUser>(input).await.output();
    }
    for prefix in [None, Some("/pag".to_owned()), Some("/nowhere/".to_owned())] {
        let (mut seen, mut marker) = (Vec::new(), None);
        loop {
            let input = ListUsersInput { path_prefix: prefix.clone(), marker, max_items: Some(2) };
            let answered = town.admin.call::<ListUsers>(input).await;
            let page = answered.output();
            assert!(page.users.len() <= 2 && page.users.iter().all(|user| user.tags.is_none()));
            assert_eq!(page.is_truncated, Some(page.marker.is_some()));
            seen.extend(page.users.iter().map(|user| user.user_name.clone()));
            marker = page.marker.clone();
            if marker.is_none() {
                break;
            }
        }
        let expected: &[&str] = match prefix.as_deref() {
            None => &["administrator", "P1", "p2", "p3", "p4", "p5"],
            Some("/pag") => &["P1", "p2", "p3", "p4", "p5"],
            Some(_) => &[],
        };
        assert_eq!(seen, expected, "{prefix:?}");
    }
    assert_eq!(town.admin.call::<ListUsers>(Default::default()).await.output().users.len(), 6);
}

#[tokio::test]
async fn a_marker_tells_nothing_and_opens_its_own_list_only() {
    let town = Town::new().await;
    for name in ["one", "two"] {
        town.admin.call::<CreateUser>(create(name)).await.output();
    }
    let list = |marker: Option<String>| ListUsersInput { marker, max_items: Some(1), ..ListUsersInput::default() };
    let marker = town.admin.call::<ListUsers>(list(None)).await.output().marker.clone().unwrap();
    assert!(!marker.contains("administrator") && marker.len() <= 320);
    town.admin.call::<ListUsers>(list(Some(marker.clone()))).await.output();
    let foreign = refusal("ValidationError", 400, "Invalid Marker.");
    let elsewhere = ListUsersInput { path_prefix: Some("/a/".to_owned()), ..list(Some(marker.clone())) };
    assert_eq!(refused::<ListUsers>(&town.admin, elsewhere).await, foreign);
    let bent = marker.replacen(marker.get(..1).unwrap(), "_", 1);
    for bad in ["nonsense".to_owned(), bent] {
        assert_eq!(refused::<ListUsers>(&town.admin, list(Some(bad))).await, foreign);
    }
    let input = ListUserPoliciesInput { marker: Some(marker), ..ListUserPoliciesInput::new("one".to_owned()) };
    assert_eq!(refused::<ListUserPolicies>(&town.admin, input).await, foreign);
}

#[tokio::test]
async fn nobody_is_in_a_group() {
    let town = Town::new().await;
    let answered = town.admin.call::<ListGroupsForUser>(ListGroupsForUserInput::new("administrator".to_owned())).await;
    let listed = answered.output();
    assert_eq!((listed.groups.len(), listed.is_truncated, listed.marker.is_none()), (0, Some(false), true));
    let input = ListGroupsForUserInput::new("nobody".to_owned());
    assert_eq!(refused::<ListGroupsForUser>(&town.admin, input).await, no_user("nobody"));
}
