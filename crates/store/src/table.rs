//! The tables and indexes that a service declares.

use crate::engine::{Check, Direction, Range};
use crate::key::TableKey;
use crate::record::{NoPrevious, Record};
use crate::view::Held;
use minicbor::{Decode, Decoder, Encode, Encoder};
use std::collections::BTreeSet;
use std::marker::PhantomData;

/// A table of the service `S`: keys `K` in order, values `V`. The space is its name in the store, once and for ever;
/// begin it with the service's name: `kms/keys`.
pub struct Table<S, K: 'static, V: 'static> {
    space: &'static str,
    indexes: &'static [&'static dyn Derives<K, V>],
    service: PhantomData<fn() -> S>,
}

/// A second way to the rows of a table: by `I`, which is computed from the row. It is kept in the commit that changes
/// the row. To declare one for a table that has rows already means to write them all again.
pub struct Index<S, I, K, V> {
    space: &'static str,
    unique: bool,
    derive: fn(&K, &V) -> Vec<I>,
    service: PhantomData<fn() -> S>,
}

/// An [`Index`], whatever its `I` is.
pub trait Derives<K, V>: Sync {
    fn space(&self) -> &'static str;

    fn is_unique(&self) -> bool;

    /// The keys of the index rows that the row has, encoded.
    fn rows(&self, key: &K, value: &V) -> BTreeSet<Vec<u8>>;
}

impl<S, K: TableKey, V: Record> Table<S, K, V> {
    pub const fn new(space: &'static str) -> Self {
        Self { space, indexes: &[], service: PhantomData }
    }

    /// All indexes of the table, each as `&INDEX`.
    pub const fn indexed(self, indexes: &'static [&'static dyn Derives<K, V>]) -> Self {
        Self { indexes, ..self }
    }

    pub const fn space(&self) -> &'static str {
        self.space
    }

    /// That the row is still as it was read: at its revision, or absent.
    pub fn check(&self, key: &K, held: Option<&Held<V>>) -> Check {
        self.check_at(key.to_bytes(), held)
    }

    pub(crate) fn check_at(&self, key: Vec<u8>, held: Option<&Held<V>>) -> Check {
        let space = self.space;
        match held {
            Some(held) => Check::At { space, key, revision: held.revision },
            None => Check::Absent { space, key },
        }
    }

    pub(crate) fn indexes(&self) -> &'static [&'static dyn Derives<K, V>] {
        self.indexes
    }
}

impl<S, I: TableKey, K: TableKey, V: Record> Index<S, I, K, V> {
    /// At most one row for each `I`: a second one is [`crate::Broken::Taken`].
    pub const fn unique(space: &'static str, derive: fn(&K, &V) -> Vec<I>) -> Self {
        Self { space, unique: true, derive, service: PhantomData }
    }

    /// Any number of rows for each `I`, in the order of `I` and then of `K`.
    pub const fn many(space: &'static str, derive: fn(&K, &V) -> Vec<I>) -> Self {
        Self { space, unique: false, derive, service: PhantomData }
    }
}

impl<S, I: TableKey, K: TableKey, V> Index<S, I, K, V> {
    /// Does the row still stand in the index at `index_key`?
    pub(crate) fn leads_to(&self, index_key: &[u8], key: &K, value: &V) -> bool {
        (self.derive)(key, value).iter().any(|index| self.row(index, key) == index_key)
    }

    fn row(&self, index: &I, key: &K) -> Vec<u8> {
        let mut bytes = index.to_bytes();
        if !self.unique {
            key.encode(&mut bytes);
        }
        bytes
    }
}

impl<S, I: TableKey, K: TableKey, V> Derives<K, V> for Index<S, I, K, V> {
    fn space(&self) -> &'static str {
        self.space
    }

    fn is_unique(&self) -> bool {
        self.unique
    }

    fn rows(&self, key: &K, value: &V) -> BTreeSet<Vec<u8>> {
        (self.derive)(key, value).iter().map(|index| self.row(index, key)).collect()
    }
}

/// The value of an index row: the key of the row it leads to. Sealed like any other, so an index cannot be bent by
/// whoever has the disk.
pub(crate) struct Pointer(pub Vec<u8>);

impl Record for Pointer {
    const FORMAT: u16 = 1;
    type Previous = NoPrevious;

    fn from_previous(previous: NoPrevious) -> Self {
        match previous {}
    }
}

impl<C> Encode<C> for Pointer {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.bytes(&self.0)?.ok()
    }
}

impl<C> Decode<'_, C> for Pointer {
    fn decode(decoder: &mut Decoder<'_>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Ok(Self(decoder.bytes()?.to_vec()))
    }
}

/// What was seen of a range that gave `rows` and was not read to its end if `full`.
pub(crate) fn range_check<V>(
    space: &'static str,
    range: &Range,
    direction: Direction,
    rows: &[(Vec<u8>, Held<V>)],
    full: bool,
) -> Check {
    let seen = match rows.last() {
        Some((last, _)) if full => range.clone().upto(last, direction),
        _ => range.clone(),
    };
    let mut rows: Vec<_> = rows.iter().map(|(key, held)| (key.clone(), held.revision)).collect();
    if direction == Direction::Backward {
        rows.reverse();
    }
    Check::Range { space, range: seen, rows }
}
