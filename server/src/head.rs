//! The head that is kept apart from the trail, in `trail.head`: how it is written, and what a start and a verification take from it.
//!
//! The file has the number and the link of an event (8 and 32 bytes), and the vault's mark: the standing of its chain of uses at a moment
//! after that event, and a MAC over all of it.

use crate::data_dir::{self, FileError, HEAD_FILE};
use kernel::{Event, Testimony, Untold, UseFlaw};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{Anchor, Broken, Store};
use vault::{HeadSeal, Keyring, Standing, Vault, VaultError};

const HEAD_BYTES: usize = 40;
/// How many events are read at once.
const EVENTS_PER_PAGE: usize = 500;

/// What the file says.
#[derive(Clone, Copy)]
pub struct Kept {
    pub anchor: Anchor,
    pub standing: Standing,
}

#[derive(Debug, thiserror::Error)]
pub enum NoHead {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the head that is kept apart (`{0}`) is damaged, or was not written by this installation")]
    Damaged(PathBuf),
}

/// Why a start does not go on from where the house had come to.
#[derive(Debug, thiserror::Error)]
pub enum NoStanding {
    #[error(transparent)]
    Head(#[from] NoHead),
    #[error(
        "the audit trail is shorter than, or differs from, the head that was kept apart from it (`{0}`): records were cut, or an older \
         copy of the database was put back"
    )]
    Cut(PathBuf),
    #[error("the audit trail cannot be read: {0}")]
    Unreadable(#[from] Broken),
    #[error("the audit trail cannot be read: record {0} says nothing")]
    Senseless(u64),
    #[error("the record of the uses of keys is broken: {0}")]
    Uses(#[from] UseFlaw),
    #[error(transparent)]
    Untold(#[from] Untold),
}

/// The head that is kept apart; `None` where there is no file.
pub fn read(directory: &Path, keyring: &Keyring) -> Result<Option<Kept>, NoHead> {
    data_dir::read(&directory.join(HEAD_FILE))?.map(|bytes| parse(directory, &bytes, keyring)).transpose()
}

/// What the file of this directory says, of which these are the bytes.
pub fn parse(directory: &Path, bytes: &[u8], keyring: &Keyring) -> Result<Kept, NoHead> {
    opened(bytes, keyring).ok_or_else(|| NoHead::Damaged(directory.join(HEAD_FILE)))
}

fn opened(bytes: &[u8], keyring: &Keyring) -> Option<Kept> {
    let (head, mark) = bytes.split_at_checked(HEAD_BYTES)?;
    let standing = keyring.check_head(head, &HeadSeal::read(mark).ok()?).ok()?;
    let (sequence, link) = head.split_at_checked(8)?;
    let anchor = Anchor { sequence: u64::from_be_bytes(sequence.try_into().ok()?), link: link.try_into().ok()? };
    Some(Kept { anchor, standing })
}

/// How far the vault's chain of uses has come, and whether the trail still has all that the head names.
///
/// The file may be seconds older than the last event, and a chain that went on from there would give numbers twice. So the uses that the
/// later events name are heard too. Whatever an earlier event names, the mark counts already: it was made after that event.
pub async fn standing(directory: &Path, store: &Store, keyring: &Keyring) -> Result<Standing, NoStanding> {
    let kept = read(directory, keyring)?;
    let root = store.root().await?;
    let cut = root.map_or(0, |root| root.sequence);
    if let Some(Kept { anchor, .. }) = kept.filter(|kept| kept.anchor.sequence > 0 && kept.anchor.sequence >= cut)
        && !store.holds(anchor).await.map_err(Broken::from)?
    {
        return Err(NoStanding::Cut(directory.join(HEAD_FILE)));
    }
    let mut last = kept.map_or(0, |kept| kept.anchor.sequence);
    if kept.is_some() && last < cut {
        tracing::warn!(
            "the head kept apart (`{HEAD_FILE}`) names record {last}, and the trail was cut up to {cut}: it is an old copy"
        );
    }
    // From the anchor on, or else from where the trail begins, with what is told of those before.
    let mut testimony = Testimony::new(kept.map(|kept| kept.standing)).behind(root.filter(|_| last < cut));
    last = last.max(cut);
    loop {
        let page = store.trail(last.saturating_add(1), EVENTS_PER_PAGE).await?;
        for recorded in &page {
            let event = Event::decode(&recorded.bytes).ok_or(NoStanding::Senseless(recorded.sequence))?;
            testimony.hear(&uses_alone(event));
            last = recorded.sequence;
        }
        if page.len() < EVENTS_PER_PAGE {
            break;
        }
    }
    if kept.is_none() && last > 0 {
        tracing::warn!("no head of the trail was kept apart (`{HEAD_FILE}`): had its end been cut, nobody would know");
    }
    testimony.settle()?;
    let uses = testimony.uses();
    uses.flaw.map_or(Ok(uses.standing), |flaw| Err(flaw.into()))
}

/// The event without the rows it wrote, for callers that do not compare them.
pub fn uses_alone(event: Event) -> Event {
    Event { wrote: Vec::new(), ..event }
}

/// Keeps the head apart as the trail grows.
pub struct Keeper {
    store: Arc<Store>,
    vault: Arc<dyn Vault>,
    file: PathBuf,
    /// The sequence that the file names.
    kept: Arc<AtomicU64>,
}

impl Keeper {
    pub fn new(store: Arc<Store>, vault: Arc<dyn Vault>, directory: &Path) -> Self {
        Self { store, vault, file: directory.join(HEAD_FILE), kept: Arc::default() }
    }

    /// The sequence that the file names, as it grows.
    pub fn kept(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.kept)
    }

    /// Writes the head, if the trail has grown since the last time. What fails is told, and tried again the next time.
    pub async fn write(&mut self) {
        if let Err(unkept) = self.keep().await {
            tracing::error!(cause = %unkept, "the head of the trail could not be kept apart");
        }
    }

    async fn keep(&self) -> Result<(), Unkept> {
        let Some(head) = self.store.head().await? else { return Ok(()) };
        if head.sequence == self.kept.load(Ordering::SeqCst) {
            return Ok(());
        }
        let mut bytes = [&head.sequence.to_be_bytes()[..], &head.link].concat();
        let mark = self.vault.seal_head(&bytes).await?;
        bytes.extend(mark.to_bytes());
        // It waits for the disk, which may take its time: no thread that serves calls shall.
        let file = self.file.clone();
        tokio::task::spawn_blocking(move || data_dir::write(&file, &bytes)).await??;
        self.kept.store(head.sequence, Ordering::SeqCst);
        Ok(())
    }
}

/// Why a head is not in its file.
#[derive(Debug, thiserror::Error)]
enum Unkept {
    #[error(transparent)]
    Head(#[from] Broken),
    #[error(transparent)]
    Unmarked(#[from] VaultError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the program is ending")]
    Ended(#[from] tokio::task::JoinError),
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::log::Heard;
    use cipher::{Entropy, SystemEntropy};
    use kernel::SystemClock;
    use secret::Secret;
    use store::{Draft, MemoryEngine, Terms, WARM_BYTES_MAX_DEFAULT};
    use vault::{InProcess, Seal};

    #[tokio::test]
    async fn a_head_that_cannot_be_kept_is_told() {
        let (entropy, seal): (Arc<dyn Entropy>, _) =
            (Arc::new(SystemEntropy), Seal::KeyFile(Secret::fill(32, |bytes| bytes.fill(7))));
        let opener = &crate::boot::cut().unwrap().opener;
        let keyring = || Keyring::initialise(&seal, [7; 16], Arc::clone(&entropy), opener).unwrap().0;
        let (ours, engine) = (keyring(), Arc::new(MemoryEngine::default()));
        let store = |barrier| {
            Arc::new(Store::new(engine.clone(), Arc::new(barrier), Arc::clone(&entropy), WARM_BYTES_MAX_DEFAULT))
        };
        let (own, strange) = (store(ours.barrier()), store(keyring().barrier()));
        let vault: Arc<dyn Vault> =
            Arc::new(InProcess::new(ours, Arc::new(SystemClock::new()), Standing::BEGINNING).unwrap());
        let event = store::Event { id: [1; 16], bytes: vec![1], terms: Terms::none() };
        own.commit(Draft::new(Arc::clone(&own)).into_batch(Vec::new(), vec![event]).unwrap()).await.unwrap();
        let nowhere = Path::new("/dev/null/nowhere");

        for (store, cause) in [(strange, "is not signed by this house"), (own, "`/dev/null/nowhere/trail.head.new`")] {
            let heard = Heard::here();
            let mut keeper = Keeper::new(store, Arc::clone(&vault), nowhere);
            keeper.write().await;
            assert_eq!(keeper.kept().load(Ordering::SeqCst), 0);
            let lines = heard.lines();
            assert!(lines.contains("could not be kept apart") && lines.contains(cause), "{lines}");
        }
    }
}
