//! IAM.

use crate::golden::{boot, compare};
use shapes_iam::{CreateAccessKey, CreateAccessKeyInput, CreateUser, CreateUserInput};

#[tokio::test]
async fn create_user_and_access_key() {
    let (house, root) = boot().await;
    let made = root.call::<CreateUser>(CreateUserInput::new("alice".to_owned())).await;
    let user = &made.output().user.as_ref().unwrap().user_id;
    compare("CreateUser", &house.last_event().await, &[(user, "USER_ID")]);

    let input = CreateAccessKeyInput { user_name: Some("alice".to_owned()) };
    let made = root.call::<CreateAccessKey>(input).await;
    let key = &made.output().access_key;
    let event = house.last_event().await;
    compare("CreateAccessKey", &event, &[(&key.access_key_id, "NEW_ACCESS_KEY_ID")]);

    // The secret is nowhere: neither in the record, nor in what the trail keeps of the event.
    let secret = made.reveal(&key.secret_access_key);
    assert_eq!(secret.len(), 40);
    let kept = [cloudtrail::json(&event).into_bytes(), event.encode().unwrap()];
    assert!(kept.iter().all(|bytes| !bytes.windows(secret.len()).any(|part| part == secret)));
}
