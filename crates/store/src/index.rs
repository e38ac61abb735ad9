//! The look-up index of the trail: by which terms an event is found, and the postings in which the places of events stand under a term.
//!
//! What a commit brings is gathered in memory until the next turn of the index, which writes the places of many events under a term as
//! one row. What memory has lost, the turn reads from the trail.

use crate::engine::{EngineFault, IndexQuery};
use names::Time;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The places that one posting may have.
pub const POSTING_PLACES_MAX: usize = 4096;

/// Postings of an earlier period have earlier events: so the newest are found without reading all. A look-up reads whole periods.
const PERIOD_MICROS: i64 = 4_000_000;
/// What one turn takes in: events, and terms that are met anew.
const CHAPTER_EVENTS_MAX: usize = 16_384;
const CHAPTER_TERMS_BYTES_MAX: usize = 512 << 10;
/// How many chapters wait in memory; beyond it they are left to the trail.
const CHAPTERS_WAITING_MAX: usize = 16;
/// A number of 64 bits, seven to a byte.
const VARINT_BYTES_MAX: usize = 10;

/// A term as the engine sees it: a keyed digest.
pub type Token = [u8; 16];

/// A place on the trail, and the time of the event that stands there.
pub type Place = (Time, u64);

/// A term, and a stretch of time within which events have it: where postings are looked for.
pub type Under = (Token, i64);

/// By what an event is found: its time, and values of a kind, within an account and Region.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Terms {
    time: Time,
    /// Account, Region, and then kind (1 byte) and value of each; texts stand behind their length. Empty: it is not found.
    bytes: Vec<u8>,
}

/// Places of events under a term.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Posting {
    pub token: Token,
    /// Within which stretch of time all the events are.
    pub period: i64,
    /// The sequence of the last one.
    pub last: u64,
    /// The places from the last to the first, each by its distance from the one behind it.
    pub places: Vec<u8>,
}

/// What was committed since the last turn of the index.
#[derive(Default)]
pub(crate) struct Pending(Mutex<VecDeque<Chapter>>);

/// Consecutive events, by their terms. Most events have the terms of others, so they are kept by all their terms together.
pub(crate) struct Chapter {
    /// The sequence before the first.
    pub after: u64,
    pub upto: u64,
    sets: HashMap<Vec<u8>, Vec<Place>>,
    events: usize,
    terms_bytes: usize,
}

impl Terms {
    pub fn new(time: Time, account: &str, region: &str) -> Self {
        /// More than the terms of a typical event have, so that they are allocated once.
        const TYPICAL_BYTES: usize = 384;
        let mut bytes = Vec::with_capacity(TYPICAL_BYTES);
        push_text(&mut bytes, account);
        push_text(&mut bytes, region);
        Self { time, bytes }
    }

    /// Of an event that nobody looks up.
    pub fn none() -> Self {
        Self { time: Time::from_micros(0), bytes: Vec::new() }
    }

    /// Where its postings are. `token` is asked for each term.
    pub(crate) fn under(&self, token: impl Fn(&[&[u8]; 4]) -> Token) -> impl Iterator<Item = Under> {
        terms_of(&self.bytes).map(move |term| (token(&term), period(self.time)))
    }

    pub fn add(&mut self, kind: u8, value: &str) {
        self.bytes.push(kind);
        push_text(&mut self.bytes, value);
    }
}

impl Pending {
    /// Takes in what was committed, in the order of the commits.
    pub fn land(&self, first: u64, terms: impl Iterator<Item = Terms>) {
        let mut chapters = self.lock();
        for (sequence, terms) in (first..).zip(terms) {
            let goes_on = |chapter: &&mut Chapter| chapter.upto.checked_add(1) == Some(sequence) && !chapter.is_full();
            match chapters.back_mut().filter(goes_on) {
                Some(chapter) => chapter.add(sequence, terms),
                None => {
                    if chapters.len() == CHAPTERS_WAITING_MAX {
                        chapters.clear();
                    }
                    let mut chapter = Chapter::begin(sequence.saturating_sub(1));
                    chapter.add(sequence, terms);
                    chapters.push_back(chapter);
                }
            }
        }
    }

