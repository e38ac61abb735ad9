//! The end of a key: scheduled, cancelled, and carried out when its date comes.

use crate::rig::{alias, blob, decrypt, describe, encrypt, key, refused, schedule, state, town, with_metadata};
use house::Actor;
use names::{KeyRef, Time};
use shapes_kms::{
    CancelKeyDeletion, CancelKeyDeletionInput, DisableKey, DisableKeyInput, EnableKey, EnableKeyInput, ListAliases,
    ListAliasesInput, ListKeys, ListKeysInput,
};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn cancel(actor: &Actor, key: &KeyRef) {
    actor.call::<CancelKeyDeletion>(CancelKeyDeletionInput { key_id: key.clone() }).await.output();
}

#[tokio::test]
async fn a_window_has_seven_to_thirty_days() {
    let town = town().await;
    let made = town.key().await;
    for days in [6, 31, 0, -1, 365] {
        let answer = schedule(&town.root, &made.id, Some(days)).await;
        refused(&answer, "ValidationException", "PendingWindowInDays must be between 7 and 30");
    }
    assert_eq!(state(&town.root, &made.id).await, "Enabled");
    for (asked, days) in [(None, 30), (Some(7), 7), (Some(30), 30)] {
        let answered = schedule(&town.root, &made.id, asked).await;
        let output = answered.output();
        let date = town.house.clock().now() + DAY * u32::try_from(days).unwrap();
        assert_eq!((output.key_id.as_ref(), output.pending_window_in_days), (Some(&made.arn), Some(days)));
        assert_eq!(output.deletion_date, Some(date));
        with_metadata(&town.root, &made.id, |key| {
            assert_eq!((key.enabled, key.deletion_date), (Some(false), Some(date)));
            assert_eq!(key.key_state, output.key_state);
        })
        .await;
        cancel(&town.root, &made.arn).await;
    }
}

#[tokio::test]
async fn a_cancelled_key_is_disabled_whatever_it_was() {
    let town = town().await;
    for disabled in [false, true] {
        let made = town.key().await;
        if disabled {
            town.root.call::<DisableKey>(DisableKeyInput { key_id: made.id.clone() }).await.output();
        }
        schedule(&town.root, &made.id, None).await.output();
        cancel(&town.root, &made.id).await;
        assert_eq!(state(&town.root, &made.id).await, "Disabled");
        assert!(with_metadata(&town.root, &made.id, |key| key.deletion_date.is_none()).await);
        town.root.call::<EnableKey>(EnableKeyInput { key_id: made.id.clone() }).await.output();
        encrypt(&town.root, &made.id).await.output();
    }
}

#[tokio::test]
async fn a_key_is_deleted_when_its_date_comes_and_not_before() {
    let town = town().await;
    let (due, later, kept) = (town.key().await, town.key().await, town.key().await);
    alias(&town.root, "alias/dies", &due.id).await.output();
    alias(&town.root, "alias/dies-too", &due.id).await.output();
    alias(&town.root, "alias/lives", &kept.id).await.output();
    let sealed = blob(&town.root, &due.id).await;
    let sealed_later = blob(&town.root, &later.id).await;
    schedule(&town.root, &due.id, Some(7)).await.output();
    schedule(&town.root, &later.id, Some(8)).await.output();
    town.house.clock().pass(DAY * 7 - Duration::from_micros(1));
    town.rounds().await;
    assert_eq!(state(&town.root, &due.id).await, "PendingDeletion", "a microsecond early");
    town.house.clock().pass(Duration::from_micros(1));
    town.rounds().await;
    refused(&describe(&town.root, &due.id).await, "NotFoundException", "does not exist");
    refused(&describe(&town.root, &key("alias/dies")).await, "NotFoundException", "is not found");
    refused(&decrypt(&town.root, &sealed).await, "InvalidCiphertextException", "");
    let answered = town.root.call::<ListKeys>(ListKeysInput::default()).await;
    let mut ids: Vec<_> = answered.output().keys.iter().flatten().flat_map(|one| one.key_id.clone()).collect();
    ids.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    let mut left = [later.id.clone(), kept.id.clone()];
    left.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    assert_eq!(ids, left);
    let answered = town.root.call::<ListAliases>(ListAliasesInput::default()).await;
    let names: Vec<_> = answered.output().aliases.iter().flatten().flat_map(|one| one.alias_name.clone()).collect();
    assert_eq!(names, ["alias/lives"]);
    alias(&town.root, "alias/dies", &kept.id).await.output();
    cancel(&town.root, &later.id).await;
    town.root.call::<EnableKey>(EnableKeyInput { key_id: later.id.clone() }).await.output();
    decrypt(&town.root, &sealed_later).await.output();
}

