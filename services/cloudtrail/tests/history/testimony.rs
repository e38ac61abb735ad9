//! The vault's chain of uses, made again out of the events of real calls.

use crate::rig::{boot, decrypt, encrypt, key};
use house::House;
use kernel::{Testimony, UseFlaw, UseTally};

#[tokio::test]
async fn the_events_of_a_house_make_the_chain_of_its_vault() {
    let house = boot().await;
    let root = house.root().await;
    let alice = house.user("alice", &[]).await;
    let before = house.vault().standing().await.unwrap().uses;
    let arn = key(&root).await;
    let blob = encrypt(&root, &arn).await;
    assert_eq!(decrypt(&root, &arn, blob.clone()).await, "");
    assert_eq!(decrypt(&alice, &arn, blob.clone()).await, "AccessDeniedException");
    let tally = uses(&house, |_| {}).await;
    assert_eq!(tally.recorded, 3, "made, encrypted, decrypted; who was refused has used nothing");
    assert_eq!(tally.open, before, "what the harness has arranged stands on no event");
    assert_eq!(tally.standing, house.vault().standing().await.unwrap());
    assert_eq!(tally.flaw, None);

    let changed = uses(&house, |event| event.uses.iter_mut().for_each(|link| link.backing_key = [0; 16])).await;
    assert!(matches!(changed.flaw, Some(UseFlaw::Unlinked(_))), "{:?}", changed.flaw);
}

/// The tally of all events, each changed first.
async fn uses(house: &House, change: impl Fn(&mut kernel::Event)) -> UseTally {
    let mut testimony = Testimony::default();
    for mut event in house.events().await {
        change(&mut event);
        testimony.hear(&event);
    }
    testimony.uses()
}