    /// The chapter of what follows `indexed`; or where memory begins, if it does not have that.
    pub fn next(&self, indexed: u64) -> Result<Chapter, Option<u64>> {
        let mut chapters = self.lock();
        while chapters.front().is_some_and(|chapter| chapter.upto <= indexed) {
            chapters.pop_front();
        }
        match chapters.front().map(|chapter| chapter.after) {
            Some(after) if after <= indexed => {
                let mut chapter = chapters.pop_front().ok_or(None)?;
                chapter.forget(indexed);
                Ok(chapter)
            }
            after => Err(after),
        }
    }

    /// The sequence of the last event that landed, if it is here.
    pub fn upto(&self) -> Option<u64> {
        self.lock().back().map(|chapter| chapter.upto)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Chapter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chapter {
    pub fn begin(after: u64) -> Self {
        Self { after, upto: after, sets: HashMap::new(), events: 0, terms_bytes: 0 }
    }

    pub fn add(&mut self, sequence: u64, terms: Terms) {
        self.upto = sequence;
        if terms.bytes.is_empty() {
            return;
        }
        self.events += 1;
        let place = (terms.time, sequence);
        match self.sets.get_mut(&terms.bytes) {
            Some(places) => places.push(place),
            None => {
                self.terms_bytes += terms.bytes.len();
                self.sets.insert(terms.bytes, vec![place]);
            }
        }
    }

    pub fn is_full(&self) -> bool {
        self.events >= CHAPTER_EVENTS_MAX || self.terms_bytes >= CHAPTER_TERMS_BYTES_MAX
    }

    /// The postings of all, in the order of their keys. `token` is asked once for each term: account, Region, kind, value.
    pub fn postings(&self, token: impl Fn(&[&[u8]; 4]) -> Token) -> Vec<Posting> {
        let (mut known, mut found) = (HashMap::new(), BTreeMap::<(Token, i64), Vec<Place>>::new());
        for (terms, places) in &self.sets {
            for term in terms_of(terms) {
                let token = *known.entry(term).or_insert_with(|| token(&term));
                for run in places.chunk_by(|one, next| period(one.0) == period(next.0)) {
                    let period = run.first().map_or(0, |place| period(place.0));
                    found.entry((token, period)).or_default().extend_from_slice(run);
                }
            }
        }
        let mut postings = Vec::with_capacity(found.len());
        for ((token, _), mut places) in found {
            places.sort_by_key(|place| place.1);
            places.dedup();
            postings.extend(places.chunks(POSTING_PLACES_MAX).filter_map(|places| Posting::of(token, places)));
        }
        postings
    }

    fn forget(&mut self, upto: u64) {
        if self.after < upto {
            self.after = upto;
            self.sets.values_mut().for_each(|places| places.retain(|place| place.1 > upto));
        }
    }
}

impl Posting {
    /// Of events of one period, in the order of the trail; `None` of no events.
    pub fn of(token: Token, places: &[Place]) -> Option<Self> {
        let (time, last) = *places.last()?;
        let period = period(time);
        let (mut bytes, mut behind) = (Vec::with_capacity(places.len() * 3), (start_of(period), last));
        for (time, sequence) in places.iter().rev() {
            push_varint(&mut bytes, behind.1.wrapping_sub(*sequence));
            push_varint(&mut bytes, zigzag(time.micros().wrapping_sub(behind.0)));
            behind = (time.micros(), *sequence);
        }
        Some(Self { token, period, last, places: bytes })
    }

    /// The places, the last first; `None` if they are not what [`Posting::of`] writes.
    pub fn places(&self) -> Option<Vec<Place>> {
        let (mut rest, mut places) = (self.places.as_slice(), Vec::new());
        let mut behind = (start_of(self.period), self.last);
        while !rest.is_empty() {
            let distance = take_varint(&mut rest)?;
            if (distance == 0) != places.is_empty() || places.len() == POSTING_PLACES_MAX {
                return None;
            }
            let time = Time::from_micros(behind.0.checked_add(unzigzag(take_varint(&mut rest)?))?);
            let sequence = behind.1.checked_sub(distance)?;
            if period(time) != self.period {
                return None;
            }
            behind = (time.micros(), sequence);
            places.push((time, sequence));
        }
        (!places.is_empty()).then_some(places)
    }
}

/// What a query finds, from postings that come by their periods, the newest first.
pub(crate) struct Page<'a> {
    query: &'a IndexQuery,
    /// The last event that was cut off the trail; 0 if none was.
    cut: u64,
    found: Vec<Place>,
    /// The period that is being read, and how many places had been found before it.
    open: Option<(i64, usize)>,
}

impl<'a> Page<'a> {
    pub fn new(query: &'a IndexQuery, cut: u64) -> Self {
        Self { query, cut, found: Vec::new(), open: None }
    }

