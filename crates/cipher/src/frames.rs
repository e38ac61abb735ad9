//! Lists of byte strings as one byte string, such that different lists give different strings.

/// Each part stands behind its length, as 4 bytes, big end first. Two lists of parts that differ in a part, in the number of parts or in
/// where one part ends and the next begins are encoded differently.
#[derive(Clone, Default)]
pub struct Frames(Vec<u8>);

impl Frames {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// Adds a part.
    #[must_use]
    pub fn part(mut self, bytes: &[u8]) -> Self {
        // INVARIANT: every caller bounds its inputs far below 4 GiB; a longer part must not be given a length that lies.
        assert!(bytes.len() <= u32::MAX as usize, "a part of 4 GiB cannot be framed");
        self.0.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    /// Adds a number as a part of 8 bytes.
    #[must_use]
    pub fn number(self, number: u64) -> Self {
        self.part(&number.to_be_bytes())
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn framed(parts: &[Vec<u8>]) -> Vec<u8> {
        parts.iter().fold(Frames::new(), |frames, part| frames.part(part)).into_bytes()
    }

    /// The way back, which exists only if the encoding is injective.
    fn parts(mut bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
        let mut parts = Vec::new();
        while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
            let (part, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
            parts.push(part.to_vec());
            bytes = rest;
        }
        bytes.is_empty().then_some(parts)
    }

    proptest! {
        #[test]
        fn every_list_can_be_read_back(list in prop::collection::vec(prop::collection::vec(0_u8..3, 0..5), 0..6)) {
            prop_assert_eq!(parts(&framed(&list)), Some(list));
        }

        #[test]
        fn different_lists_are_encoded_differently(
            one in prop::collection::vec(prop::collection::vec(0_u8..2, 0..3), 0..3),
            two in prop::collection::vec(prop::collection::vec(0_u8..2, 0..3), 0..3),
        ) {
            prop_assert_eq!(one == two, framed(&one) == framed(&two));
        }
    }
}
