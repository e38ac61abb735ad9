//! Keys of tables: encoded so that the order of the bytes is the order of the values.

use crate::engine::{Direction, Range};
use names::{AccountId, AliasName, KeyId, Region, Time};
use secret::Identity;
use std::borrow::Cow;
use std::marker::PhantomData;

/// A key, or a part of one. The encoding says where it ends, so parts can stand one after another, and compares byte by
/// byte as the values do. It is kept in the clear.
pub trait TableKey: Sized + Send + Sync {
    fn encode(&self, out: &mut Vec<u8>);

    /// Takes its bytes off the front of `input`.
    fn decode(input: &mut &[u8]) -> Option<Self>;

    fn to_bytes(&self) -> Vec<u8> {
        /// More than most keys have, so that they are allocated once.
        const TYPICAL_BYTES: usize = 96;
        let mut bytes = Vec::with_capacity(TYPICAL_BYTES);
        self.encode(&mut bytes);
        bytes
    }

    /// Reads what [`TableKey::to_bytes`] wrote, and nothing that has more behind it.
    fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        Self::decode(&mut bytes).filter(|_| bytes.is_empty())
    }
}

/// The leading parts of a key `K`, or none: `()`.
pub trait PrefixOf<K> {
    fn prefix(&self, out: &mut Vec<u8>);
}

/// The key of a table that has one row at most.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Only;

/// Where a page ended: the last key of it, encoded. It may leave the house only sealed: it names a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cursor(pub Vec<u8>);

/// A stretch of keys, and the direction in which to read it.
#[derive(Clone, Debug)]
pub struct Span<K> {
    range: Range,
    direction: Direction,
    key: PhantomData<fn() -> K>,
}

impl<K: TableKey> Span<K> {
    pub fn all() -> Self {
        Self::over(Range::all())
    }

    /// All keys that begin with these parts.
    pub fn under<P: PrefixOf<K>>(parts: &P) -> Self {
        Self::over(Range::prefix(&prefix_bytes(parts)))
    }

    /// All keys that begin with these parts and have, as the next part, a string that starts with `text`.
    pub fn starting<P: PrefixOf<K>>(parts: &P, text: &str) -> Self {
        let mut bytes = prefix_bytes(parts);
        escape(text.as_bytes(), &mut bytes);
        Self::over(Range::prefix(&bytes))
    }

    /// This key alone.
    pub fn exactly(key: &K) -> Self {
        Self::over(Range::prefix(&key.to_bytes()))
    }

    /// Keys from `from` (included) on.
    pub fn from(mut self, from: &K) -> Self {
        self.range.from = self.range.from.max(from.to_bytes());
        self
    }

    /// Keys before `to` (excluded).
    pub fn before(mut self, to: &K) -> Self {
        let to = to.to_bytes();
        self.range.to = Some(self.range.to.map_or(to.clone(), |end| end.min(to)));
        self
    }

    pub fn backward(mut self) -> Self {
        self.direction = Direction::Backward;
        self
    }

    /// What is left beyond the page that ended at `cursor`. Say [`Span::backward`] first.
    pub fn after(mut self, cursor: &Cursor) -> Self {
        self.range = self.range.beyond(&cursor.0, self.direction);
        self
    }

    pub(crate) fn range(&self) -> &Range {
        &self.range
    }

    pub(crate) fn direction(&self) -> Direction {
        self.direction
    }

    fn over(range: Range) -> Self {
        Self { range, direction: Direction::Forward, key: PhantomData }
    }
}

fn prefix_bytes<K>(parts: &impl PrefixOf<K>) -> Vec<u8> {
    let mut bytes = Vec::new();
    parts.prefix(&mut bytes);
    bytes
}

/// Zero is written as 0x00 0xFF; the end of a string, by [`encode_text`], as 0x00 0x00. So a string sorts before those
/// it begins.
fn escape(text: &[u8], out: &mut Vec<u8>) {
    for (place, stretch) in text.split(|byte| *byte == 0).enumerate() {
        if place > 0 {
            out.extend_from_slice(&[0, 0xFF]);
        }
        out.extend_from_slice(stretch);
    }
}

fn encode_text(text: &str, out: &mut Vec<u8>) {
    escape(text.as_bytes(), out);
    out.extend_from_slice(&[0, 0]);
}

/// Most texts have no zero, and are not copied.
fn decode_text<'a>(input: &mut &'a [u8]) -> Option<Cow<'a, str>> {
    let mut text = Cow::Borrowed(take_stretch(input)?);
    loop {
        match (take::<2>(input)?, text) {
            ([_, 0], Cow::Borrowed(text)) => return std::str::from_utf8(text).ok().map(Cow::Borrowed),
            ([_, 0], Cow::Owned(text)) => return String::from_utf8(text).ok().map(Cow::Owned),
            ([_, 0xFF], before) => text = Cow::Owned([&before[..], &[0], take_stretch(input)?].concat()),
            _ => return None,
        }
    }
}

/// What comes before the next zero.
fn take_stretch<'a>(input: &mut &'a [u8]) -> Option<&'a [u8]> {
    let stretch = input.iter().position(|byte| *byte == 0)?;
    input.split_off(..stretch)
}

fn take<const N: usize>(input: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = input.split_first_chunk()?;
    *input = rest;
    Some(*first)
}

impl TableKey for Only {
    fn encode(&self, _: &mut Vec<u8>) {}

    fn decode(_: &mut &[u8]) -> Option<Self> {
        Some(Self)
    }
}

impl TableKey for String {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_text(self, out);
    }

    fn decode(input: &mut &[u8]) -> Option<Self> {
        decode_text(input).map(Cow::into_owned)
    }
}

