//! That a store was put back from a backup: noted when it is made, until the trail has been told.

use crate::store::{Broken, Store};
use cipher::{Barrier, Unsealed};
use names::Time;

/// Of which moment the rows of a restored store are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Restored {
    /// When the backup was made.
    pub taken: Time,
    /// The last event in it; 0 if there was none.
    pub sequence: u64,
    /// The link of that event.
    pub link: [u8; 32],
}

/// The name of the note. It is sealed: nobody but the house says that it was restored, and from what.
pub(crate) const NOTE: &str = "restored";
const SPACE: &str = "store/restored";
const FORMAT: u16 = 1;
const REVISION: u64 = 0;

impl Restored {
    pub(crate) fn seal(&self, barrier: &Barrier) -> Result<Vec<u8>, Unsealed> {
        let bytes = [&self.taken.micros().to_be_bytes()[..], &self.sequence.to_be_bytes(), &self.link].concat();
        barrier.seal(SPACE, NOTE.as_bytes(), REVISION, FORMAT, &bytes)
    }

    fn open(barrier: &Barrier, sealed: &[u8]) -> Option<Self> {
        let bytes = barrier.open(SPACE, NOTE.as_bytes(), REVISION, FORMAT, sealed).ok()?;
        let (taken, rest) = bytes.split_first_chunk()?;
        let (sequence, link) = rest.split_first_chunk()?;
        Some(Self {
            taken: Time::from_micros(i64::from_be_bytes(*taken)),
            sequence: u64::from_be_bytes(*sequence),
            link: link.try_into().ok()?,
        })
    }
}

impl Store {
    /// From what the store was restored, as long as [`Store::forget_restored`] has not been called since.
    pub async fn restored(&self) -> Result<Option<Restored>, Broken> {
        let note = self.note(NOTE).await?.filter(|sealed| !sealed.is_empty());
        let opened = note.map(|sealed| Restored::open(self.barrier(), &sealed));
        opened.map(|opened| opened.ok_or(Broken::Unopened { space: SPACE, key: NOTE.into() })).transpose()
    }

    /// To be called when the trail has been told.
    pub async fn forget_restored(&self) -> Result<(), Broken> {
        Ok(self.put_note(NOTE, Vec::new()).await?)
    }
}
