//! What comes round: the tasks of the services, the look-up index, the head of the trail that is kept apart, and the clock file.

use crate::boot::Booted;
use crate::data_dir::{self, HEAD_FILE};
use kernel::{House, SystemClock};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::sync::watch;
use tokio::task::JoinSet;
use vault::Vault;

/// How far the look-up index may lag behind the trail.
const INDEX_PERIOD: Duration = Duration::from_secs(1);
/// How often the trail's head is marked by the vault and put beside the trail.
const HEAD_PERIOD: Duration = Duration::from_secs(5);
/// How often the clock file is read.
const CLOCK_PERIOD: Duration = Duration::from_secs(1);

/// Starts all timers. They end when `stop` says so; the head is written once more then.
pub fn start(
    booted: &Booted,
    data_dir: PathBuf,
    clock_file: Option<PathBuf>,
    stop: watch::Receiver<bool>,
) -> JoinSet<()> {
    let mut timers = JoinSet::new();
    for service in booted.house.services() {
        for task in service.tasks {
            timers.spawn(rounds(Arc::clone(&booted.house), service, task, stop.clone()));
        }
    }
    timers.spawn(index(Arc::clone(&booted.store), stop.clone()));
    let head = Head { store: Arc::clone(&booted.store), vault: Arc::clone(&booted.vault), data_dir };
    timers.spawn(head.keep(stop.clone()));
    if let Some(file) = clock_file {
        timers.spawn(clock(Arc::clone(&booted.clock), file, stop));
    }
    timers
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
    let Ok(rounds) = house.rounds(service) else { return };
    loop {
        if let Err(breakage) = task.run(&rounds).await {
            tracing::error!(task = task.name, cause = %breakage, "a task broke; it comes round again");
        }
        if !wait(task.period, &mut stop).await {
            return;
        }
    }
}

async fn index(store: Arc<Store>, mut stop: watch::Receiver<bool>) {
    loop {
        loop {
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

struct Head {
    store: Arc<Store>,
    vault: Arc<dyn Vault>,
    data_dir: PathBuf,
}

impl Head {
    async fn keep(self, mut stop: watch::Receiver<bool>) {
        let mut kept = 0;
        loop {
            let going_on = wait(HEAD_PERIOD, &mut stop).await;
            kept = self.write(kept).await;
            if !going_on {
                return;
            }
        }
    }

    /// Writes the head if the trail has grown since `kept`. The sequence that is kept now is the answer.
    async fn write(&self, kept: u64) -> u64 {
        let Ok(Some(head)) = self.store.head().await else { return kept };
        if head.sequence == kept {
            return kept;
        }
        let mut bytes = [&head.sequence.to_be_bytes()[..], &head.link].concat();
        let Ok(mark) = self.vault.seal_head(&bytes).await else { return kept };
        bytes.extend(mark.to_bytes());
        match data_dir::write(&self.data_dir.join(HEAD_FILE), &bytes) {
            Ok(()) => head.sequence,
            Err(error) => {
                tracing::error!(%error, "the head of the trail could not be kept apart");
                kept
            }
        }
    }
}

async fn clock(clock: Arc<SystemClock>, file: PathBuf, mut stop: watch::Receiver<bool>) {
    loop {
        move_clock(&clock, &file);
        if !wait(CLOCK_PERIOD, &mut stop).await {
            return;
        }
    }
}

/// Moves the clock as the file says. A file that is missing or says nothing leaves it where it is.
pub fn move_clock(clock: &SystemClock, file: &std::path::Path) {
    let Ok(Some(bytes)) = data_dir::read(file) else { return };
    let offset = std::str::from_utf8(&bytes).ok().and_then(|text| text.trim().parse().ok());
    if let Some(offset) = offset {
        clock.danger_move(offset);
    }
}
