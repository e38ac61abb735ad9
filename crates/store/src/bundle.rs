//! Bundles: how events lie on the trail. Those that are committed together are sealed as one, and each has a link of its own.

use crate::draft::Event;
use crate::engine::EngineFault;
use crate::trail::{Chain, Recorded, TRAIL_SPACE};
use cipher::{Barrier, RECORD_HEADER_BYTES};

/// A bundle is closed before the event with which it would have more bytes. One event may be longer, and is alone then.
pub(crate) const BUNDLE_BYTES_MAX: usize = 64 << 10;

/// The format that the seal of a bundle is bound to. How the events themselves are written, they say.
const TRAIL_FORMAT: u16 = 1;
/// Events are never replaced: they have no revision.
const TRAIL_REVISION: u64 = 0;
const ID_BYTES: usize = 16;
const LINK_BYTES: usize = 32;
const MARK_BYTES: usize = ID_BYTES + LINK_BYTES + 4;

/// Consecutive events as they are kept.
// A trail that several nodes write has a chain for each (node, epoch): two more columns here, two more parts of the
// link and of the head.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bundle {
    /// That of the last event.
    pub sequence: u64,
    /// A mark for each event: its id (16 bytes), its link (32), and where it ends among the bytes that are sealed (4,
    /// big end first).
    ///
    /// The link is the SHA-256 of the link before it (zeros for the first) ‖ sequence (8 bytes) ‖ id ‖ the event's part
    /// of `sealed`. The parts are all of it: the first has the header of the seal before it, the last the tag behind it.
    pub marks: Vec<u8>,
    /// The events, one behind the other, sealed as one and bound to their sequence, their ids and their ends.
    pub sealed: Vec<u8>,
}

/// What a mark says of an event, and the event as it is kept.
pub(crate) struct Marked<'a> {
    pub sequence: u64,
    pub id: [u8; ID_BYTES],
    pub link: [u8; LINK_BYTES],
    /// `None` where the ends do not divide the sealed bytes.
    pub part: Option<&'a [u8]>,
    end: usize,
}

impl Bundle {
    /// Gives `events` the next places of the chain. There is one at least.
    pub(crate) fn seal(chain: &mut Chain, barrier: &Barrier, events: &[&Event]) -> Result<Self, EngineFault> {
        let sequence = chain.sequence.saturating_add(events.len() as u64);
        let mut plaintext = Vec::with_capacity(events.iter().map(|event| event.bytes.len()).sum());
        let mut marks = Vec::with_capacity(events.len() * MARK_BYTES);
        for event in events {
            plaintext.extend_from_slice(&event.bytes);
            marks.extend_from_slice(&event.id);
            marks.extend_from_slice(&[0; LINK_BYTES]);
            let end = u32::try_from(plaintext.len()).map_err(|_| EngineFault::Unsealed)?;
            marks.extend_from_slice(&end.to_be_bytes());
        }
        let bound = bound_to(sequence, &marks);
        let sealed = barrier.seal(TRAIL_SPACE, &bound, TRAIL_REVISION, TRAIL_FORMAT, &plaintext);
        let mut bundle = Self { sequence, marks, sealed: sealed.map_err(|_| EngineFault::Unsealed)? };
        let links: Vec<_> =
            bundle.events().map(|event| chain.advance(&event.id, event.part.unwrap_or_default())).collect();
        for (mark, link) in bundle.marks.chunks_exact_mut(MARK_BYTES).zip(links) {
            mark.iter_mut().skip(ID_BYTES).zip(link).for_each(|(to, from)| *to = from);
        }
        Ok(bundle)
    }

    /// The events, if they are those that were sealed, at this place and under these ids.
    pub fn open(&self, barrier: &Barrier) -> Option<Vec<Recorded>> {
        let bound = bound_to(self.sequence, &self.marks);
        let bytes = barrier.open(TRAIL_SPACE, &bound, TRAIL_REVISION, TRAIL_FORMAT, &self.sealed).ok()?;
        let (mut recorded, mut start) = (Vec::with_capacity(self.count()), 0);
        for event in self.events() {
            let bytes = bytes.get(start..event.end)?.to_vec();
            recorded.push(Recorded { sequence: event.sequence, id: event.id, bytes });
            start = event.end;
        }
        (start == bytes.len() && self.is_sound()).then_some(recorded)
    }

