//! Access keys: two for each user, their status, and what a user may do for himself.

use crate::town::{Town, no_user, on, refusal, refused, statement};
use house::Actor;
use kernel::Unadmitted;
use shapes_iam::*;

fn of(name: &str) -> Option<String> {
    Some(name.to_owned())
}

fn status(actor: &Actor, user: &str, status: StatusType) -> UpdateAccessKeyInput {
    UpdateAccessKeyInput { user_name: of(user), ..UpdateAccessKeyInput::new(actor.access_key_id().to_owned(), status) }
}

async fn letting_in(actor: &Actor) -> Result<(), Unadmitted> {
    actor.caller().await.map(|_| ())
}

#[tokio::test]
async fn two_keys_and_no_more() {
    let town = Town::new().await;
    town.user("alice", None).await;
    let input = || CreateAccessKeyInput { user_name: of("alice") };
    let made = town.admin.call::<CreateAccessKey>(input()).await;
    let key = &made.output().access_key;
    assert_eq!((key.access_key_id.len(), key.access_key_id.get(..4)), (20, Some("AKIA")));
    assert_eq!((key.status, key.user_name.as_str()), (StatusType::Active, "alice"));
    let secret = made.reveal(&key.secret_access_key);
    assert!(secret.len() == 40 && secret.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(byte)));
    letting_in(&town.holder(&town.arn("alice"), &made)).await.unwrap();
    let uses = town.house.uses().await;
    let text = "Cannot exceed quota for AccessKeysPerUser: 2";
    assert_eq!(refused::<CreateAccessKey>(&town.admin, input()).await, refusal("LimitExceeded", 409, text));
    assert_eq!(town.house.uses().await, uses, "the vault has made no third key");
    let nobody = CreateAccessKeyInput { user_name: of("nobody") };
    assert_eq!(refused::<CreateAccessKey>(&town.admin, nobody).await, no_user("nobody"));
}

#[tokio::test]
async fn a_third_key_does_not_come_by_haste() {
    let town = Town::new().await;
    town.user("bob", None).await;
    let admin = town.admin.clone();
    let input = || CreateAccessKeyInput { user_name: of("bob") };
    town.house.before_commits(1, move || {
        let admin = admin.clone();
        async move {
            admin.call::<CreateAccessKey>(input()).await.output();
        }
    });
    assert_eq!(refused::<CreateAccessKey>(&town.admin, input()).await.0, "LimitExceeded");
    let list = ListAccessKeysInput { user_name: of("bob"), ..ListAccessKeysInput::default() };
    assert_eq!(town.admin.call::<ListAccessKeys>(list).await.output().access_key_metadata.len(), 2);
}

#[tokio::test]
async fn an_inactive_key_lets_nobody_in_from_the_next_call_on() {
    let town = Town::new().await;
    let carol = town.user("carol", None).await;
    letting_in(&carol).await.unwrap();
    town.admin.call::<UpdateAccessKey>(status(&carol, "carol", StatusType::Inactive)).await.output();
    assert_eq!(letting_in(&carol).await, Err(Unadmitted::UnknownKey));
    let list = ListAccessKeysInput { user_name: of("carol"), ..ListAccessKeysInput::default() };
    let listed = town.admin.call::<ListAccessKeys>(list).await;
    assert_eq!(listed.output().access_key_metadata.first().unwrap().status, Some(StatusType::Inactive));
    town.admin.call::<UpdateAccessKey>(status(&carol, "carol", StatusType::Active)).await.output();
    letting_in(&carol).await.unwrap();
    let expired = refused::<UpdateAccessKey>(&town.admin, status(&carol, "carol", StatusType::Expired)).await;
    assert_eq!((expired.0.as_str(), expired.1), ("InvalidInput", 400));
    let access_key_id = carol.access_key_id().to_owned();
    let delete = DeleteAccessKeyInput { user_name: of("carol"), access_key_id };
    town.admin.call::<DeleteAccessKey>(delete).await.output();
    assert_eq!(letting_in(&carol).await, Err(Unadmitted::UnknownKey));
}