    /// The periods that have to be read, both included.
    pub fn periods(query: &IndexQuery) -> (i64, i64) {
        let to = query.after.map_or(query.to, |(time, _)| time.min(query.to));
        (period(query.from), period(to))
    }

    /// `false` when the page is full, and the posting was not needed.
    pub fn take(&mut self, posting: &Posting) -> Result<bool, EngineFault> {
        if self.open.is_none_or(|(period, _)| period != posting.period) {
            self.close();
            if self.found.len() >= self.query.limit {
                return Ok(false);
            }
            self.open = Some((posting.period, self.found.len()));
        }
        let places = posting.places().ok_or(EngineFault::Damaged)?;
        let IndexQuery { from, to, after, .. } = *self.query;
        let cut = self.cut;
        let asked = |place: &Place| {
            place.1 > cut && place.0 >= from && place.0 <= to && after.is_none_or(|after| *place < after)
        };
        self.found.extend(places.into_iter().filter(asked));
        Ok(true)
    }

    pub fn finish(mut self) -> Vec<Place> {
        self.close();
        self.found.truncate(self.query.limit);
        self.found
    }

    /// Within a period, postings are in the order of the trail, which is not quite that of time.
    fn close(&mut self) {
        let start = self.open.map_or(0, |(_, start)| start);
        if let Some(of_period) = self.found.get_mut(start..) {
            of_period.sort_unstable_by(|one, other| other.cmp(one));
        }
    }
}

fn period(time: Time) -> i64 {
    time.micros().div_euclid(PERIOD_MICROS)
}

fn start_of(period: i64) -> i64 {
    period.saturating_mul(PERIOD_MICROS)
}

fn push_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

/// The terms of a set: account, Region, kind, value.
fn terms_of(set: &[u8]) -> impl Iterator<Item = [&[u8]; 4]> {
    let mut rest = set;
    let place = take_text(&mut rest).zip(take_text(&mut rest));
    std::iter::from_fn(move || {
        let (account, region) = place?;
        let kind = rest.split_off(..1)?;
        Some([account, region, kind, take_text(&mut rest)?])
    })
}

fn take_text<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u64::from_be_bytes(rest.split_off(..8)?.try_into().ok()?);
    rest.split_off(..usize::try_from(length).ok()?)
}

/// Seven bits to a byte, the low ones first; all but the last have the high bit.
fn push_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// `None` also for what is written longer than it has to be.
fn take_varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for place in 0..VARINT_BYTES_MAX {
        let byte = *rest.split_off_first()?;
        let part = u64::from(byte & 0x7F);
        let shifted = part.checked_shl(u32::try_from(place).ok()? * 7)?;
        if shifted >> (place * 7) != part {
            return None;
        }
        number |= shifted;
        if byte & 0x80 == 0 {
            return (byte != 0 || place == 0).then_some(number);
        }
    }
    None
}

