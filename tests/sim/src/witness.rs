//! Who hears each event of the trail once, when it is there, and remembers what it said.

use crate::disk::Place;
use kernel::{Event, Testimony};
use std::collections::{BTreeMap, BTreeSet};
use store::{Recorded, Store};
use vault::Standing;

#[derive(Default)]
pub struct Witness {
    testimony: Testimony,
    /// The last word on each row.
    rows: BTreeMap<(String, Vec<u8>), u64>,
    spaces: BTreeSet<String>,
    /// One for each event that was heard. Links would not do: a platter that is read anew is sealed anew.
    digests: Vec<[u8; 32]>,
}

const EVENTS_PER_PAGE: usize = 1_000;

impl Witness {
    /// The events that have come since, with their places.
    pub async fn hear(&mut self, store: &Store) -> Vec<(u64, Event)> {
        let mut heard = Vec::new();
        loop {
            let from = u64::try_from(self.digests.len()).unwrap() + 1;
            let page = store.trail(from, EVENTS_PER_PAGE).await.unwrap();
            self.digests.extend(page.iter().map(digest));
            for recorded in &page {
                let event = Event::decode(&recorded.bytes).unwrap();
                self.testimony.hear(&event);
                for wrote in &event.wrote {
                    let place = (wrote.space.clone(), wrote.key.clone());
                    self.spaces.insert(wrote.space.clone());
                    match wrote.revision {
                        Some(revision) => drop(self.rows.insert(place, revision)),
                        None => drop(self.rows.remove(&place)),
                    }
                }
                heard.push((recorded.sequence, event));
            }
            if page.len() < EVENTS_PER_PAGE {
                return heard;
            }
        }
    }

    /// Whether the trail begins with all that was heard of it.
    pub async fn finds_again(&self, store: &Store) -> bool {
        let found = store.trail(1, self.digests.len()).await;
        found.is_ok_and(|found| found.iter().map(digest).eq(self.digests.iter().copied()))
    }

    /// A row that is not as the trail has it; rows of which no event tells are those of indexes.
    pub fn wrong_row(&self, rows: &BTreeMap<Place, u64>) -> Option<String> {
        let told = rows.iter().filter(|((space, _), _)| self.spaces.contains(*space));
        let found = told.map(|((space, key), revision)| (((*space).to_owned(), key.clone()), *revision)).collect();
        if self.rows == found {
            return None;
        }
        let differs = |(place, revision): &(&(String, Vec<u8>), &u64)| found.get(*place) != Some(*revision);
        let one = self.rows.iter().find(differs).map(|(place, _)| place);
        let other = found.keys().find(|place| !self.rows.contains_key(*place));
        Some(format!("the row {:?} is not as the trail has it", one.or(other)))
    }

    /// How far the vault's chain of uses has come, as far as the trail knows.
    pub fn standing(&self) -> Standing {
        self.testimony.uses().standing
    }

    pub fn count(&self) -> usize {
        self.digests.len()
    }
}

fn digest(recorded: &Recorded) -> [u8; 32] {
    cipher::sha256(&[&recorded.id[..], &recorded.bytes].concat())
}