#[tokio::test]
async fn a_key_that_is_shut_off_while_its_call_runs_writes_nothing() {
    let town = Town::new().await;
    let dave = town.user("dave", Some(&statement("Allow", "iam:*"))).await;
    let (admin, key) = (town.admin.clone(), dave.clone());
    town.house.before_commits(1, move || {
        let (admin, key) = (admin.clone(), key.clone());
        async move {
            admin.call::<UpdateAccessKey>(status(&key, "dave", StatusType::Inactive)).await.output();
        }
    });
    let input = CreateUserInput::new("late".to_owned());
    assert_eq!(refused::<CreateUser>(&dave, input).await.0, "ConcurrentModification");
    let late = GetUserInput { user_name: of("late") };
    assert_eq!(refused::<GetUser>(&town.admin, late).await, no_user("late"));
}

#[tokio::test]
async fn a_key_of_somebody_else_is_not_there() {
    let town = Town::new().await;
    let (erin, frank) = (town.user("erin", None).await, town.user("frank", None).await);
    for id in ["AKIAIOSFODNN7EXAMPLE", frank.access_key_id()] {
        let text = format!("The Access Key with id {id} cannot be found.");
        let delete = DeleteAccessKeyInput { user_name: of("erin"), access_key_id: id.to_owned() };
        let expected = refusal("NoSuchEntity", 404, text);
        assert_eq!(refused::<DeleteAccessKey>(&town.admin, delete).await, expected);
        let update = UpdateAccessKeyInput::new(id.to_owned(), StatusType::Inactive);
        let update = UpdateAccessKeyInput { user_name: of("erin"), ..update };
        assert_eq!(refused::<UpdateAccessKey>(&town.admin, update).await, expected);
    }
    letting_in(&erin).await.unwrap();
    letting_in(&frank).await.unwrap();
}

#[tokio::test]
async fn keys_come_in_pages() {
    let town = Town::new().await;
    town.user("grace", None).await;
    town.key_of("grace").await;
    let list = |marker| ListAccessKeysInput { user_name: of("grace"), marker, max_items: Some(1) };
    let first = town.admin.call::<ListAccessKeys>(list(None)).await;
    let (first, marker) = (&first.output().access_key_metadata, first.output().marker.clone());
    assert!(first.len() == 1 && marker.is_some());
    let second = town.admin.call::<ListAccessKeys>(list(marker)).await;
    let second = second.output();
    assert_eq!((second.access_key_metadata.len(), second.is_truncated, &second.marker), (1, Some(false), &None));
    let id = |key: &AccessKeyMetadata| key.access_key_id.clone();
    assert_ne!(first.first().and_then(id), second.access_key_metadata.first().and_then(id));
}

#[tokio::test]
async fn calls_without_a_name_mean_the_caller() {
    let town = Town::new().await;
    let heidi = town.user("heidi", Some(&on("Allow", "iam:*", &town.arn("${aws:username}")))).await;
    let made = heidi.call::<CreateAccessKey>(Default::default()).await;
    assert_eq!(made.output().access_key.user_name, "heidi");
    let second = town.holder(heidi.arn(), &made);
    assert_eq!(heidi.call::<ListAccessKeys>(Default::default()).await.output().access_key_metadata.len(), 2);
    assert_eq!(heidi.call::<GetUser>(Default::default()).await.output().user.arn, heidi.arn());
    let off = UpdateAccessKeyInput::new(second.access_key_id().to_owned(), StatusType::Inactive);
    heidi.call::<UpdateAccessKey>(off).await.output();
    assert_eq!(letting_in(&second).await, Err(Unadmitted::UnknownKey));
    let delete = DeleteAccessKeyInput { user_name: None, access_key_id: second.access_key_id().to_owned() };
    heidi.call::<DeleteAccessKey>(delete).await.output();
    let other = CreateAccessKeyInput { user_name: of("administrator") };
    assert_eq!(refused::<CreateAccessKey>(&heidi, other).await.0, "AccessDenied");
}
