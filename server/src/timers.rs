//! What comes round: the tasks of the services, the look-up index, the head of the trail that is kept apart, and the clock file.

use crate::boot::Booted;
use crate::config::Config;
use crate::data_dir::{self, FileError};
use crate::head::Keeper;
use crate::metrics::Metrics;
use crate::prune::Pruning;
use crate::{own, serve};
use kernel::{House, SystemClock};
use kms::States;
use locked::Standing;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How far the look-up index may lag behind the trail.
const INDEX_PERIOD: Duration = Duration::from_secs(1);
/// How often the house looks after itself: counts of refusals become durable, and the clock is noted.
const UPKEEP_PERIOD: Duration = Duration::from_secs(1);
/// How often the trail's head is marked by the vault and put beside the trail.
const HEAD_PERIOD: Duration = Duration::from_secs(5);
/// How often the keys are counted by state, ...
const CENSUS_PERIOD: Duration = Duration::from_secs(60);
/// ... 500 of them at a time.
const CENSUS_PAGE_PERIOD: Duration = Duration::from_secs(1);
/// How often the house looks for records that are old enough to be cut off the trail.
const PRUNE_PERIOD: Duration = Duration::from_secs(5);
/// How often the clock file is read.
const CLOCK_PERIOD: Duration = Duration::from_secs(1);

/// All that comes round while the house is open.
pub struct Timers {
    rounds: JoinSet<()>,
    house: Arc<House>,
    head: tokio::task::JoinHandle<Keeper>,
    stop: watch::Sender<bool>,
}

impl Timers {
    pub fn start(booted: &Booted, keeper: Keeper, config: &Config, metrics: &Arc<Metrics>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut timers = JoinSet::new();
        for service in booted.house.services() {
            for task in service.tasks {
                timers.spawn(rounds(Arc::clone(&booted.house), service, task, stopped.clone()));
            }
        }
        timers.spawn(index(Arc::clone(&booted.store), stopped.clone()));
        timers.spawn(census(
            Arc::clone(&booted.store),
            Arc::clone(&booted.house),
            Arc::clone(metrics),
            stopped.clone(),
        ));
        timers.spawn(upkeep(Arc::clone(&booted.house), stopped.clone()));
        if config.trail_keep_days > 0 {
            let (house, store) = (Arc::clone(&booted.house), Arc::clone(&booted.store));
            let pruning =
                Pruning { house, store, kept: keeper.kept(), keep_days: config.trail_keep_days, flawed: false };
            timers.spawn(prune(pruning, stopped.clone()));
        }
        if let Some(file) = &config.clock_file {
            timers.spawn(clock(Arc::clone(&booted.clock), file.clone(), stopped.clone()));
        }
        let house = Arc::clone(&booted.house);
        Self { rounds: timers, house, head: tokio::spawn(heads(keeper, stopped)), stop }
    }

    /// Ends them when nobody is served any more. The head is written last, so that it names whatever was recorded.
    pub async fn end(mut self) {
        // Only a timer that has ended already does not hear it.
        let _ = self.stop.send(true);
        while self.rounds.join_next().await.is_some() {}
        if let Err(breakage) = self.house.rest().await {
            tracing::error!(cause = %breakage, "the last upkeep of the house broke");
        }
        if let Ok(mut keeper) = self.head.await {
            keeper.write().await;
        }
    }
}

/// Waits; `false` when the program ends.
async fn wait(period: Duration, stop: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => false,
        () = tokio::time::sleep(period) => true,
    }
}

async fn rounds(
    house: Arc<House>,
    service: &'static kernel::Service,
    task: &'static kernel::Task,
    mut stop: watch::Receiver<bool>,
) {
    let rounds = house.rounds(service);
    loop {
        // On a full disk nothing can be done, and what is kept back is for the records of just that.
        if house.has_room()
            && let Err(breakage) = task.run(&rounds).await
        {
            tracing::error!(task = task.name, cause = %breakage, "a task broke; it comes round again");
        }
        if !wait(task.period, &mut stop).await {
            return;
        }
    }
}

async fn index(store: Arc<Store>, mut stop: watch::Receiver<bool>) {
    loop {
        // It waits for space.
        while !store.is_short() {
            match kernel::index_pending(&store).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(breakage) => {
                    tracing::error!(cause = %breakage, "the look-up index lags behind");
                    break;
                }
            }
        }
        if !wait(INDEX_PERIOD, &mut stop).await {
            return;
        }
    }
}

/// Counts the keys, a page at a time, and begins anew a minute after it has begun; with very many keys, when it has come to the end.
async fn census(store: Arc<Store>, house: Arc<House>, metrics: Arc<Metrics>, mut stop: watch::Receiver<bool>) {
    let (mut states, mut after, mut pages) = (States::default(), None, 0);
    loop {
        match states.count_page(&store, after.take()).await {
            Ok(Some(next)) => after = Some(next),
            Ok(None) => metrics.counted(std::mem::take(&mut states), house.clock().wall()),
            Err(broken) => {
                tracing::warn!(cause = %broken, "the keys could not be counted");
                states = States::default();
            }
        }
        pages += 1;
        let pause =
            if after.is_some() { CENSUS_PAGE_PERIOD } else { CENSUS_PERIOD.saturating_sub(CENSUS_PAGE_PERIOD * pages) };
        if after.is_none() {
            pages = 0;
        }
        if !wait(pause.max(CENSUS_PAGE_PERIOD), &mut stop).await {
            return;
        }
    }
}

