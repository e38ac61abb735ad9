//! How much the writer has committed, and how long it took.

use crate::engine::Commits;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

#[derive(Default)]
pub(super) struct Counts {
    groups: AtomicU64,
    jobs: AtomicU64,
    sync_micros: AtomicU64,
    events: AtomicU64,
}

impl Counts {
    /// Of a trail that ends with the event at `events`.
    pub fn from(events: u64) -> Self {
        Self { events: AtomicU64::new(events), ..Self::default() }
    }

    /// A group is durable, and the trail ends with the event at `events`.
    pub fn group(&self, jobs: usize, events: u64) {
        self.groups.fetch_add(1, Ordering::Relaxed);
        self.jobs.fetch_add(jobs as u64, Ordering::Relaxed);
        self.events.store(events, Ordering::Relaxed);
    }

    /// Does a sync, and adds how long it took.
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a sync takes is told to the operator, and nothing depends on it"
    )]
    pub fn timed<T>(&self, sync: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = sync();
        let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.sync_micros.fetch_add(micros, Ordering::Relaxed);
        done
    }

    pub fn told(&self) -> Commits {
        let now = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Commits {
            groups: now(&self.groups),
            jobs: now(&self.jobs),
            sync_micros: now(&self.sync_micros),
            events: now(&self.events),
        }
    }
}
