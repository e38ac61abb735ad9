//! The encryption context: what a ciphertext is bound to, in the caller's words.
//! <https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html>

use cipher::Frames;
use std::collections::BTreeMap;

/// The longest context: all its keys and values together, in bytes of UTF-8.
pub const CONTEXT_BYTES_MAX: usize = 8192;

/// Pairs of a key and a value, in no order. It is no secret, and authenticated with each ciphertext.
#[derive(Clone, PartialEq, Eq)]
pub struct EncryptionContext {
    /// Keys in the order of their bytes, each followed by its value, each behind its length.
    frames: Vec<u8>,
}

/// Pairs that are no encryption context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadContext {
    #[error("an encryption context has {CONTEXT_BYTES_MAX} bytes at most")]
    TooLong,
    #[error("a key of an encryption context stands twice")]
    Duplicate,
}

impl EncryptionContext {
    /// The context of a call that names none.
    pub fn empty() -> Self {
        Self { frames: Vec::new() }
    }

    /// Reads no more than [`CONTEXT_BYTES_MAX`] bytes, however many pairs come.
    pub fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, BadContext> {
        let mut sorted = BTreeMap::new();
        let mut bytes = 0_usize;
        for (key, value) in pairs {
            bytes = bytes.saturating_add(key.len()).saturating_add(value.len());
            if bytes > CONTEXT_BYTES_MAX {
                return Err(BadContext::TooLong);
            }
            if sorted.insert(key, value).is_some() {
                return Err(BadContext::Duplicate);
            }
        }
        let frames = Frames::with_capacity(bytes + 8 * sorted.len());
        let add = |frames: Frames, (key, value): (&String, &String)| frames.part(key.as_bytes()).part(value.as_bytes());
        Ok(Self { frames: sorted.iter().fold(frames, add).into_bytes() })
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.frames
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use proptest::prelude::*;

    fn of(pairs: &[(&str, &str)]) -> Result<EncryptionContext, BadContext> {
        EncryptionContext::of(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn order_does_not_matter_and_everything_else_does() {
        let context = of(&[("a", "b"), ("c", "d")]).unwrap();
        assert!(context == of(&[("c", "d"), ("a", "b")]).unwrap());
        for other in [&[("a", "d"), ("c", "b")][..], &[("a", "b")], &[("a", "bcd")], &[("ab", "cd")], &[]] {
            assert!(context != of(other).unwrap());
        }
        assert!(of(&[("a=", "b")]).unwrap() != of(&[("a", "=b")]).unwrap());
        assert!(of(&[("a", "b,c=d")]).unwrap() != context);
    }

    #[test]
    fn limits_and_duplicates() {
        assert_eq!(of(&[("a", "b"), ("a", "b")]).err(), Some(BadContext::Duplicate));
        assert!(of(&[("a", &"x".repeat(CONTEXT_BYTES_MAX - 1))]).is_ok());
        assert_eq!(of(&[("a", &"x".repeat(CONTEXT_BYTES_MAX))]).err(), Some(BadContext::TooLong));
        let endless = (0_u64..).map(|number| (number.to_string(), String::new()));
        assert_eq!(EncryptionContext::of(endless).err(), Some(BadContext::TooLong));
        assert!(EncryptionContext::empty() == of(&[]).unwrap());
    }

    proptest! {
        #[test]
        fn different_contexts_are_encoded_differently(
            one in prop::collection::btree_map("[a=]{0,2}", "[a=]{0,2}", 0..3),
            two in prop::collection::btree_map("[a=]{0,2}", "[a=]{0,2}", 0..3),
        ) {
            let encode = |pairs: &BTreeMap<String, String>| EncryptionContext::of(pairs.clone()).unwrap().frames;
            prop_assert_eq!(one == two, encode(&one) == encode(&two));
        }
    }
}
