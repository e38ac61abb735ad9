//! What the trail testifies of the house: which revision each row has, and which uses of keys there were.
//!
//! The trail proves itself ([`store::verify`]). This compares it with what stands beside it: the rows of the store, of which an older
//! version may have been put back, and the vault's chain of uses. It is pure: events and rows are handed in, in any number of portions.

use crate::settled::{Series, Settled, SettledRun, SettledUses};
use crate::{Event, KeyUse, Wrote};
use std::collections::BTreeMap;
use std::fmt;
use store::Root;
use vault::{Standing, Use};

/// Gathered from the events in the order of the trail.
#[derive(Default)]
pub struct Testimony {
    /// The last word on each row that was ever written: its revision, or that it was deleted.
    rows: BTreeMap<String, BTreeMap<Vec<u8>, Option<u64>>>,
    uses: Uses,
    /// What is told of the events that were cut.
    settled: Series,
}

/// The trail begins behind a place up to which it was cut, and no event says what has to be known of what stood before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the trail was cut up to record {0}, and no record says what is to be known of those that are gone")]
pub struct Untold(pub u64);

/// A row that is not as the trail has it. Revisions are numbers that are drawn anew for each write; `None` is no row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Discrepancy {
    pub space: String,
    pub key: Vec<u8>,
    pub recorded: Option<u64>,
    pub found: Option<u64>,
}

/// The uses of keys on the trail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UseTally {
    /// The uses that events name.
    pub recorded: u64,
    /// Uses that the vault has counted and no event names: those of calls that had not been committed when the house ended.
    pub open: u64,
    /// How far the chain has come, as far as the trail knows: where a vault goes on that is started anew.
    pub standing: Standing,
    /// The first thing that is wrong with the chain, if anything is.
    pub flaw: Option<UseFlaw>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UseFlaw {
    #[error("use {0} of a key does not follow the use before it")]
    Unlinked(u64),
    #[error("two events name use {0} of a key")]
    Repeated(u64),
    #[error("use {0} of a key is another one than the vault has marked")]
    MarkDiffers(u64),
}

impl Testimony {
    /// `mark` is what the vault has signed for, where it is at hand: how far its chain had come, and with which digest.
    pub fn new(mark: Option<Standing>) -> Self {
        Self { uses: Uses { mark, ..Uses::default() }, ..Self::default() }
    }

    /// Of a trail that begins behind `root`: see [`Testimony::settle`].
    pub fn behind(self, root: Option<Root>) -> Self {
        Self { settled: Series::of(root.map(|root| (root.sequence, root.link))), ..self }
    }

    /// Takes the next event of the trail.
    pub fn hear(&mut self, event: &Event) {
        for row in &event.wrote {
            let space = match self.rows.get_mut(&row.space) {
                Some(space) => space,
                None => self.rows.entry(row.space.clone()).or_default(),
            };
            space.insert(row.key.clone(), row.revision);
        }
        event.uses.iter().for_each(|link| self.uses.hear(link));
        if let Some(part) = &event.settled {
            self.settled.hear(part);
        }
    }

    /// Takes in what is told of the events before the root, which were cut. All behind it have been heard, and they have spoken later.
    pub fn settle(&mut self) -> Result<(), Untold> {
        for part in self.settled.take()? {
            for Wrote { space, key, revision } in part.words {
                self.rows.entry(space).or_default().entry(key).or_insert(revision);
            }
            if let Some(uses) = &part.uses {
                self.uses.settle(uses);
            }
        }
        Ok(())
    }

    /// What has to be known of the events that were heard, when all up to `sequence`, whose link this is, are cut: for one event each.
    /// `None` if it cannot be written.
    pub fn settled(&self, sequence: u64, link: [u8; 32]) -> Option<Vec<Settled>> {
        let mut words = Vec::new();
        for (space, rows) in &self.rows {
            let word = |(key, revision): (&Vec<u8>, &Option<u64>)| Wrote {
                space: space.clone(),
                key: key.clone(),
                revision: *revision,
            };
            let before = words.len();
            words.extend(rows.iter().filter(|(_, revision)| revision.is_some()).map(word));
            if words.len() == before {
                // A row that comes back in a space of which nothing is known would be taken for one of an index.
                words.extend(rows.iter().next().map(word));
            }
        }
        Settled::parts(sequence, link, words, self.uses.settled())
    }