impl<const N: usize> TableKey for [u8; N] {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    fn decode(input: &mut &[u8]) -> Option<Self> {
        take(input)
    }
}

macro_rules! whole_number_keys {
    ($($number:ty),*) => {$(
        impl TableKey for $number {
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }

            fn decode(input: &mut &[u8]) -> Option<Self> {
                take(input).map(<$number>::from_be_bytes)
            }
        }
    )*};
}

whole_number_keys!(u8, u16, u32, u64, u128);

impl TableKey for Time {
    /// With the sign turned, times before 1970 sort before those after.
    fn encode(&self, out: &mut Vec<u8>) {
        (self.micros() ^ i64::MIN).cast_unsigned().encode(out);
    }

    fn decode(input: &mut &[u8]) -> Option<Self> {
        u64::decode(input).map(|micros| Self::from_micros(micros.cast_signed() ^ i64::MIN))
    }
}

impl TableKey for Identity {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }

    fn decode(input: &mut &[u8]) -> Option<Self> {
        u128::decode(input).map(Self)
    }
}

impl TableKey for AccountId {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_str().as_bytes());
    }

    fn decode(input: &mut &[u8]) -> Option<Self> {
        Self::parse(std::str::from_utf8(&take::<12>(input)?).ok()?).ok()
    }
}

impl TableKey for Region {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_text(self.as_str(), out);
    }

    fn decode(input: &mut &[u8]) -> Option<Self> {
        Self::parse(&decode_text(input)?).ok()
    }
}

impl TableKey for KeyId {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_text(self.as_str(), out);
    }

    fn decode(input: &mut &[u8]) -> Option<Self> {
        Self::parse(&decode_text(input)?)
    }
}

impl TableKey for AliasName {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_text(self.as_str(), out);
    }

    fn decode(input: &mut &[u8]) -> Option<Self> {
        Self::parse(&decode_text(input)?)
    }
}

macro_rules! tuple_keys {
    ($($name:ident . $place:tt),+) => {
        impl<$($name: TableKey),+> TableKey for ($($name,)+) {
            fn encode(&self, out: &mut Vec<u8>) {
                $(self.$place.encode(out);)+
            }

            fn decode(input: &mut &[u8]) -> Option<Self> {
                Some(($($name::decode(input)?,)+))
            }
        }
    };
}

tuple_keys!(A.0, B.1);
tuple_keys!(A.0, B.1, C.2);
tuple_keys!(A.0, B.1, C.2, D.3);

impl<K> PrefixOf<K> for () {
    fn prefix(&self, _: &mut Vec<u8>) {}
}

macro_rules! prefixes {
    ($($prefix:ty: <$($name:ident),+> of $key:ty;)+) => {$(
        impl<$($name: TableKey),+> PrefixOf<$key> for $prefix {
            fn prefix(&self, out: &mut Vec<u8>) {
                self.encode(out);
            }
        }
    )+};
}

prefixes! {
    A: <A, B> of (A, B);
    A: <A, B, C> of (A, B, C);
    (A, B): <A, B, C> of (A, B, C);
    A: <A, B, C, D> of (A, B, C, D);
    (A, B): <A, B, C, D> of (A, B, C, D);
    (A, B, C): <A, B, C, D> of (A, B, C, D);
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes_compare_as_values_do(one: (String, u64, String), other: (String, u64, String)) {
            prop_assert_eq!(one.cmp(&other), one.to_bytes().cmp(&other.to_bytes()));
            prop_assert_eq!(<(String, u64, String)>::from_bytes(&one.to_bytes()), Some(one));
        }

        #[test]
        fn strings_with_zeros_compare_as_values_do(one in "[\0\u{1}a\u{ff}]{0,4}", other in "[\0\u{1}a\u{ff}]{0,4}") {
            prop_assert_eq!(one.cmp(&other), one.to_bytes().cmp(&other.to_bytes()));
            prop_assert_eq!(String::from_bytes(&one.to_bytes()), Some(one.clone()));
            let within = Span::<(String, u8)>::starting(&(), &one).range().contains(&(other.clone(), 7_u8).to_bytes());
            prop_assert_eq!(within, other.starts_with(&one));
        }

        #[test]
        fn times_compare_as_values_do(one: i64, other: i64) {
            let (one, other) = (Time::from_micros(one), Time::from_micros(other));
            prop_assert_eq!(one.cmp(&other), one.to_bytes().cmp(&other.to_bytes()));
            prop_assert_eq!(Time::from_bytes(&one.to_bytes()), Some(one));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            if let Some(key) = <(String, u16, String)>::from_bytes(&bytes) {
                prop_assert_eq!(key.to_bytes(), bytes);
            }
        }
    }

    #[test]
    fn a_prefix_holds_what_begins_with_it() {
        let account = AccountId::parse("111122223333").unwrap();
        let key = |account: &str, name: &str| (AccountId::parse(account).unwrap(), name.to_owned(), 1_u64).to_bytes();
        let span = Span::<(AccountId, String, u64)>::under(&account);
        assert!(span.range().contains(&key("111122223333", "a")));
        assert!(!span.range().contains(&key("111122223334", "a")));
        let span = Span::<(AccountId, String, u64)>::under(&(account, "ab".to_owned()));
        assert!(span.range().contains(&key("111122223333", "ab")));
        assert!(!span.range().contains(&key("111122223333", "abc")));
    }

    #[test]
    fn a_key_with_more_behind_it_is_none() {
        assert_eq!(u16::from_bytes(&[0, 1]), Some(1));
        assert_eq!(u16::from_bytes(&[0, 1, 2]), None);
        assert_eq!(String::from_bytes(b"a\0\x07"), None);
        assert_eq!(Only::from_bytes(&[]), Some(Only));
    }
}
