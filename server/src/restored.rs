//! The first start of a house that was put back from a backup: the trail is told, before anything else that this house does.

use crate::boot::Booted;
use crate::own::{self, News};
use crate::root::hex;
use kernel::{Breakage, Demands, Failure, Remarks};
use store::{Broken, Restored};

/// The house was put back from a backup: what stands before this record on the trail is the backup's, and what the house did after the
/// backup was made is not here.
pub struct Restore(Restored);

#[derive(Debug, thiserror::Error)]
pub enum Untold {
    #[error("the note of the restore cannot be read: {0}")]
    Note(#[from] Broken),
    #[error("the restore cannot be recorded: {0}")]
    Broken(#[from] Breakage),
    #[error("the restore cannot be recorded: {}", .0.text)]
    Failed(Failure),
}

/// Puts it on the trail, if it is not there yet. A crash between the record and the forgetting makes a second record, and never none.
pub async fn record(booted: &Booted) -> Result<(), Untold> {
    let Some(restored) = booted.store.restored().await? else { return Ok(()) };
    let taken = restored.taken.iso();
    own::tell(&booted.house, Restore(restored)).await?.ending().map_err(Untold::Failed)?;
    tracing::warn!("this house was restored from a backup of {taken}: what was done after it is not here");
    Ok(booted.store.forget_restored().await?)
}

impl News for Restore {
    const NAME: &'static str = "Restore";

    fn demands() -> Demands {
        Demands::internal("kagiban", "the program tells the trail that the house was restored, and from which backup")
    }

    fn remarks(&self) -> Remarks {
        let Restored { taken, sequence, link } = &self.0;
        own::details(vec![("backupTime", taken.iso()), ("lastRecord", sequence.to_string()), ("link", hex(link))])
    }
}