    /// On how many rows there is a word.
    pub fn words(&self) -> usize {
        self.rows.values().map(BTreeMap::len).sum()
    }

    pub fn uses(&self) -> UseTally {
        self.uses.tally()
    }

    /// Compares the trail with the rows that are there: `(space, key, revision)`, of the moment of the last event that was heard.
    ///
    /// Rows of spaces that no event names are passed over: they are those of the indexes, which follow from the rows.
    pub fn compare<S: AsRef<str>>(mut self, rows: impl IntoIterator<Item = (S, Vec<u8>, u64)>) -> Vec<Discrepancy> {
        let mut discrepancies = Vec::new();
        for (space, key, found) in rows {
            let Some(recorded) = self.rows.get_mut(space.as_ref()).map(|space| space.remove(&key).flatten()) else {
                continue;
            };
            if recorded != Some(found) {
                discrepancies.push(Discrepancy { space: space.as_ref().to_owned(), key, recorded, found: Some(found) });
            }
        }
        for (space, left) in self.rows {
            let missing = left.into_iter().filter(|(_, recorded)| recorded.is_some());
            discrepancies.extend(missing.map(|(key, recorded)| Discrepancy {
                space: space.clone(),
                key,
                recorded,
                found: None,
            }));
        }
        discrepancies
    }
}

impl fmt::Display for Discrepancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (space, key) = (&self.space, Hex(&self.key));
        match (self.recorded, self.found) {
            (Some(_), Some(_)) => write!(f, "row {key} of {space} has another revision than the trail says"),
            (Some(_), None) => write!(f, "row {key} of {space} is missing"),
            (None, _) => write!(f, "row {key} of {space} is there, and the trail knows nothing of it"),
        }
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The chain as far as it is heard. Events stand in the order of commits, which is not quite that of uses; so the chain grows in runs,
/// which join when what lies between them is heard.
#[derive(Default)]
struct Uses {
    /// By the number of the first use of each.
    runs: BTreeMap<u64, Run>,
    /// No use up to this one is to be heard any more.
    floor: u64,
    recorded: u64,
    mark: Option<Standing>,
    flaw: Option<UseFlaw>,
}

#[derive(Clone, Copy)]
struct Run {
    first: Use,
    last: Standing,
}

impl Uses {
    fn hear(&mut self, kept: &KeyUse) {
        let link = Use::from(kept);
        self.recorded += 1;
        self.take(Run { first: link, last: Standing { uses: link.number, head: link.digest } });
    }

    /// Takes in the uses of events that were cut, when all others are heard.
    fn settle(&mut self, settled: &SettledUses) {
        self.recorded += settled.recorded;
        self.floor = settled.floor;
        if let Some((first, _)) = self.runs.first_key_value().filter(|(first, _)| **first <= settled.floor) {
            self.flaw.get_or_insert(UseFlaw::Repeated(*first));
        }
        for run in &settled.runs {
            let last = Standing { uses: run.uses, head: run.head };
            self.take(Run { first: Use::from(&run.first), last });
        }
    }

    fn settled(&self) -> SettledUses {
        let run = |run: &Run| SettledRun { first: KeyUse::from(&run.first), uses: run.last.uses, head: run.last.head };
        SettledUses::new(self.recorded, self.floor, self.runs.values().map(run))
    }

    fn take(&mut self, run: Run) {
        if let Err(flaw) = self.place(run) {
            self.flaw.get_or_insert(flaw);
        }
    }

