//! The way back in for an operator who has the root and no access key.

use crate::town::{Town, account, actor_of};
use house::Actor;
use iam::{RecoverAccessKey, RecoverAccessKeyInput};
use kernel::{EventKind, Recorded, Unadmitted};
use shape::Inward;
use shapes_iam as iam_shapes;

fn input(user: &str, replaced: Option<&str>) -> Inward<RecoverAccessKeyInput> {
    Inward(RecoverAccessKeyInput { user: user.to_owned(), replaced: replaced.map(str::to_owned) })
}

async fn recover(town: &Town, user: &str, replaced: Option<&str>) -> Recorded {
    let (rounds, region) = (town.house.rounds("iam"), town.house.region().clone());
    rounds.recorded::<RecoverAccessKey>(account(), region, input(user, replaced)).await.unwrap()
}

async fn letting_in(actor: &Actor) -> Result<(), Unadmitted> {
    actor.caller().await.map(|_| ())
}

#[tokio::test]
async fn the_new_key_is_the_users_and_the_trail_says_how_it_came() {
    let town = Town::new().await;
    let recorded = recover(&town, "administrator", None).await;
    let event = town.house.last_event().await;
    assert_eq!((event.name.as_str(), event.source.as_str()), ("RecoverAccessKey", "iam.amazonaws.com"));
    assert_eq!((event.kind, event.identity.kind.as_str()), (EventKind::ServiceEvent, "AWSService"));
    assert_eq!((event.uses.len(), event.wrote.len(), event.error_code.as_deref()), (1, 1, None));
    let again = actor_of(&town.house, &town.arn("administrator"), &recorded);
    let detail = |name: &str| event.service_details.iter().find(|(key, _)| key == name).map(|(_, text)| text.as_str());
    assert_eq!(detail("accessKeyId"), Some(again.access_key_id()));
    assert_eq!((detail("userName"), detail("deletedAccessKeyId")), (Some("administrator"), None));
    let user = again.call::<iam_shapes::GetUser>(Default::default()).await;
    assert_eq!(user.output().user.user_name, "administrator");
    letting_in(&town.admin).await.unwrap();
}

#[tokio::test]
async fn with_two_keys_one_is_named_and_deleted_in_the_same_commit() {
    let town = Town::new().await;
    let alice = town.user("alice", None).await;
    let second = town.key_of("alice").await;
    let uses = town.house.uses().await;
    let refused = recover(&town, "alice", None).await.ending().unwrap_err();
    let mut ids = [alice.access_key_id(), second.access_key_id()];
    ids.sort_unstable();
    let text = format!("Cannot exceed quota for AccessKeysPerUser: 2 ({})", ids.join(", "));
    assert_eq!((refused.code.as_ref(), refused.text), ("LimitExceeded", text));
    assert_eq!(town.house.uses().await, uses, "the vault has made no third key");
    let recorded = recover(&town, "alice", Some(alice.access_key_id())).await;
    let event = town.house.last_event().await;
    assert_eq!(event.wrote.len(), 2, "one row is deleted and one written");
    assert!(event.service_details.contains(&("deletedAccessKeyId".to_owned(), alice.access_key_id().to_owned())));
    assert_eq!(letting_in(&alice).await, Err(Unadmitted::UnknownKey));
    letting_in(&second).await.unwrap();
    letting_in(&actor_of(&town.house, &town.arn("alice"), &recorded)).await.unwrap();
}

#[tokio::test]
async fn nothing_is_made_for_nobody_or_in_place_of_anothers_key() {
    let town = Town::new().await;
    let alice = town.user("alice", None).await;
    let uses = town.house.uses().await;
    for (user, replaced, text) in [
        ("nobody", None, "The user with name nobody cannot be found.".to_owned()),
        (
            "administrator",
            Some("AKIA0000000000000000"),
            "The Access Key with id AKIA0000000000000000 cannot be found.".to_owned(),
        ),
        (
            "administrator",
            Some(alice.access_key_id()),
            format!("The Access Key with id {} cannot be found.", alice.access_key_id()),
        ),
    ] {
        let refused = recover(&town, user, replaced).await.ending().unwrap_err();
        assert_eq!((refused.code.as_ref(), refused.text), ("NoSuchEntity", text));
        assert_eq!(
            town.house.last_event().await.error_code.as_deref(),
            Some("NoSuchEntity"),
            "a refusal is recorded too"
        );
    }
    assert_eq!(town.house.uses().await, uses);
    letting_in(&alice).await.unwrap();
}

#[tokio::test]
async fn nobody_recovers_a_key_from_outside() {
    let town = Town::new().await;
    let failure = town.admin.call::<RecoverAccessKey>(input("administrator", None)).await.failure();
    assert_eq!((failure.code.as_ref(), failure.status), ("AccessDenied", 403));
    assert!(iam::SERVICE.row("RecoverAccessKey").is_none(), "no wire leads to it");
}
