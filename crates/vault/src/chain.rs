//! The chain of uses: the vault's own count of what its keys were used for, apart from the trail.

use crate::cursor::Cursor;
use crate::{BackingKeyId, Verb};
use cipher::sha256;
use names::Time;

/// One use of a key: a link of the chain. The trail carries it, so that the two can be compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Use {
    /// Counted from 1.
    pub number: u64,
    pub verb: Verb,
    /// For [`Verb::CreateAccessKey`]: the first half of the digest of the access key's id.
    pub backing_key: BackingKeyId,
    /// The ticket's digest.
    pub ticket: [u8; 32],
    pub time: Time,
    /// The chain's head after this use.
    pub digest: [u8; 32],
}

/// How far the chain has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    pub uses: u64,
    pub head: [u8; 32],
}

/// The vault's mark on the trail's head and on its own standing, for a file that is kept apart from the trail: whoever cuts the trail's
/// tail cannot make one for what is left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeadSeal {
    pub standing: Standing,
    pub mac: [u8; 32],
}

/// Bytes that are no [`HeadSeal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a head's mark has {HEAD_SEAL_BYTES} bytes")]
pub struct NotAHeadSeal;

const HEAD_SEAL_BYTES: usize = 72;

impl Use {
    /// Does this link follow the one with the digest `previous` (for the first, the standing the chain began from)?
    pub fn follows(&self, previous: &[u8; 32]) -> bool {
        self.digest == link(previous, self.number, self.verb, self.backing_key, &self.ticket, self.time)
    }
}

impl Standing {
    /// Before the first use.
    pub const BEGINNING: Self = Self { uses: 0, head: [0; 32] };
}

impl HeadSeal {
    pub fn to_bytes(&self) -> Vec<u8> {
        [&self.standing.uses.to_be_bytes()[..], &self.standing.head, &self.mac].concat()
    }

    pub fn read(bytes: &[u8]) -> Result<Self, NotAHeadSeal> {
        let mut cursor = Cursor::new(bytes);
        let parts = (cursor.take_u64(), cursor.take(), cursor.take(), cursor.rest().is_empty());
        let (Some(uses), Some(head), Some(mac), true) = parts else { return Err(NotAHeadSeal) };
        Ok(Self { standing: Standing { uses, head }, mac })
    }
}

/// The growing end of the chain.
pub(crate) struct Chain(Standing);

impl Chain {
    pub(crate) fn from(standing: Standing) -> Self {
        Self(standing)
    }

    pub(crate) fn standing(&self) -> Standing {
        self.0
    }

    pub(crate) fn append(&mut self, verb: Verb, backing_key: BackingKeyId, ticket: [u8; 32], time: Time) -> Use {
        let number = self.0.uses + 1;
        let digest = link(&self.0.head, number, verb, backing_key, &ticket, time);
        self.0 = Standing { uses: number, head: digest };
        Use { number, verb, backing_key, ticket, time, digest }
    }
}

/// SHA-256 of previous ‖ number ‖ verb ‖ backing key ‖ ticket ‖ time. Each has a fixed length, so nothing runs together.
fn link(previous: &[u8; 32], number: u64, verb: Verb, key: BackingKeyId, ticket: &[u8; 32], time: Time) -> [u8; 32] {
    let (number, time) = (number.to_be_bytes(), time.micros().to_be_bytes());
    sha256(&[&previous[..], &number, &[verb.code()], &key.0, ticket, &time].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_use_follows_the_one_before_and_no_other() {
        let mut chain = Chain::from(Standing::BEGINNING);
        let uses: Vec<Use> = (0_u8..5)
            .map(|n| chain.append(Verb::Encrypt, BackingKeyId([n; 16]), [n; 32], Time::from_seconds(i64::from(n))))
            .collect();
        let mut previous = Standing::BEGINNING.head;
        for link in &uses {
            assert!(link.follows(&previous));
            for bent in [
                Use { number: link.number + 1, ..*link },
                Use { verb: Verb::Decrypt, ..*link },
                Use { backing_key: BackingKeyId([9; 16]), ..*link },
                Use { ticket: [9; 32], ..*link },
                Use { time: Time::from_seconds(99), ..*link },
            ] {
                assert!(!bent.follows(&previous));
            }
            previous = link.digest;
        }
        assert_eq!(chain.standing(), Standing { uses: 5, head: previous });
        let out_of_order = uses.iter().rev().zip(uses.iter().rev().skip(2));
        assert!(out_of_order.into_iter().all(|(later, earlier)| !later.follows(&earlier.digest)));
    }

    #[test]
    fn a_mark_reads_what_it_writes() {
        let seal = HeadSeal { standing: Standing { uses: 3, head: [1; 32] }, mac: [2; 32] };
        let bytes = seal.to_bytes();
        assert_eq!(HeadSeal::read(&bytes), Ok(seal));
        assert_eq!(HeadSeal::read(bytes.get(1..).unwrap_or_default()), Err(NotAHeadSeal));
        assert_eq!(HeadSeal::read(&[&bytes[..], &[0]].concat()), Err(NotAHeadSeal));
    }
}
