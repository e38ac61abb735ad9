//! How an account begins.

use crate::town::{Town, account, actor_of, found, unfounded};
use house::ACCOUNT;
use kernel::{EventKind, EventValue};
use shape::Empty;
use shapes_iam as iam_shapes;

#[tokio::test]
async fn an_account_is_founded_once_and_its_administrator_may_do_everything() {
    let house = unfounded().await;
    assert_eq!(iam::founded(house.store()).await.unwrap(), None);
    let recorded = found(&house).await;
    assert_eq!(iam::founded(house.store()).await.unwrap(), Some(account()));
    let admin = actor_of(&house, &format!("arn:aws:iam::{ACCOUNT}:user/administrator"), &recorded);
    let answered = admin.call::<iam_shapes::GetUser>(Default::default()).await;
    let user = &answered.output().user;
    assert_eq!((user.user_name.as_str(), user.path.as_str(), user.arn.as_str()), ("administrator", "/", admin.arn()));
    let policies = iam_shapes::ListAttachedUserPoliciesInput::new("administrator".to_owned());
    let answered = admin.call::<iam_shapes::ListAttachedUserPolicies>(policies).await;
    let attached = answered.output().attached_policies.as_ref().unwrap();
    assert_eq!(attached.first().unwrap().policy_name.as_deref(), Some("AdministratorAccess"));

    let uses = house.uses().await;
    let again = found(&house).await.ending().unwrap_err();
    assert_eq!((again.code.as_ref(), again.status), ("EntityAlreadyExists", 409));
    assert_eq!(again.text, format!("The account {ACCOUNT} already exists."));
    assert_eq!(house.uses().await, uses, "the vault has made no second key");
    let listed = admin.call::<iam_shapes::ListUsers>(Default::default()).await;
    assert_eq!(listed.output().users.len(), 1);
}

#[tokio::test]
async fn the_founding_is_on_the_trail_without_the_secret() {
    let house = unfounded().await;
    let recorded = found(&house).await;
    let event = house.last_event().await;
    assert_eq!((event.name.as_str(), event.source.as_str()), ("FoundAccount", "iam.amazonaws.com"));
    assert_eq!((event.kind, event.identity.kind.as_str()), (EventKind::ServiceEvent, "AWSService"));
    assert_eq!((event.recipient.as_str(), event.uses.len(), event.wrote.len()), (ACCOUNT, 1, 3));
    let detail = |name: &str| event.service_details.iter().find(|(key, _)| key == name).map(|(_, text)| text.as_str());
    let admin = actor_of(&house, "", &recorded);
    assert_eq!(detail("accessKeyId"), Some(admin.access_key_id()));
    let Some(EventValue::Map(response)) = &event.response else { unreachable!("the answer is shown") };
    let Some((_, EventValue::Map(key))) = response.first() else { unreachable!("the key is shown") };
    assert!(key.iter().any(|(name, _)| name == "accessKeyId"));
    assert!(key.iter().all(|(name, _)| name != "secretAccessKey"));
}

#[tokio::test]
async fn nobody_founds_an_account_from_outside() {
    let town = Town::new().await;
    let failure = town.admin.call::<iam::FoundAccount>(Empty).await.failure();
    assert_eq!((failure.code.as_ref(), failure.status), ("AccessDenied", 403));
    assert!(iam::SERVICE.row("FoundAccount").is_none(), "no wire leads to it");
}

#[tokio::test]
async fn two_foundings_at_once_make_one_account() {
    let house = unfounded().await;
    let other = house.clone();
    house.before_commits(1, move || {
        let house = other.clone();
        async move {
            found(&house).await.ending().unwrap();
        }
    });
    let failure = found(&house).await.ending().unwrap_err();
    assert_eq!(failure.code, "EntityAlreadyExists");
}

#[tokio::test]
async fn a_first_access_key_that_was_not_delivered_is_replaced_until_its_delivery_is_confirmed() {
    let house = unfounded().await;
    let first = actor_of(&house, "", &found(&house).await);
    assert_eq!(iam::undelivered(house.store()).await.unwrap().as_deref(), Some(first.access_key_id()));
    let replace = || async {
        let rounds = house.rounds("iam");
        rounds.recorded::<iam::ReplaceFirstAccessKey>(account(), house.region().clone(), Empty).await.unwrap()
    };
    let confirm = || async {
        let rounds = house.rounds("iam");
        rounds.call::<iam::ConfirmFirstAccessKey>(account(), house.region().clone(), Empty).await.unwrap()
    };
    let recorded = replace().await;
    let event = house.last_event().await;
    assert_eq!((event.name.as_str(), event.uses.len(), event.wrote.len()), ("ReplaceFirstAccessKey", 1, 3));
    let second = actor_of(&house, &format!("arn:aws:iam::{ACCOUNT}:user/administrator"), &recorded);
    assert_ne!(second.access_key_id(), first.access_key_id());
    assert_eq!(iam::undelivered(house.store()).await.unwrap().as_deref(), Some(second.access_key_id()));
    let listed = second.call::<iam_shapes::ListAccessKeys>(Default::default()).await;
    let ids: Vec<_> = listed.output().access_key_metadata.iter().map(|key| key.access_key_id.clone()).collect();
    assert_eq!(ids, [Some(second.access_key_id().to_owned())], "the lost key is gone, and there is no third one");

    confirm().await.unwrap();
    assert_eq!(house.last_event().await.name, "ConfirmFirstAccessKey");
    assert_eq!(iam::undelivered(house.store()).await.unwrap(), None);
    let uses = house.uses().await;
    for refused in [replace().await.ending(), confirm().await] {
        assert_eq!(refused.unwrap_err().code, "NoSuchEntity", "a key that was delivered is nobody's to replace");
    }
    assert_eq!(house.uses().await, uses);
}

#[tokio::test]
async fn nobody_replaces_or_confirms_the_first_access_key_from_outside() {
    let town = Town::new().await;
    let replaced = town.admin.call::<iam::ReplaceFirstAccessKey>(Empty).await.failure();
    let confirmed = town.admin.call::<iam::ConfirmFirstAccessKey>(Empty).await.failure();
    assert_eq!((replaced.code.as_ref(), confirmed.code.as_ref()), ("AccessDenied", "AccessDenied"));
    for name in ["ReplaceFirstAccessKey", "ConfirmFirstAccessKey"] {
        assert!(iam::SERVICE.row(name).is_none(), "no wire leads to {name}");
    }
}