#[tokio::test]
async fn policies_cannot_hold_an_end_and_nobody_can_hasten_it() {
    let town = town().await;
    let made = town.key().await;
    let deny = r#"{"Effect":"Deny","Principal":"*","Action":"kms:Decrypt","Resource":"*"}"#;
    let policy = crate::rig::document(&[&crate::rig::owner(), deny]);
    crate::rig::put_policy(&town.root, &made.id, &policy).await.output();
    schedule(&town.root, &made.id, Some(7)).await.output();
    assert!(kms::SERVICE.row("DeleteKey").is_none(), "no wire leads to it");
    town.house.clock().pass(DAY * 7);
    town.rounds().await;
    refused(&describe(&town.root, &made.id).await, "NotFoundException", "");
}

#[tokio::test]
async fn an_end_is_a_service_event() {
    let town = town().await;
    let made = town.key().await;
    schedule(&town.root, &made.id, Some(7)).await.output();
    let before = town.house.events().await.len();
    let uses = town.house.uses().await;
    town.house.clock().pass(DAY * 9);
    town.rounds().await;
    town.rounds().await;
    let events = town.house.events().await;
    assert_eq!(events.len(), before + 1, "rounds that find nothing say nothing");
    let event = events.last().unwrap();
    assert_eq!((event.name.as_str(), event.kind), ("DeleteKey", kernel::EventKind::ServiceEvent));
    assert_eq!(event.identity.invoked_by.as_deref(), Some("AWS Internal"));
    let key_id = ("keyId".to_owned(), kernel::EventValue::Text(made.arn.as_str().to_owned()));
    let response = Some(kernel::EventValue::Map(vec![key_id]));
    assert_eq!((&event.parameters, &event.response, &event.error_code), (&None, &response, &None));
    assert!(!event.read_only);
    let resources: Vec<_> = event.resources.iter().map(|one| one.arn.as_str()).collect();
    assert_eq!(resources, [made.arn.as_str()]);
    assert_eq!((event.uses.len(), town.house.uses().await), (1, uses + 1), "the vault's chain has its tombstone");
}

#[tokio::test]
async fn a_key_that_is_rescued_at_the_last_moment_lives() {
    let town = town().await;
    let made = town.key().await;
    let sealed = blob(&town.root, &made.id).await;
    schedule(&town.root, &made.id, Some(7)).await.output();
    town.house.clock().pass(DAY * 7);
    let (root, id) = (town.root.clone(), made.id.clone());
    town.house.before_commits(1, move || {
        let (root, id) = (root.clone(), id.clone());
        async move { cancel(&root, &id).await }
    });
    town.rounds().await;
    assert_eq!(state(&town.root, &made.id).await, "Disabled");
    town.root.call::<EnableKey>(EnableKeyInput { key_id: made.id.clone() }).await.output();
    decrypt(&town.root, &sealed).await.output();
    let events = town.house.events().await;
    let deletion = events.iter().find(|event| event.name == "DeleteKey").unwrap();
    assert_eq!(deletion.error_code.as_deref(), Some("KMSInvalidStateException"));
    assert!(deletion.prepared, "the vault's chain has a tombstone that came to nothing, and the event says so");
}

#[tokio::test]
async fn many_keys_end_in_one_round() {
    let town = town().await;
    for _ in 0..120 {
        let made = town.key().await;
        schedule(&town.root, &made.id, Some(7)).await.output();
    }
    town.house.clock().pass(DAY * 7);
    town.rounds().await;
    let answered = town.root.call::<ListKeys>(ListKeysInput::default()).await;
    assert_eq!(answered.output().keys.as_ref().map(Vec::len), Some(0));
}

#[tokio::test]
async fn a_clock_that_jumps_deletes_nothing() {
    let town = town().await;
    let made = town.key().await;
    schedule(&town.root, &made.id, Some(7)).await.output();
    let right = town.house.clock().now();
    town.house.clock().set_wall(right + DAY * 3650);
    town.rounds().await;
    town.house.clock().set_wall(right);
    assert_eq!(state(&town.root, &made.id).await, "PendingDeletion");
    // A lead of less than a day is no jump, and time that has passed is none.
    town.house.clock().pass(DAY * 6);
    let ahead: Time = town.house.clock().now() + DAY;
    town.house.clock().set_wall(ahead);
    town.rounds().await;
    refused(&describe(&town.root, &made.id).await, "NotFoundException", "");
}

#[tokio::test]
async fn a_scrub_that_is_owed_is_paid_by_the_next_round() {
    let town = town().await;
    let store = town.house.store();
    town.rounds().await;
    assert!(!store.owes_scrub().await.unwrap(), "a round that deletes nothing owes nothing");
    store.owe_scrub().await.unwrap();
    town.rounds().await;
    assert!(!store.owes_scrub().await.unwrap());
}
