//! Faults of the house that are planted to see whether the simulation finds them. None of them is in the house itself: each is at a trait
//! that the simulation owns, and does what the fault inside would do.

use cipher::{Entropy, NoEntropy};
use kernel::{Breakage, Caller, Documents, Policies, ReadSet, Wait};
use names::{Clock, Moment, Time};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
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
    /// What a commit changes does not replace the warm rows.
    StaleWarm,
    /// N and IV of a message are those of one before it.
    ReusedNonce,
    /// A row that was bent, moved, put back or never sealed opens all the same. Who lays the wrong row on the disk seals it, as if it had
    /// always stood there: this is what a barrier that looks at nothing makes of it.
    UnsealedAccepted,
    /// Policies that deny are not seen.
    IgnoredDeny,
    /// The house takes wall time for time that has passed.
    BelievedJump,
}

/// How many commits, reads or drawings in a thousand are spoiled.
pub const SPOILED_PERMILLE: u64 = 300;

/// IAM's own directory, with an eye closed to what denies.
pub struct Lenient;

impl Documents for Lenient {
    fn of<'a>(&'a self, caller: &'a Caller, reads: &'a mut ReadSet) -> Wait<'a, Result<Arc<Policies>, Breakage>> {
        Box::pin(async move {
            let mut policies = Policies::clone(&*iam::Directory.of(caller, reads).await?);
            policies.identity.retain(|(_, document)| !document.text().contains("Deny"));
            Ok(Arc::new(policies))
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

/// Gives the nonces of messages a second time, some later.
pub struct Repeating {
    pub entropy: Arc<dyn Entropy>,
    former: Mutex<VecDeque<Vec<u8>>>,
}

/// How many nonces lie between one and its repetition.
const APART: usize = 40;

impl Repeating {
    pub fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self { entropy, former: Mutex::default() }
    }
}

impl Entropy for Repeating {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        self.entropy.fill(bytes)?;
        if bytes.len() == cipher::MESSAGE_NONCE_BYTES {
            let mut former = self.former.lock().unwrap();
            if former.len() == APART {
                bytes.copy_from_slice(&former.pop_front().unwrap());
            }
            former.push_back(bytes.to_vec());
        }
        Ok(())
    }
}