/// Small numbers of either sign as small numbers: 0, -1, 1, -2, …
fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_number_is_read_as_it_was_written(number in any::<u64>(), shift in 0_u32..64, sign in any::<i64>()) {
            let number = number >> shift;
            let mut bytes = Vec::new();
            push_varint(&mut bytes, number);
            let mut rest = bytes.as_slice();
            prop_assert_eq!((take_varint(&mut rest), rest.len()), (Some(number), 0));
            prop_assert_eq!(unzigzag(zigzag(sign)), sign);
        }

        #[test]
        fn postings_say_what_was_gathered(events in prop::collection::vec((0_i64..20_000_000, 0_u8..3), 1..200)) {
            let mut chapter = Chapter::begin(6);
            for (sequence, (time, value)) in (7..).zip(&events) {
                let mut terms = Terms::new(Time::from_micros(*time - 9_000_000), "1", "r");
                terms.add(1, "");
                terms.add(2, &value.to_string());
                chapter.add(sequence, terms);
            }
            let token = |term: &[&[u8]; 4]| {
                let mut token = [0; 16];
                token.iter_mut().zip(term.concat()).for_each(|(to, from)| *to = from);
                token
            };
            let mut found: Vec<_> = Vec::new();
            for posting in chapter.postings(token) {
                let places = posting.places().unwrap();
                prop_assert_eq!(places.first().unwrap().1, posting.last);
                found.extend(places.into_iter().map(|(time, sequence)| (posting.token, time, sequence)));
            }
            let mut expected: Vec<_> = Vec::new();
            for (sequence, (time, value)) in (7..).zip(&events) {
                let (time, value) = (Time::from_micros(*time - 9_000_000), value.to_string());
                for term in [[&b"1"[..], b"r", &[1], b""], [b"1", b"r", &[2], value.as_bytes()]] {
                    expected.push((token(&term), time, sequence));
                }
            }
            found.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn numbers_have_one_form() {
        for bytes in
            [&[0x80, 0][..], &[0xFF; 10], &[0x80], &[], &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2]]
        {
            assert_eq!(take_varint(&mut &*bytes), None, "{bytes:?}");
        }
    }

    fn landed(pending: &Pending, sequences: std::ops::RangeInclusive<u64>) {
        let terms = sequences.clone().map(|sequence| {
            let mut terms = Terms::new(Time::from_micros(0), "1", "r");
            terms.add(1, &sequence.to_string());
            terms
        });
        pending.land(*sequences.start(), terms);
    }

    #[test]
    fn memory_gives_what_follows_and_says_where_it_begins() {
        let pending = Pending::default();
        assert_eq!(pending.next(0).err(), Some(None));
        landed(&pending, 5..=9);
        assert_eq!(pending.next(3).err(), Some(Some(4)));
        let chapter = pending.next(6).unwrap();
        assert_eq!((chapter.after, chapter.upto, chapter.postings(|_| [0; 16]).len()), (6, 9, 1));
        assert_eq!(chapter.postings(|_| [0; 16]).first().unwrap().places().unwrap().len(), 3);
        assert_eq!(pending.next(9).err(), Some(None));
        // A gap begins a chapter.
        landed(&pending, 10..=11);
        landed(&pending, 13..=13);
        assert_eq!(pending.next(9).unwrap().upto, 11);
        assert_eq!(pending.next(11).err(), Some(Some(12)));
    }

    #[test]
    fn memory_is_bounded() {
        let pending = Pending::default();
        let all = (CHAPTERS_WAITING_MAX * CHAPTER_EVENTS_MAX) as u64;
        let mut terms = Terms::new(Time::from_micros(0), "1", "r");
        terms.add(1, "same");
        pending.land(1, (0..all).map(|_| terms.clone()));
        assert_eq!(pending.next(0).unwrap().upto, CHAPTER_EVENTS_MAX as u64);
        pending.land(all + 1, (0..=CHAPTER_EVENTS_MAX).map(|_| terms.clone()));
        assert!(matches!(pending.next(CHAPTER_EVENTS_MAX as u64), Err(Some(_))), "what was dropped is on the trail");
    }
}
