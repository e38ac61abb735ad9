//! A clock that cannot be believed keeps the house from what cannot be undone, over a restart too.

use crate::rig::{ALL, make};
use house::House;
use kernel::{CLOCK_GAP_SECONDS_MAX, last_believed};
use names::Time;
use std::sync::Arc;
use std::time::Duration;

const GAP: Duration = Duration::from_secs(CLOCK_GAP_SECONDS_MAX);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A house whose clock, at boot, is this far ahead of when it was last believed.
async fn ahead(by: Duration) -> Arc<House> {
    let boot = House::boot([&toy::SERVICE]).await.clock().now();
    House::plan([&toy::SERVICE]).believed(Time::from_micros(boot.micros() - by.as_micros() as i64)).boot().await
}

#[tokio::test]
async fn a_start_far_ahead_of_the_last_holds_and_notes_nothing() {
    let house = ahead(GAP + Duration::from_secs(1)).await;
    assert!(!house.rounds("toy").clock_is_sound());
    house.clock().pass(2 * DAY);
    house.door().upkeep().await.unwrap();
    assert!(!house.rounds("toy").clock_is_sound(), "time that passes releases nothing");
    assert_eq!(house.store().noted_clock().await, Ok(None), "so the next start holds too");
}

#[tokio::test]
async fn a_house_that_was_off_for_some_days_goes_on() {
    let house = ahead(GAP).await;
    assert!(house.rounds("toy").clock_is_sound());
}

#[tokio::test]
async fn the_time_is_noted_as_long_as_it_is_believed() {
    let house = House::boot([&toy::SERVICE]).await;
    assert_eq!(last_believed(house.store()).await, Ok(None), "there is nothing to compare with");
    let alice = house.user("alice", &[ALL]).await;
    make(&alice, "tools", "a note").await;
    assert_eq!(last_believed(house.store()).await, Ok(Some(house.clock().now())), "the trail's last event");

    house.door().upkeep().await.unwrap();
    house.clock().pass(DAY);
    house.door().upkeep().await.unwrap();
    let right = house.clock().now();
    assert_eq!(last_believed(house.store()).await, Ok(Some(right)));

    // Ten years, at once: what happens then has its time on the trail, and releases nothing.
    house.clock().set_wall(right + 3_650 * DAY);
    make(&alice, "late", "a note").await;
    house.clock().pass(DAY);
    house.door().upkeep().await.unwrap();
    assert_eq!(last_believed(house.store()).await, Ok(Some(right)));
}