async fn upkeep(house: Arc<House>, mut stop: watch::Receiver<bool>) {
    let (mut space, mut memory) = (Space::new(), locked::standing());
    loop {
        tell_memory(&mut memory);
        space.tell(&house).await;
        if !wait(UPKEEP_PERIOD, &mut stop).await {
            return;
        }
        if let Err(breakage) = house.upkeep().await {
            tracing::error!(cause = %breakage, "the upkeep of the house broke; it comes round again");
        }
    }
}

/// Tells the log when keys do not get any more what they got at the start.
fn tell_memory(before: &mut Standing) {
    let now = locked::standing();
    if now.protection < before.protection {
        serve::tell_protection(now.protection);
    }
    if before.refused == 0 && now.refused > 0 {
        tracing::warn!("so many secrets are in use at once that some of them lie in ordinary memory");
    }
    *before = now;
}

/// What the log and the trail were told last: whether there is space on the disk.
struct Space {
    log: bool,
    trail: bool,
}

impl Space {
    fn new() -> Self {
        Self { log: true, trail: true }
    }

    /// Tells them that the disk is full, or is so no longer. What the trail does not take is told again the next time.
    async fn tell(&mut self, house: &Arc<House>) {
        let room = house.has_room();
        let is_news = self.log != room;
        self.log = room;
        match (is_news, room) {
            (true, true) => tracing::info!("there is space on the disk again: calls are served"),
            (true, false) => {
                tracing::error!(
                    "the disk is full: nothing can be recorded, so every call fails until there is space again"
                );
            }
            (false, _) => {}
        }
        if self.trail == room {
            return;
        }
        let told = if room { own::tell(house, own::DiskHasRoom).await } else { own::tell(house, own::DiskFull).await };
        let untold = match told.map(|recorded| recorded.ending()) {
            Ok(Ok(())) => {
                self.trail = room;
                return;
            }
            Ok(Err(failure)) => failure.text,
            Err(breakage) => breakage.to_string(),
        };
        if is_news {
            tracing::error!(cause = untold, "the trail could not be told of the space on the disk; it is tried again");
        }
    }
}

async fn heads(mut keeper: Keeper, mut stop: watch::Receiver<bool>) -> Keeper {
    while wait(HEAD_PERIOD, &mut stop).await {
        keeper.write().await;
    }
    keeper
}

async fn prune(mut pruning: Pruning, mut stop: watch::Receiver<bool>) {
    loop {
        if let Err(uncut) = pruning.round(&stop).await {
            tracing::error!(cause = %uncut, "the trail could not be cut");
        }
        if !wait(PRUNE_PERIOD, &mut stop).await {
            return;
        }
    }
}

async fn clock(clock: Arc<SystemClock>, file: PathBuf, mut stop: watch::Receiver<bool>) {
    let mut unread = false;
    while wait(CLOCK_PERIOD, &mut stop).await {
        let moved = move_clock(&clock, &file);
        if let (Err(error), false) = (&moved, unread) {
            tracing::error!(cause = %error, "the clock stays where it is");
        }
        unread = moved.is_err();
    }
}

/// Moves the clock as the file says. A file that is missing or says nothing leaves it where it is.
pub fn move_clock(clock: &SystemClock, file: &Path) -> Result<(), FileError> {
    let Some(bytes) = data_dir::read(file)? else { return Ok(()) };
    let offset = std::str::from_utf8(&bytes).ok().and_then(|text| text.trim().parse().ok());
    if let Some(offset) = offset {
        clock.danger_move(offset);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_the_trail_does_not_take_of_the_space_on_the_disk_is_told_again() {
        let house = house::House::boot([&own::SERVICE]).await;
        let mut space = Space::new();
        let told = async |space: &mut Space| {
            space.tell(house.door()).await;
            house.events().await.into_iter().map(|event| event.name).collect::<Vec<_>>()
        };
        assert!(told(&mut space).await.is_empty(), "there is space");
        house.fill_disk(true);
        house.fill_disk_under(1);
        assert!(told(&mut space).await.is_empty(), "not even this has found place");
        for _ in 0..2 {
            assert_eq!(told(&mut space).await, ["DiskFull"]);
        }
        house.fill_disk(false);
        for _ in 0..2 {
            assert_eq!(told(&mut space).await, ["DiskFull", "DiskHasRoom"]);
        }
    }

    #[test]
    fn a_clock_file_that_cannot_be_read_is_an_error_and_one_that_is_missing_is_none() {
        let clock = SystemClock::new();
        assert!(move_clock(&clock, Path::new("/dev/null/clock")).is_err());
        assert!(move_clock(&clock, Path::new("/")).is_err());
        assert!(move_clock(&clock, Path::new("/no/such/file")).is_ok());
    }
}
