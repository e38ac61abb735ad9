//! What has to be known of events that were cut off the trail: the last word on each row, and the uses of keys.
//!
//! It stands on the trail itself, in the record of the cut, or in several that make up a series. Each series has all that was said up to
//! its cut, so that only the last one counts; in due time it is cut itself, and the next one has its words.

use crate::testimony::Untold;
use crate::{KeyUse, Wrote};
use minicbor::decode::Error;
use minicbor::{Decode, Decoder, Encode};

/// The words of one record, about.
const SETTLED_WORDS_BYTES_MAX: usize = 256 << 10;
/// The runs of uses that are kept apart: more than there are calls at once, between two of which uses may still be missing.
const RUNS_COUNT_MAX: usize = 512;
/// What a word takes beside its space and its key.
const WORD_BYTES: usize = 16;

/// One part of a series.
#[derive(Encode, Decode, Clone, Debug, PartialEq, Default)]
#[cbor(map)]
pub struct Settled {
    /// The last event that is cut, and its link.
    #[n(0)]
    pub sequence: u64,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub link: [u8; 32],
    /// Counted from 0.
    #[n(2)]
    pub part: u64,
    #[n(3)]
    pub parts: u64,
    /// Where the part before stands on the trail; 0 for the first.
    #[n(4)]
    pub before: u64,
    /// The last word on each row that is there, and one on each space that has none.
    #[n(5)]
    pub words: Vec<Wrote>,
    /// Of the first part alone.
    #[n(6)]
    pub uses: Option<SettledUses>,
}

/// The uses of keys that the events have named.
#[derive(Encode, Decode, Clone, Debug, PartialEq, Default)]
#[cbor(map)]
pub struct SettledUses {
    #[n(0)]
    pub recorded: u64,
    /// No use up to this one is to come any more.
    #[n(1)]
    pub floor: u64,
    #[n(2)]
    pub runs: Vec<SettledRun>,
}

/// Uses that follow each other.
#[derive(Encode, Decode, Clone, Debug, PartialEq)]
#[cbor(map)]
pub struct SettledRun {
    #[cbor(n(0), decode_with = "known")]
    pub first: KeyUse,
    /// The number of the last, and its digest.
    #[n(1)]
    pub uses: u64,
    #[cbor(n(2), with = "minicbor::bytes")]
    pub head: [u8; 32],
}

/// A derived decoder takes an optional value with an unknown variant inside for one that is not there.
fn known<'b, C>(decoder: &mut Decoder<'b>, context: &mut C) -> Result<KeyUse, Error> {
    KeyUse::decode(decoder, context).map_err(|_| Error::message("a use of no known kind"))
}

impl Settled {
    /// Divides the words into records. `None` if there are more than can be counted.
    pub(crate) fn parts(sequence: u64, link: [u8; 32], words: Vec<Wrote>, uses: SettledUses) -> Option<Vec<Self>> {
        let mut portions = vec![Vec::new()];
        let mut bytes = 0;
        for word in words {
            bytes += word.space.len() + word.key.len() + WORD_BYTES;
            if bytes > SETTLED_WORDS_BYTES_MAX {
                bytes = word.space.len() + word.key.len() + WORD_BYTES;
                portions.push(Vec::new());
            }
            portions.last_mut()?.push(word);
        }
        let (parts, mut uses) = (u64::try_from(portions.len()).ok()?, Some(uses));
        let part = |(part, words)| Self { sequence, link, part, parts, before: 0, words, uses: uses.take() };
        Some((0..).zip(portions).map(part).collect())
    }
}

impl SettledUses {
    /// Of all runs, in their order, the last ones are kept.
    pub(crate) fn new(recorded: u64, floor: u64, runs: impl Iterator<Item = SettledRun>) -> Self {
        let mut runs: Vec<_> = runs.collect();
        let rest = runs.split_off(runs.len().saturating_sub(RUNS_COUNT_MAX));
        Self { recorded, floor: runs.last().map_or(floor, |last| last.uses), runs: rest }
    }
}

/// The series of one cut, as its parts are heard.
#[derive(Default)]
pub(crate) struct Series {
    /// Up to where the trail was cut; `None` if it was not.
    cut: Option<(u64, [u8; 32])>,
    begun: Vec<Settled>,
    whole: Option<Vec<Settled>>,
}

impl Series {
    pub fn of(cut: Option<(u64, [u8; 32])>) -> Self {
        Self { cut, ..Self::default() }
    }

    /// Other cuts were not made, or are behind this one.
    pub fn hear(&mut self, part: &Settled) {
        if self.cut != Some((part.sequence, part.link)) {
            return;
        }
        if part.part == 0 {
            self.begun.clear();
        }
        if part.part == self.begun.len() as u64 {
            self.begun.push(part.clone());
        }
        if part.parts == self.begun.len() as u64 {
            self.whole = Some(std::mem::take(&mut self.begun));
        }
    }

    pub fn take(&mut self) -> Result<Vec<Settled>, Untold> {
        let Some((sequence, _)) = self.cut else { return Ok(Vec::new()) };
        self.whole.take().ok_or(Untold(sequence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Event, KeyVerb};

    /// An event that says less than it said would be taken for one without a word on what was cut.
    #[test]
    fn a_use_of_a_later_versions_kind_is_not_passed_over() {
        let written = |verb| {
            let first = KeyUse { number: 1, verb, backing_key: [0; 16], ticket: [0; 32], time: 0, digest: [0; 32] };
            let uses =
                SettledUses { runs: vec![SettledRun { first, uses: 1, head: [0; 32] }], ..SettledUses::default() };
            let settled = Settled { uses: Some(uses), ..Settled::default() };
            Event { settled: Some(settled), ..Event::default() }.encode().unwrap_or_default()
        };
        let (mut one, other) = (written(KeyVerb::Random), written(KeyVerb::Destroy));
        assert!(Event::decode(&one).is_some_and(|event| event.settled.is_some()));
        for (byte, _) in one.iter_mut().zip(&other).filter(|(one, other)| *one != *other) {
            *byte = 23;
        }
        assert_eq!(Event::decode(&one), None);
    }
}
