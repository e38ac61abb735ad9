//! The trail: events in the order of their commits, each bound to all before it, and the way to prove it.

use crate::bundle::Bundle;
use crate::engine::{EngineFault, TrailSource};
use cipher::{Barrier, Sha256};

/// The space that the seal of events is bound to.
pub const TRAIL_SPACE: &str = "trail";

const HEAD_LABEL: &str = "kagiban/trail/head/1";
const HEAD_BYTES: usize = 8 + 32 + 32;
const ROOT_LABEL: &str = "kagiban/trail/root/1";
const ROOT_BYTES: usize = 8 + 32 + 8 + 32;
const VERIFY_PAGE_EVENTS: usize = 512;

/// The end of the trail. The MAC is the barrier's: whoever has the disk and not the key cannot shorten the trail and
/// sign the new end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    pub sequence: u64,
    pub link: [u8; 32],
    pub mac: [u8; 32],
}

/// Where the trail begins, once its beginning was cut off. The MAC is the barrier's, as the head's is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Root {
    /// The last event that was cut, and its link, to which the next event is bound.
    pub sequence: u64,
    pub link: [u8; 32],
    /// The event that tells of the cut; the last one, if several do.
    pub told: u64,
    pub mac: [u8; 32],
}

/// An event, opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded {
    pub sequence: u64,
    pub id: [u8; 16],
    pub bytes: Vec<u8>,
}

/// What somebody outside the data directory remembers of the trail: it had this link at this place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Anchor {
    pub sequence: u64,
    pub link: [u8; 32],
}

/// What [`verify`] found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// All `count` events behind `root` (`None`: from the first on) are there, in their order and unchanged; `head` is the last (`None`:
    /// the trail is empty).
    Whole { count: u64, root: Option<Root>, head: Option<Head> },
    /// While it was read, the trail was cut beyond what had been read: it has to be read again.
    Overtaken,
    /// The first record that is not as it was written stands, or is missing, at `sequence`. Of events that were sealed as one and do not
    /// open, it is the first.
    Broken { sequence: u64, flaw: Flaw },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Flaw {
    #[error("the event is missing")]
    Missing,
    #[error("the link does not bind this event to those before it")]
    Unlinked,
    #[error("the event does not open")]
    Unopened,
    #[error("the trail has events and no head")]
    NoHead,
    #[error("the head's signature is false")]
    HeadUnsigned,
    #[error("the head names another event as the last")]
    HeadDiffers,
    #[error("the trail is shorter than its anchor: its end was cut")]
    Cut,
    #[error("the trail has another link than its anchor at this place")]
    AnchorDiffers,
    #[error("the signature of the place up to which the trail was cut is false")]
    RootUnsigned,
}

/// Reads the whole trail of `source`: its root, every link, every event, the head, and the anchor if there is one and it was not cut.
/// `visit` is shown each event that is sound, in order, until the first that is not.
///
/// It goes by pages, each read in one moment together with the root and the head of that moment. Rows are only added at the end and cut at
/// the beginning, so the pages fit together while a writer goes on, and no long transaction keeps the database from tidying up.
///
/// That the house has told of the cut, and what it has told of the events that are gone, is for whoever reads the events to see.
pub async fn verify(
    source: &dyn TrailSource,
    barrier: &Barrier,
    anchor: Option<Anchor>,
    mut visit: impl FnMut(&Recorded),
) -> Result<Verdict, EngineFault> {
    let first = source.trail(u64::MAX, 1).await?.root;
    if let Some(root) = first {
        if !root.is_signed(barrier) {
            return Ok(Verdict::Broken { sequence: root.sequence, flaw: Flaw::RootUnsigned });
        }
        if anchor.is_some_and(|anchor| anchor.sequence == root.sequence && anchor.link != root.link) {
            return Ok(Verdict::Broken { sequence: root.sequence, flaw: Flaw::AnchorDiffers });
        }
    }
    let mut chain = first.map(Chain::from).unwrap_or_default();
    loop {
        let from = chain.sequence.saturating_add(1);
        let page = source.trail(from, VERIFY_PAGE_EVENTS).await?;
        if page.root.is_some_and(|root| root.sequence > chain.sequence && root.is_signed(barrier)) {
            return Ok(Verdict::Overtaken);
        }
        for bundle in &page.bundles {
            match inspect(&mut chain, barrier, anchor, bundle) {
                Ok(recorded) => recorded.iter().for_each(&mut visit),
                Err((sequence, flaw)) => return Ok(Verdict::Broken { sequence, flaw }),
            }
        }
        if chain.sequence.saturating_sub(from).saturating_add(1) < VERIFY_PAGE_EVENTS as u64 {
            return Ok(conclude(&chain, first, barrier, anchor, page.head));
        }
    }
}