    /// The sequence of the first event; `None` where the marks are none.
    pub fn first(&self) -> Option<u64> {
        let before = self.sequence.checked_sub(self.count() as u64)?;
        self.is_sound().then(|| before.checked_add(1)).flatten()
    }

    /// The id of the last event; `None` where the marks are none.
    pub fn last_id(&self) -> Option<[u8; ID_BYTES]> {
        self.events().last().map(|event| event.id)
    }

    pub fn count(&self) -> usize {
        self.marks.len() / MARK_BYTES
    }

    /// How many of the events stand at `from` or behind it.
    pub(crate) fn count_from(&self, from: u64) -> usize {
        let distance = self.sequence.saturating_sub(from).saturating_add(1);
        usize::try_from(distance).unwrap_or(usize::MAX).min(self.count())
    }

    /// What the marks say, whether it is true or not.
    pub(crate) fn events(&self) -> impl Iterator<Item = Marked<'_>> {
        let (count, mut start) = (self.count(), 0);
        let before = self.sequence.saturating_sub(count as u64);
        let marks = self.marks.chunks_exact(MARK_BYTES).filter_map(mark);
        (1..).zip(marks).map(move |(number, (id, link, end))| {
            let cut = if number == count as u64 { self.sealed.len() } else { end.saturating_add(RECORD_HEADER_BYTES) };
            let part = self.sealed.get(start..cut);
            start = cut;
            Marked { sequence: before.saturating_add(number), id, link, part, end }
        })
    }

    fn is_sound(&self) -> bool {
        !self.marks.is_empty() && self.marks.len().is_multiple_of(MARK_BYTES)
    }
}

/// Divides events into those that go into a bundle each.
pub(crate) fn portions<'a>(events: &'a [&'a Event]) -> impl Iterator<Item = &'a [&'a Event]> {
    let mut rest = events;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |event: &&&Event| {
            bytes += event.bytes.len();
            bytes <= BUNDLE_BYTES_MAX
        };
        let count = rest.iter().take_while(fits).count().max(1);
        let portion;
        (portion, rest) = rest.split_at_checked(count)?;
        Some(portion)
    })
}

fn mark(bytes: &[u8]) -> Option<([u8; ID_BYTES], [u8; LINK_BYTES], usize)> {
    let (id, rest) = bytes.split_first_chunk()?;
    let (link, end) = rest.split_first_chunk()?;
    let end = u32::from_be_bytes(end.try_into().ok()?);
    Some((*id, *link, usize::try_from(end).ok()?))
}

/// The marks without the links, which are made of what is sealed.
fn bound_to(sequence: u64, marks: &[u8]) -> Vec<u8> {
    let mut bound = Vec::with_capacity(8 + marks.len());
    bound.extend_from_slice(&sequence.to_be_bytes());
    for (id, _, end) in marks.chunks_exact(MARK_BYTES).filter_map(mark) {
        bound.extend_from_slice(&id);
        bound.extend_from_slice(&end.to_be_bytes());
    }
    bound
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Terms;

    fn lengths(events: &[usize]) -> Vec<Vec<usize>> {
        let event = |bytes: &usize| Event { id: [0; 16], bytes: vec![0; *bytes], terms: Terms::none() };
        let events: Vec<_> = events.iter().map(event).collect();
        let events: Vec<_> = events.iter().collect();
        portions(&events).map(|portion| portion.iter().map(|event| event.bytes.len()).collect()).collect()
    }

    #[test]
    fn events_fill_bundles_in_their_order() {
        const HALF: usize = BUNDLE_BYTES_MAX / 2;
        assert_eq!(lengths(&[]), Vec::<Vec<usize>>::new());
        assert_eq!(lengths(&[1, 2, 3]), [[1, 2, 3]]);
        assert_eq!(lengths(&[HALF, HALF, 1]), [vec![HALF, HALF], vec![1]]);
        assert_eq!(lengths(&[1, 3 * HALF, 3 * HALF, 0]), [vec![1], vec![3 * HALF], vec![3 * HALF], vec![0]]);
    }
}
