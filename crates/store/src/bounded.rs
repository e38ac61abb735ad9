//! A bounded map from `(space, key)`: what was not asked for lately is forgotten.

use std::collections::HashMap;

/// Two halves: what is used stands in the young one; when that is full it becomes the old one, and the old one is
/// dropped. So the bytes stay under the limit, each step costs the same, and what is in use survives.
pub(crate) struct Bounded<T> {
    young: Half<T>,
    old: Half<T>,
    half_bytes_max: usize,
}

struct Half<T> {
    spaces: HashMap<&'static str, HashMap<Box<[u8]>, Entry<T>>>,
    bytes: usize,
}

struct Entry<T> {
    value: T,
    /// What it costs, all in all.
    bytes: usize,
}

/// What an entry costs beside its key and its value.
const ENTRY_BYTES: usize = 96;

impl<T> Bounded<T> {
    pub fn new(bytes_max: usize) -> Self {
        Self { young: Half::new(), old: Half::new(), half_bytes_max: bytes_max / 2 }
    }

    pub fn find(&mut self, space: &'static str, key: &[u8]) -> Option<&T> {
        if let Some((key, entry)) = self.old.take(space, key) {
            self.put_entry(space, key, entry);
        }
        self.young.spaces.get(space)?.get(key).map(|entry| &entry.value)
    }

    /// `bytes` is the cost of the value.
    pub fn put(&mut self, space: &'static str, key: &[u8], value: T, bytes: usize) {
        self.forget(space, key);
        let bytes = bytes.saturating_add(key.len()).saturating_add(ENTRY_BYTES);
        self.put_entry(space, key.into(), Entry { value, bytes });
    }

    pub fn forget(&mut self, space: &'static str, key: &[u8]) {
        self.young.take(space, key);
        self.old.take(space, key);
    }

    fn put_entry(&mut self, space: &'static str, key: Box<[u8]>, entry: Entry<T>) {
        if entry.bytes > self.half_bytes_max {
            return;
        }
        if self.young.bytes + entry.bytes > self.half_bytes_max {
            self.old = std::mem::replace(&mut self.young, Half::new());
        }
        self.young.bytes += entry.bytes;
        self.young.spaces.entry(space).or_default().insert(key, entry);
    }

    #[cfg(test)]
    fn bytes(&self) -> usize {
        self.young.bytes + self.old.bytes
    }
}

impl<T> Half<T> {
    fn new() -> Self {
        Self { spaces: HashMap::new(), bytes: 0 }
    }

    fn take(&mut self, space: &'static str, key: &[u8]) -> Option<(Box<[u8]>, Entry<T>)> {
        let (key, entry) = self.spaces.get_mut(space)?.remove_entry(key)?;
        self.bytes -= entry.bytes;
        Some((key, entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_under_its_limit_and_keeps_what_is_used() {
        let mut map = Bounded::new(100 * (ENTRY_BYTES + 18));
        for number in 0_u64..10_000 {
            map.put("space", &number.to_be_bytes(), number, 10);
            assert_eq!(map.find("space", &0_u64.to_be_bytes()), Some(&0));
            assert!(map.bytes() <= 100 * (ENTRY_BYTES + 18));
        }
        assert_eq!(map.find("space", &1_u64.to_be_bytes()), None);
        assert_eq!(map.find("space", &9_999_u64.to_be_bytes()), Some(&9_999));
        assert_eq!(map.find("other", &9_999_u64.to_be_bytes()), None);
    }

    #[test]
    fn a_put_replaces_and_a_forgotten_key_is_gone() {
        let mut map = Bounded::new(10_000);
        map.put("space", b"key", 1, 0);
        map.put("space", b"key", 2, 0);
        assert_eq!(map.find("space", b"key"), Some(&2));
        assert_eq!(map.bytes(), ENTRY_BYTES + 3);
        map.forget("space", b"key");
        assert_eq!(map.find("space", b"key"), None);
        assert_eq!(map.bytes(), 0);
    }

    #[test]
    fn what_is_larger_than_a_half_is_not_kept_and_leaves_no_older_value() {
        let mut map = Bounded::new(1_000);
        map.put("space", b"key", 1, 0);
        map.put("space", b"key", 2, 1_000);
        assert_eq!(map.find("space", b"key"), None);
    }
}