    fn place(&mut self, run: Run) -> Result<(), UseFlaw> {
        let (link, number, end) = (run.first, run.first.number, run.last);
        let before = self.runs.range(..=end.uses).next_back().map(|(start, run)| (*start, run.last));
        if number <= self.floor || before.is_some_and(|(_, last)| last.uses >= number) {
            return Err(UseFlaw::Repeated(number));
        }
        if self.mark.is_some_and(|mark| mark.uses == end.uses && mark.head != end.head) {
            return Err(UseFlaw::MarkDiffers(end.uses));
        }
        let joined = before.filter(|(_, last)| last.uses + 1 == number);
        let previous = if number == 1 { Some(Standing::BEGINNING.head) } else { joined.map(|(_, last)| last.head) };
        if number == 0 || previous.is_some_and(|previous| !link.follows(&previous)) {
            return Err(UseFlaw::Unlinked(number));
        }
        let mut last = end;
        if let Some(next) = end.uses.checked_add(1).and_then(|next| self.runs.remove(&next)) {
            if !next.first.follows(&end.head) {
                return Err(UseFlaw::Unlinked(next.first.number));
            }
            last = next.last;
        }
        match joined.and_then(|(start, _)| self.runs.get_mut(&start)) {
            Some(run) => run.last = last,
            None => {
                self.runs.insert(number, Run { first: link, last });
            }
        }
        Ok(())
    }

