//! A missing target is heard of only by who may.

use crate::rig::{ALL, describe, house, make};
use house::OTHER_ACCOUNT;

#[tokio::test]
async fn in_the_own_account_the_allowed_hear_not_found_and_the_others_nothing() {
    let house = house().await;
    let (alice, bob) = (house.user("alice", &[ALL]).await, house.user("bob", &[]).await);
    make(&alice, "here", "a note").await;
    let missing = alice.call::<shapes_toy::DescribeBox>(describe("gone")).await;
    assert_eq!((missing.code().as_str(), missing.failure().status), ("NoSuchBox", 404));
    let refused = |name: &'static str| {
        let bob = bob.clone();
        async move { bob.call::<shapes_toy::DescribeBox>(describe(name)).await.failure() }
    };
    let (here, gone) = (refused("here").await, refused("gone").await);
    assert_eq!(gone.code, "AccessDeniedException");
    assert_eq!(
        (here.status, here.text.replace("/here", "/gone")),
        (gone.status, gone.text),
        "nothing tells them apart"
    );
}

#[tokio::test]
async fn of_another_account_nobody_hears_whether_a_thing_exists() {
    let house = house().await;
    let other = house.root_of(OTHER_ACCOUNT).await;
    make(&other, "here", "a note").await;
    let one = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"toy:DescribeBox","Resource":"*"}}"#;
    // Whatever the caller's own side says: all, nothing, no.
    for policies in [&[ALL][..], &[], &[ALL, one]] {
        let eve = house.user("eve", policies).await;
        let name = |name: &str| describe(&format!("{OTHER_ACCOUNT}--{name}"));
        let here = eve.call::<shapes_toy::DescribeBox>(name("here")).await.failure();
        let gone = eve.call::<shapes_toy::DescribeBox>(name("gone")).await.failure();
        assert_eq!(gone.code, "AccessDeniedException");
        assert_eq!((here.status, here.text.replace("/here", "/gone")), (gone.status, gone.text));
    }
}

#[tokio::test]
async fn another_account_lets_in_by_the_policy_of_its_box() {
    let house = house().await;
    let (other, eve, bob) =
        (house.root_of(OTHER_ACCOUNT).await, house.user("eve", &[ALL]).await, house.user("bob", &[]).await);
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{}"}},"Action":"toy:DescribeBox","Resource":"*"}}}}"#,
        house::ACCOUNT
    );
    let mut input = shapes_toy::CreateBoxInput::new("shared".to_owned());
    input.policy = Some(policy);
    other.call::<shapes_toy::CreateBox>(input).await.output();
    let shared = || describe(&format!("{OTHER_ACCOUNT}--shared"));
    assert_eq!(
        eve.call::<shapes_toy::DescribeBox>(shared()).await.output().r#box.arn,
        "arn:aws:toy:ap-northeast-1:444455556666:box/shared"
    );
    assert_eq!(
        bob.call::<shapes_toy::DescribeBox>(shared()).await.code(),
        "AccessDeniedException",
        "his own side must allow too"
    );
}
