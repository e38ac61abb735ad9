//! STS in the language of operations.

#![expect(clippy::unwrap_used, reason = "tests")]

use house::{ACCOUNT, House, Tree};
use shapes_sts::GetCallerIdentity;

const DENY_ALL: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;

#[tokio::test]
async fn everybody_hears_who_he_is_in_spite_of_a_deny() {
    let house = House::boot([&sts::SERVICE]).await;
    let alice = house.user("alice", &[DENY_ALL]).await;
    let answered = alice.call::<GetCallerIdentity>(Default::default()).await;
    let told = answered.output();
    assert_eq!((told.account.as_deref(), told.arn.as_deref()), (Some(ACCOUNT), Some(alice.arn())));
    assert!(told.user_id.as_deref().unwrap().starts_with("AIDA"));
    let event = house.last_event().await;
    assert_eq!((event.name.as_str(), event.read_only, event.error_code), ("GetCallerIdentity", true, None));
    assert_eq!(event.identity.principal_id, *told.user_id.as_ref().unwrap());
    assert_eq!(event.statements, ["open: it tells the caller what every refusal tells him too"]);
}

#[tokio::test]
async fn the_root_user_is_the_account() {
    let house = House::boot([&sts::SERVICE]).await;
    let root = house.root().await.in_region("us-east-1");
    let answered = root.enter::<GetCallerIdentity>(Tree::map([])).await;
    let told = answered.output();
    let arn = format!("arn:aws:iam::{ACCOUNT}:root");
    let expected = (Some(ACCOUNT), Some(ACCOUNT), Some(arn.as_str()));
    assert_eq!((told.account.as_deref(), told.user_id.as_deref(), told.arn.as_deref()), expected);
    assert_eq!(house.last_event().await.region, "us-east-1");
}
