//! Faults of the house that are planted to see whether the simulation finds them. None of them is in the house itself.

use kernel::{Breakage, Caller, Documents, Policies, ReadSet, Wait};
use names::{Clock, Moment, Time};
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Planted {
    #[default]
    Nothing,
    /// Commits are answered that were not synced.
    SkippedSync,
    /// The last event of a commit does not reach the disk, though its rows do.
    DroppedEvent,
    /// The events of two commits reach the disk in the order that was not answered.
    SwappedCommits,
    /// The rows of a commit do not reach the disk, and its event, which tells of success, does.
    DroppedWrites,
    /// A row that is written anew keeps the revision that it had.
    KeptRevision,
    /// The disk reads a row as it was before it was last written.
    StaleRead,
    /// Policies that deny are not seen.
    IgnoredDeny,
    /// The house takes wall time for time that has passed.
    BelievedJump,
}

/// How many commits, or reads, in a thousand are spoiled.
pub const SPOILED_PERMILLE: u64 = 300;

/// IAM's own directory, with an eye closed to what denies.
pub struct Lenient;

impl Documents for Lenient {
    fn of<'a>(&'a self, caller: &'a Caller, reads: &'a mut ReadSet) -> Wait<'a, Result<Policies, Breakage>> {
        Box::pin(async move {
            let mut policies = iam::Directory.of(caller, reads).await?;
            policies.identity.retain(|(_, document)| !document.text().contains("Deny"));
            Ok(policies)
        })
    }
}

/// A clock whose monotonic time is wall time.
pub struct Credulous {
    pub clock: Arc<house::Hands>,
    pub start: Time,
}

impl Clock for Credulous {
    fn wall(&self) -> Time {
        self.clock.wall()
    }

    fn monotonic(&self) -> Moment {
        let micros = self.clock.wall().micros() - self.start.micros();
        Moment(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
    }
}