    fn tally(&self) -> UseTally {
        let heard = self.runs.values().next_back().map_or(Standing::BEGINNING, |run| run.last);
        let standing = self.mark.filter(|mark| mark.uses > heard.uses).unwrap_or(heard);
        UseTally {
            recorded: self.recorded,
            open: standing.uses.saturating_sub(self.recorded),
            standing,
            flaw: self.flaw,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::key_use::KeyVerb;

    /// A chain of five uses, made as the vault's documentation says and not by the vault.
    fn chain() -> Vec<KeyUse> {
        let mut previous = [0; 32];
        let uses = (1_u64..=5).map(|number| {
            let (time, ticket, backing_key) = (1_000 + number.cast_signed(), [number as u8; 32], [7; 16]);
            let parts = [&previous[..], &number.to_be_bytes(), &[3], &backing_key, &ticket, &time.to_be_bytes()];
            let digest = cipher::sha256(&parts.concat());
            previous = digest;
            KeyUse { number, verb: KeyVerb::Encrypt, backing_key, ticket, time, digest }
        });
        uses.collect()
    }

    fn tally(mark: Option<Standing>, uses: &[KeyUse]) -> UseTally {
        let mut testimony = Testimony::new(mark);
        for link in uses {
            testimony.hear(&Event { uses: vec![link.clone()], ..Event::default() });
        }
        testimony.uses()
    }

    fn shuffled(order: [usize; 5]) -> Vec<KeyUse> {
        let chain = chain();
        order.iter().filter_map(|place| chain.get(*place).cloned()).collect()
    }

    #[test]
    fn a_chain_is_made_again_in_whatever_order_its_uses_were_committed() {
        for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [1, 0, 4, 2, 3], [2, 4, 0, 3, 1]] {
            let found = tally(None, &shuffled(order));
            assert_eq!((found.recorded, found.open, found.flaw), (5, 0, None), "{order:?}");
            assert_eq!(Some(found.standing.head), chain().last().map(|link| link.digest));
        }
    }

    #[test]
    fn a_use_without_event_is_counted_and_breaks_nothing() {
        let mut uses = chain();
        uses.remove(2);
        let found = tally(None, &uses);
        assert_eq!((found.recorded, found.open, found.standing.uses, found.flaw), (4, 1, 5, None));
        let mark = Standing { uses: 7, head: [9; 32] };
        let found = tally(Some(mark), &uses);
        assert_eq!((found.open, found.standing, found.flaw), (3, mark, None));
    }

    #[test]
    fn a_use_that_was_changed_or_invented_is_found() {
        for place in 0..5 {
            let mut uses = chain();
            if let Some(link) = uses.get_mut(place) {
                link.ticket = [0xEE; 32];
            }
            for order in [uses.clone(), uses.iter().rev().cloned().collect()] {
                let flaw = tally(None, &order).flaw;
                assert!(matches!(flaw, Some(UseFlaw::Unlinked(_))), "{place}: {flaw:?}");
            }
        }
        let twice = [chain(), chain().split_off(4)].concat();
        assert_eq!(tally(None, &twice).flaw, Some(UseFlaw::Repeated(5)));
        let mark = Standing { uses: 3, head: [9; 32] };
        assert_eq!(tally(Some(mark), &chain()).flaw, Some(UseFlaw::MarkDiffers(3)));
    }

    #[test]
    fn rows_are_compared_with_the_last_word_on_them() {
        let wrote = |key: u8, revision| Wrote { space: "s".to_owned(), key: vec![key], revision };
        let events = [
            vec![wrote(1, Some(10)), wrote(2, Some(20))],
            vec![wrote(1, Some(11)), wrote(3, Some(30)), wrote(4, Some(40))],
            vec![wrote(2, None)],
        ];
        let found = |rows: &[(&'static str, u8, u64)]| {
            let mut testimony = Testimony::default();
            for wrote in events.clone() {
                testimony.hear(&Event { wrote, ..Event::default() });
            }
            testimony.compare(rows.iter().map(|(space, key, revision)| (*space, vec![*key], *revision)))
        };
        let whole = [("s", 1, 11), ("s", 3, 30), ("s", 4, 40), ("s/index", 9, 1)];
        assert_eq!(found(&whole), []);
        let odd = |key: u8, recorded, found| Discrepancy { space: "s".to_owned(), key: vec![key], recorded, found };
        let turned_back = [("s", 1, 10), ("s", 2, 20), ("s", 3, 30), ("s", 7, 70)];
        let expected =
            [odd(1, Some(11), Some(10)), odd(2, None, Some(20)), odd(7, None, Some(70)), odd(4, Some(40), None)];
        assert_eq!(found(&turned_back), expected);
        assert_eq!(odd(4, Some(40), None).to_string(), "row 04 of s is missing");
    }

    const ROOT: (u64, [u8; 32]) = (7, [1; 32]);

    fn root() -> Option<Root> {
        Some(Root { sequence: ROOT.0, link: ROOT.1, told: 9, mac: [0; 32] })
    }

    fn of(uses: &[KeyUse], wrote: &[(&str, u8, Option<u64>)]) -> Event {
        let wrote = wrote.iter().map(|(space, key, revision)| Wrote {
            space: (*space).to_owned(),
            key: vec![*key],
            revision: *revision,
        });
        Event { uses: uses.to_vec(), wrote: wrote.collect(), ..Event::default() }
    }

    /// The records of a cut behind these events.
    fn told(events: &[Event]) -> Vec<Event> {
        let mut testimony = Testimony::default();
        events.iter().for_each(|event| testimony.hear(event));
        let parts = testimony.settled(ROOT.0, ROOT.1).unwrap_or_default();
        parts.into_iter().map(|part| Event { settled: Some(part), ..Event::default() }).collect()
    }

    #[test]
    fn what_was_cut_is_known_as_if_it_had_been_heard() {
        let uses = chain();
        let (before, after) = (
            [
                of(&uses[..2], &[("s", 1, Some(10)), ("s", 2, Some(20)), ("t", 1, Some(1))]),
                of(&uses[3..4], &[("t", 1, None)]),
            ],
            [of(&uses[2..3], &[("s", 1, Some(11)), ("s", 3, Some(30))]), of(&uses[4..], &[("s", 3, None)])],
        );
        let told = told(&before);
        // Wherever among the later events the record stands.
        for place in 0..=after.len() {
            let mut testimony = Testimony::default().behind(root());
            after[..place].iter().chain(&told).chain(&after[place..]).for_each(|event| testimony.hear(event));
            assert_eq!(testimony.settle(), Ok(()));
            let found = testimony.uses();
            assert_eq!((found.recorded, found.open, found.standing.uses, found.flaw), (5, 0, 5, None), "{place}");
            assert_eq!(Some(found.standing.head), uses.last().map(|link| link.digest));
            let wrong = testimony.compare([("s", vec![1], 11), ("s", vec![2], 21), ("t", vec![1], 1)]);
            let wrong: Vec<_> = wrong.iter().map(ToString::to_string).collect();
            let expected = [
                "row 02 of s has another revision than the trail says",
                "row 01 of t is there, and the trail knows nothing of it",
            ];
            assert_eq!(wrong, expected, "a row that was deleted in a space without rows is known too");
        }
    }

    #[test]
    fn a_use_of_before_the_cut_that_is_named_again_or_does_not_fit_is_found() {
        let uses = chain();
        let told = told(&[of(&uses[..3], &[])]);
        let flaw = |again: &[KeyUse]| {
            let mut testimony = Testimony::default().behind(root());
            [of(again, &[])].iter().chain(&told).for_each(|event| testimony.hear(event));
            testimony.settle().map(|()| testimony.uses().flaw)
        };
        assert_eq!(flaw(&uses[3..]), Ok(None));
        assert_eq!(flaw(&uses[2..4]), Ok(Some(UseFlaw::Repeated(1))), "they overlap from the first run on");
        let mut wrong = uses[3..].to_vec();
        wrong[0].ticket = [9; 32];
        assert_eq!(flaw(&wrong), Ok(Some(UseFlaw::Unlinked(4))));
    }

    #[test]
    fn only_the_whole_series_of_the_cut_that_was_made_counts() {
        let wrote: Vec<_> = (0..=255).map(|key| ("s", key, Some(1))).collect();
        let many: Vec<_> = (0..60).map(|space| (space.to_string().repeat(60), 0)).collect();
        let mut events = vec![of(&[], &wrote)];
        events.extend(many.iter().map(|(space, _)| of(&[], &[(space.as_str(), 1, Some(1))])));
        let word = |key: u32| Wrote { space: "u".to_owned(), key: key.to_be_bytes().to_vec(), revision: Some(1) };
        events.push(Event { wrote: (0..30_000).map(word).collect(), ..Event::default() });
        let told = told(&events);
        assert!(told.len() > 2, "{}", told.len());
        let settled = |heard: &[Event]| {
            let mut testimony = Testimony::default().behind(root());
            heard.iter().for_each(|event| testimony.hear(event));
            testimony.settle().map(|()| testimony.words())
        };
        assert_eq!(settled(&told), Ok(256 + 60 + 30_000));
        let all = |from: &[Event], then: &[Event]| [from, then].concat();
        assert_eq!(settled(&all(&told[..2], &told)), Ok(256 + 60 + 30_000), "a crash in the middle, and once more");
        assert_eq!(settled(&all(&told, &told[..1])), Ok(256 + 60 + 30_000));
        assert_eq!(settled(&told[1..]), Err(Untold(7)));
        assert_eq!(settled(&told[..told.len() - 1]), Err(Untold(7)));
        let of_another = |event: &Event| {
            let settled = event.settled.clone().map(|part| Settled { sequence: 8, ..part });
            Event { settled, ..Event::default() }
        };
        assert_eq!(settled(&told.iter().map(of_another).collect::<Vec<_>>()), Err(Untold(7)));
        assert!(
            told.iter().all(|event| event.encode().and_then(|bytes| Event::decode(&bytes)).as_ref() == Some(event))
        );
    }

    #[test]
    fn very_old_gaps_between_uses_are_forgotten_and_not_the_number_of_uses() {
        let link = |number: u64| KeyUse { number: 2 * number, ..chain().swap_remove(0) };
        let uses: Vec<_> = (1..=2_000).map(link).collect();
        let told = told(&[of(&uses, &[])]);
        let mut testimony = Testimony::default().behind(root());
        told.iter().for_each(|event| testimony.hear(event));
        assert_eq!(testimony.settle(), Ok(()));
        let found = testimony.uses();
        assert_eq!((found.recorded, found.open, found.flaw), (2_000, 2_000, None));
        testimony.hear(&of(&[link(3)], &[]));
        assert_eq!(testimony.uses().flaw, Some(UseFlaw::Repeated(6)));
    }
}