pub(crate) fn inspect(
    chain: &mut Chain,
    barrier: &Barrier,
    anchor: Option<Anchor>,
    bundle: &Bundle,
) -> Result<Vec<Recorded>, (u64, Flaw)> {
    let first = chain.sequence.saturating_add(1);
    match bundle.first() {
        None => return Err((first, Flaw::Unlinked)),
        Some(found) if found != first => return Err((first, Flaw::Missing)),
        Some(_) => {}
    }
    for event in bundle.events() {
        if event.part.map(|part| chain.advance(&event.id, part)) != Some(event.link) {
            return Err((event.sequence, Flaw::Unlinked));
        }
        if anchor.is_some_and(|anchor| anchor.sequence == event.sequence && anchor.link != event.link) {
            return Err((event.sequence, Flaw::AnchorDiffers));
        }
    }
    bundle.open(barrier).ok_or((first, Flaw::Unopened))
}

fn conclude(
    chain: &Chain,
    root: Option<Root>,
    barrier: &Barrier,
    anchor: Option<Anchor>,
    head: Option<Head>,
) -> Verdict {
    let broken = |sequence, flaw| Verdict::Broken { sequence, flaw };
    let next = chain.sequence.saturating_add(1);
    match head {
        None if chain.sequence > 0 => return broken(chain.sequence, Flaw::NoHead),
        Some(head) if !head.is_signed(barrier) => return broken(chain.sequence, Flaw::HeadUnsigned),
        Some(head) if head.sequence > chain.sequence => return broken(next, Flaw::Missing),
        Some(head) if head.sequence != chain.sequence || head.link != chain.link => {
            return broken(chain.sequence, Flaw::HeadDiffers);
        }
        None | Some(_) => {}
    }
    if anchor.is_some_and(|anchor| anchor.sequence > chain.sequence) {
        return broken(next, Flaw::Cut);
    }
    let before = root.map_or(0, |root| root.sequence);
    Verdict::Whole { count: chain.sequence.saturating_sub(before), root, head }
}

/// The end of the trail as the writer carries it along.
#[derive(Clone, Copy, Default)]
pub(crate) struct Chain {
    pub sequence: u64,
    pub link: [u8; 32],
}

impl Chain {
    /// Gives an event the next place: its link, which is the end of the trail then.
    pub fn advance(&mut self, id: &[u8; 16], sealed: &[u8]) -> [u8; 32] {
        self.sequence = self.sequence.saturating_add(1);
        // All parts but the last have a fixed length, so two different events never give the same bytes.
        let mut digest = Sha256::new();
        digest.update(&self.link);
        digest.update(&self.sequence.to_be_bytes());
        digest.update(id);
        digest.update(sealed);
        self.link = digest.finish();
        self.link
    }

    pub fn head(&self, barrier: &Barrier) -> Head {
        let mac = barrier.mac(HEAD_LABEL, &signed_bytes(self.sequence, &self.link));
        Head { sequence: self.sequence, link: self.link, mac }
    }
}

impl Head {
    /// Did the holder of this barrier write it?
    pub fn is_signed(&self, barrier: &Barrier) -> bool {
        barrier.verify_mac(HEAD_LABEL, &signed_bytes(self.sequence, &self.link), &self.mac)
    }

    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = signed_bytes(self.sequence, &self.link).to_vec();
        bytes.extend_from_slice(&self.mac);
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEAD_BYTES] = bytes.try_into().ok()?;
        let (sequence, rest) = bytes.split_first_chunk()?;
        let (link, rest) = rest.split_first_chunk()?;
        let mac = rest.first_chunk()?;
        Some(Self { sequence: u64::from_be_bytes(*sequence), link: *link, mac: *mac })
    }
}

impl Root {
    pub(crate) fn sign(sequence: u64, link: [u8; 32], told: u64, barrier: &Barrier) -> Self {
        let mac = barrier.mac(ROOT_LABEL, &root_bytes(sequence, &link, told));
        Self { sequence, link, told, mac }
    }

    /// Did the holder of this barrier write it?
    pub fn is_signed(&self, barrier: &Barrier) -> bool {
        barrier.verify_mac(ROOT_LABEL, &root_bytes(self.sequence, &self.link, self.told), &self.mac)
    }

    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = root_bytes(self.sequence, &self.link, self.told);
        bytes.extend_from_slice(&self.mac);
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; ROOT_BYTES] = bytes.try_into().ok()?;
        let (sequence, rest) = bytes.split_first_chunk()?;
        let (link, rest) = rest.split_first_chunk()?;
        let (told, rest) = rest.split_first_chunk()?;
        let mac = rest.first_chunk()?;
        let (sequence, told) = (u64::from_be_bytes(*sequence), u64::from_be_bytes(*told));
        Some(Self { sequence, link: *link, told, mac: *mac })
    }
}

impl From<Root> for Chain {
    fn from(root: Root) -> Self {
        Self { sequence: root.sequence, link: root.link }
    }
}

impl From<Head> for Chain {
    fn from(head: Head) -> Self {
        Self { sequence: head.sequence, link: head.link }
    }
}

fn signed_bytes(sequence: u64, link: &[u8; 32]) -> [u8; 40] {
    let mut bytes = [0; 40];
    for (to, from) in bytes.iter_mut().zip(sequence.to_be_bytes().iter().chain(link)) {
        *to = *from;
    }
    bytes
}

fn root_bytes(sequence: u64, link: &[u8; 32], told: u64) -> Vec<u8> {
    [&sequence.to_be_bytes()[..], link, &told.to_be_bytes()].concat()
}
