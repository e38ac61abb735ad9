//! By what events are found, and for whom.

use crate::rig::{READ_HISTORY, boot, by, decrypt, encrypt, found, index, key, who_am_i};
use house::OTHER_ACCOUNT;
use shapes_cloudtrail::{LookupEvents, LookupEventsInput};

#[tokio::test]
async fn each_of_the_eight_attributes_finds_its_events_and_no_others() {
    let house = boot().await;
    let root = house.root().await;
    let alice = house.user("alice", &[]).await;
    let arn = key(&root).await;
    let id = arn.rsplit('/').next().unwrap().to_owned();
    let blob = encrypt(&root, &arn).await;
    assert_eq!(decrypt(&alice, &arn, blob).await, "AccessDeniedException");
    index(&house).await;
    let event = house.last_event().await;
    let event_id = {
        let answered = root.call::<LookupEvents>(by("EventName", "Decrypt")).await;
        answered.output().events.as_ref().unwrap()[0].event_id.clone().unwrap()
    };
    let of_key = ["Decrypt", "Encrypt", "CreateKey"];
    let cases = [
        ("EventId", event_id.as_str(), &["Decrypt"][..]),
        ("EventName", "Encrypt", &["Encrypt"]),
        ("EventName", "encrypt", &[]),
        ("ReadOnly", "false", &["CreateKey"]),
        ("ReadOnly", "true", &["Decrypt", "Encrypt"]),
        ("Username", "alice", &["Decrypt"]),
        ("Username", "root", &["Encrypt", "CreateKey"]),
        ("Username", "Alice", &[]),
        ("ResourceType", "AWS::KMS::Key", &of_key),
        ("ResourceName", arn.as_str(), &of_key),
        ("ResourceName", id.as_str(), &of_key),
        ("EventSource", "kms.amazonaws.com", &of_key),
        ("EventSource", "iam.amazonaws.com", &[]),
        ("AccessKeyId", alice.access_key_id(), &["Decrypt"]),
    ];
    for (attribute, value, expected) in cases {
        // What was looked up before is not in the index yet, so it is not among what is found.
        assert_eq!(found(&root, by(attribute, value)).await, expected, "{attribute:?} {value}");
    }
    assert_eq!(event.error_code.as_deref(), Some("AccessDenied"));
}

#[tokio::test]
async fn what_is_shown_beside_the_record_agrees_with_it() {
    let house = boot().await;
    let root = house.root().await;
    let arn = key(&root).await;
    index(&house).await;
    let answered = root.call::<LookupEvents>(LookupEventsInput::default()).await;
    let event = &answered.output().events.as_ref().unwrap()[0];
    let record: serde_json::Value = serde_json::from_str(event.cloud_trail_event.as_ref().unwrap()).unwrap();
    assert_eq!(record["eventID"].as_str(), event.event_id.as_deref());
    assert_eq!(record["eventTime"].as_str(), Some(event.event_time.unwrap().iso().as_str()));
    assert_eq!(event.event_time.unwrap().micros() % 1_000_000, 0, "events show whole seconds");
    assert_eq!(event.read_only.as_deref(), Some("false"));
    assert_eq!(event.event_source.as_deref(), Some("kms.amazonaws.com"));
    assert_eq!(event.username.as_deref(), Some("root"));
    assert_eq!(event.access_key_id.as_deref(), Some(root.access_key_id()));
    let resources = event.resources.as_ref().unwrap();
    let named = (resources[0].resource_type.as_deref(), resources[0].resource_name.as_deref());
    assert_eq!((resources.len(), named), (1, (Some("AWS::KMS::Key"), Some(arn.as_str()))));
}

#[tokio::test]
async fn one_account_in_one_region_sees_its_own_events() {
    let house = boot().await;
    let root = house.root().await;
    let abroad = root.clone().in_region("eu-west-1");
    let stranger = house.root_of(OTHER_ACCOUNT).await;
    who_am_i(&root).await;
    key(&abroad).await;
    index(&house).await;
    assert_eq!(found(&root, LookupEventsInput::default()).await, ["GetCallerIdentity"]);
    assert_eq!(found(&abroad, LookupEventsInput::default()).await, ["CreateKey"]);
    assert_eq!(found(&stranger, LookupEventsInput::default()).await, [""; 0]);
}

#[tokio::test]
async fn who_may_not_look_is_refused_and_seen() {
    let house = boot().await;
    let alice = house.user("alice", &[]).await;
    let auditor = house.user("auditor", &[READ_HISTORY]).await;
    let refused = alice.call::<LookupEvents>(LookupEventsInput::default()).await.failure();
    assert_eq!((refused.code.as_ref(), refused.status), ("AccessDeniedException", 400));
    let words = "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: cloudtrail:LookupEvents ";
    assert!(refused.text.starts_with(words), "{}", refused.text);
    index(&house).await;
    let answered = auditor.call::<LookupEvents>(by("Username", "alice")).await;
    let event = &answered.output().events.as_ref().unwrap()[0];
    let record: serde_json::Value = serde_json::from_str(event.cloud_trail_event.as_ref().unwrap()).unwrap();
    let told = (record["errorCode"].as_str(), record["errorMessage"].as_str());
    assert_eq!(told, (Some("AccessDenied"), Some(refused.text.as_str())));
}
