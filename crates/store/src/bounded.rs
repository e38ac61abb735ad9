//! A bounded map from `(space, key)`: what was not asked for lately is forgotten.

use hashbrown::HashTable;
use std::hash::{BuildHasher, RandomState};

/// Two halves: what is used stands in the young one; when that is full it becomes the old one, and the old one is
/// dropped. So the bytes stay under the limit, each step costs the same, and what is in use survives.
pub(crate) struct Bounded<T> {
    young: Half<T>,
    old: Half<T>,
    half_bytes_max: usize,
}

/// What a row is asked for by, hashed once for all that is asked.
#[derive(Clone, Copy)]
pub(crate) struct Spot<'a> {
    pub hash: u64,
    space: &'static str,
    key: &'a [u8],
}

/// Makes spots: those of one map are of one maker. The keys are other people's, so the hash has a secret.
#[derive(Default)]
pub(crate) struct Spots(RandomState);

struct Half<T> {
    entries: HashTable<Entry<T>>,
    bytes: usize,
}

struct Entry<T> {
    hash: u64,
    space: &'static str,
    key: Box<[u8]>,
    value: T,
    /// What it costs, all in all.
    bytes: usize,
}

/// What an entry costs beside its key and its value.
const ENTRY_BYTES: usize = 96;

impl Spots {
    pub fn of<'a>(&self, space: &'static str, key: &'a [u8]) -> Spot<'a> {
        Spot { hash: self.0.hash_one((space, key)), space, key }
    }
}

impl<T> Bounded<T> {
    pub fn new(bytes_max: usize) -> Self {
        Self { young: Half::new(), old: Half::new(), half_bytes_max: bytes_max / 2 }
    }

    pub fn find(&mut self, spot: Spot<'_>) -> Option<&T> {
        if let Some(place) = self.young.place(spot) {
            return self.young.at(place);
        }
        let entry = self.old.take(spot)?;
        self.put_entry(entry);
        self.young.place(spot).and_then(|place| self.young.at(place))
    }

    /// `bytes` is the cost of the value.
    pub fn put(&mut self, spot: Spot<'_>, value: T, bytes: usize) {
        self.forget(spot);
        let bytes = bytes.saturating_add(spot.key.len()).saturating_add(ENTRY_BYTES);
        self.put_entry(Entry { hash: spot.hash, space: spot.space, key: spot.key.into(), value, bytes });
    }

    pub fn forget(&mut self, spot: Spot<'_>) {
        self.young.take(spot);
        self.old.take(spot);
    }

    fn put_entry(&mut self, entry: Entry<T>) {
        if entry.bytes > self.half_bytes_max {
            return;
        }
        if self.young.bytes + entry.bytes > self.half_bytes_max {
            self.old = std::mem::replace(&mut self.young, Half::new());
        }
        self.young.bytes += entry.bytes;
        self.young.entries.insert_unique(entry.hash, entry, |entry| entry.hash);
    }

    #[cfg(test)]
    fn bytes(&self) -> usize {
        self.young.bytes + self.old.bytes
    }
}

impl<T> Half<T> {
    fn new() -> Self {
        Self { entries: HashTable::new(), bytes: 0 }
    }

    fn place(&self, spot: Spot<'_>) -> Option<usize> {
        self.entries.find_bucket_index(spot.hash, |entry| entry.is_at(spot))
    }

    fn at(&self, place: usize) -> Option<&T> {
        self.entries.get_bucket(place).map(|entry| &entry.value)
    }

    fn take(&mut self, spot: Spot<'_>) -> Option<Entry<T>> {
        let (entry, _) = self.entries.find_entry(spot.hash, |entry| entry.is_at(spot)).ok()?.remove();
        self.bytes -= entry.bytes;
        Some(entry)
    }
}

impl<T> Entry<T> {
    fn is_at(&self, spot: Spot<'_>) -> bool {
        self.hash == spot.hash && self.space == spot.space && *self.key == *spot.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_under_its_limit_and_keeps_what_is_used() {
        let (mut map, spots) = (Bounded::new(100 * (ENTRY_BYTES + 18)), Spots::default());
        for number in 0_u64..10_000 {
            map.put(spots.of("space", &number.to_be_bytes()), number, 10);
            assert_eq!(map.find(spots.of("space", &0_u64.to_be_bytes())), Some(&0));
            assert!(map.bytes() <= 100 * (ENTRY_BYTES + 18));
        }
        assert_eq!(map.find(spots.of("space", &1_u64.to_be_bytes())), None);
        assert_eq!(map.find(spots.of("space", &9_999_u64.to_be_bytes())), Some(&9_999));
        assert_eq!(map.find(spots.of("other", &9_999_u64.to_be_bytes())), None);
    }

    #[test]
    fn a_put_replaces_and_a_forgotten_key_is_gone() {
        let (mut map, spots) = (Bounded::new(10_000), Spots::default());
        map.put(spots.of("space", b"key"), 1, 0);
        map.put(spots.of("space", b"key"), 2, 0);
        assert_eq!(map.find(spots.of("space", b"key")), Some(&2));
        assert_eq!(map.bytes(), ENTRY_BYTES + 3);
        map.forget(spots.of("space", b"key"));
        assert_eq!(map.find(spots.of("space", b"key")), None);
        assert_eq!(map.bytes(), 0);
    }

    #[test]
    fn what_is_larger_than_a_half_is_not_kept_and_leaves_no_older_value() {
        let (mut map, spots) = (Bounded::new(1_000), Spots::default());
        map.put(spots.of("space", b"key"), 1, 0);
        map.put(spots.of("space", b"key"), 2, 1_000);
        assert_eq!(map.find(spots.of("space", b"key")), None);
    }
}
