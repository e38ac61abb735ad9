//! Warm rows: decoded, revisioned, in bounded memory, and never older than the last acknowledged commit.
//!
//! A commit replaces what it changed before anybody hears of it ([`Warm::land`], called by the writer in the order of
//! the commits). The danger is the slow read: it finds nothing here, asks the engine, a commit lands meanwhile, and
//! then the read would bring in the row of yesterday. So each shard counts the changes that landed; a read notes the
//! count before it asks the engine, and what it found is kept only if the count is still the same.
//!
//! What stands here belongs to one writer. On several nodes the group's validation takes its place.

use crate::Revision;
use crate::bounded::{Bounded, Spot, Spots};
use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of warm rows, as far as they can be told from outside: a decoded value counts twice its sealed bytes.
pub const WARM_BYTES_MAX_DEFAULT: usize = 128 << 20;

const SHARDS: usize = 64;

pub(crate) struct Warm {
    shards: [Shard; SHARDS],
    spots: Spots,
}

struct Shard {
    /// INVARIANT: changed only while `rows` is locked.
    landed: AtomicU64,
    rows: Mutex<Bounded<Option<Kept>>>,
}

/// A decoded row. That there is no row is kept too, as `None`.
#[derive(Clone)]
pub(crate) struct Kept {
    pub revision: Revision,
    pub value: Arc<dyn Any + Send + Sync>,
}

/// A change that a commit brings.
pub(crate) struct Change {
    pub space: &'static str,
    pub key: Vec<u8>,
    pub row: Option<Kept>,
    pub bytes: usize,
}

/// How many changes had landed in each shard when a read began.
pub(crate) struct Moment([u64; SHARDS]);

impl Warm {
    pub fn new(bytes_max: usize) -> Self {
        let shard = |_| Shard { landed: AtomicU64::new(0), rows: Mutex::new(Bounded::new(bytes_max / SHARDS)) };
        Self { shards: std::array::from_fn(shard), spots: Spots::default() }
    }

    /// The row, or that there is none; `None` if it is not known here.
    pub fn find(&self, space: &'static str, key: &[u8]) -> Option<Option<Kept>> {
        let spot = self.spots.of(space, key);
        self.shard(spot)?.1.lock().find(spot).cloned()
    }

    /// To be taken before the engine is asked.
    pub fn moment(&self) -> Moment {
        Moment(std::array::from_fn(|place| {
            self.shards.get(place).map_or(0, |shard| shard.landed.load(Ordering::Acquire))
        }))
    }

    /// Keeps what a read found, unless something landed since.
    pub fn keep(&self, moment: &Moment, change: Change) {
        let spot = self.spots.of(change.space, &change.key);
        let Some((place, shard)) = self.shard(spot) else { return };
        let mut rows = shard.lock();
        if moment.0.get(place) == Some(&shard.landed.load(Ordering::Acquire)) {
            rows.put(spot, change.row, change.bytes);
        }
    }

    /// Brings in what was committed.
    pub fn land(&self, changes: Vec<Change>) {
        for change in changes {
            let spot = self.spots.of(change.space, &change.key);
            let Some((_, shard)) = self.shard(spot) else { continue };
            let mut rows = shard.lock();
            shard.landed.fetch_add(1, Ordering::AcqRel);
            rows.put(spot, change.row, change.bytes);
        }
    }

    /// The table within the shard goes by the lower bits of the hash, and by its highest seven.
    fn shard(&self, spot: Spot<'_>) -> Option<(usize, &Shard)> {
        let place = usize::try_from((spot.hash >> 40) % SHARDS as u64).ok()?;
        self.shards.get(place).map(|shard| (place, shard))
    }
}

impl Shard {
    fn lock(&self) -> MutexGuard<'_, Bounded<Option<Kept>>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn change(value: u64) -> Change {
        let row = Some(Kept { revision: Revision::from_number(value).unwrap(), value: Arc::new(value) });
        Change { space: "space", key: b"key".to_vec(), row, bytes: 8 }
    }

    fn found(warm: &Warm) -> Option<u64> {
        warm.find("space", b"key").map(|row| row.unwrap().revision.number())
    }

    #[test]
    fn a_read_that_began_before_a_commit_landed_is_not_kept() {
        let warm = Warm::new(1 << 20);
        let before = warm.moment();
        warm.land(vec![change(2)]);
        warm.keep(&before, change(1));
        assert_eq!(found(&warm), Some(2));
        let warm = Warm::new(1 << 20);
        let before = warm.moment();
        warm.land(vec![change(2)]);
        let spot = warm.spots.of("space", b"key");
        warm.shard(spot).unwrap().1.lock().forget(spot);
        warm.keep(&before, change(1));
        assert_eq!(found(&warm), None);
    }

    #[test]
    fn a_read_that_nothing_crossed_is_kept_and_so_is_absence() {
        let warm = Warm::new(1 << 20);
        warm.keep(&warm.moment(), change(1));
        assert_eq!(found(&warm), Some(1));
        warm.land(vec![Change { row: None, ..change(1) }]);
        assert!(warm.find("space", b"key").unwrap().is_none());
        assert!(warm.find("space", b"other").is_none());
    }
}
