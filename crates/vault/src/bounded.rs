//! A map that holds so many entries and drops the one that was used longest ago.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

pub(crate) struct Bounded<K, V> {
    entries: HashMap<K, Entry<V>>,
    /// Which key was used when, oldest first. INVARIANT: it has the same keys as `entries`.
    order: BTreeMap<u64, K>,
    uses: u64,
    capacity: usize,
}

struct Entry<V> {
    value: V,
    used: u64,
}

impl<K: Clone + Eq + Hash, V> Bounded<K, V> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { entries: HashMap::new(), order: BTreeMap::new(), uses: 0, capacity }
    }

    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
    {
        let entry = self.entries.get_mut(key)?;
        if let Some(key) = self.order.remove(&entry.used) {
            self.uses += 1;
            entry.used = self.uses;
            self.order.insert(self.uses, key);
        }
        Some(&entry.value)
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.uses += 1;
        self.order.insert(self.uses, key.clone());
        if let Some(former) = self.entries.insert(key, Entry { value, used: self.uses }) {
            self.order.remove(&former.used);
        }
        while self.entries.len() > self.capacity {
            let Some((_, oldest)) = self.order.pop_first() else { break };
            self.entries.remove(&oldest);
        }
    }

    /// Keeps the entries for which `keep` says so.
    pub(crate) fn retain(&mut self, keep: impl Fn(&V) -> bool) {
        self.entries.retain(|_, entry| keep(&entry.value));
        self.order.retain(|_, key| self.entries.contains_key(key));
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        assert_eq!(self.entries.len(), self.order.len());
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_used_longest_ago_goes_first() {
        let mut map = Bounded::new(2);
        map.insert("a", 1);
        map.insert("b", 2);
        assert_eq!(map.get("a").copied(), Some(1));
        map.insert("c", 3);
        assert_eq!((map.get("a").copied(), map.len()), (Some(1), 2));
        assert_eq!(map.get("b").copied(), None);
        assert_eq!(map.get("c").copied(), Some(3));
    }

    #[test]
    fn an_entry_that_is_replaced_counts_once() {
        let mut map = Bounded::new(2);
        for value in 0..10 {
            map.insert("a", value);
        }
        map.insert("b", 0);
        assert_eq!((map.get("a").copied(), map.len()), (Some(9), 2));
    }

    #[test]
    fn what_is_not_kept_is_gone() {
        let mut map = Bounded::new(100);
        (0..10).for_each(|number| map.insert(number, number));
        map.retain(|number| number % 2 == 0);
        assert_eq!((map.get(&3).copied(), map.get(&4).copied(), map.len()), (None, Some(4), 5));
    }

    #[test]
    fn it_never_holds_more_than_its_capacity() {
        let mut map = Bounded::new(16);
        for number in 0..10_000 {
            map.insert(number % 100, number);
            map.get(&(number % 7));
            assert!(map.len() <= 16);
        }
    }
}
