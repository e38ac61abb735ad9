//! A use of a key as the trail keeps it: all that the vault's chain of uses was made of, so that the chain can be made again.

use minicbor::{Decode, Encode};
use names::Time;
use vault::{BackingKeyId, Use, Verb};

/// One link of the vault's chain: see [`vault::Use`], whose fields these are.
#[derive(Encode, Decode, Clone, Debug, PartialEq, Eq)]
#[cbor(map)]
pub struct KeyUse {
    /// Counted from 1.
    #[n(0)]
    pub number: u64,
    #[n(1)]
    pub verb: KeyVerb,
    #[cbor(n(2), with = "minicbor::bytes")]
    pub backing_key: [u8; 16],
    #[cbor(n(3), with = "minicbor::bytes")]
    pub ticket: [u8; 32],
    /// Microseconds since 1970.
    #[n(4)]
    pub time: i64,
    #[cbor(n(5), with = "minicbor::bytes")]
    pub digest: [u8; 32],
}

/// [`vault::Verb`], by number.
#[derive(Encode, Decode, Clone, Copy, Debug, PartialEq, Eq)]
#[cbor(index_only)]
pub enum KeyVerb {
    #[n(1)]
    CreateAccessKey,
    #[n(2)]
    Create,
    #[n(3)]
    Encrypt,
    #[n(4)]
    Decrypt,
    #[n(5)]
    Generate,
    #[n(6)]
    Random,
    #[n(7)]
    Destroy,
}

impl From<&Use> for KeyUse {
    fn from(link: &Use) -> Self {
        let verb = match link.verb {
            Verb::CreateAccessKey => KeyVerb::CreateAccessKey,
            Verb::Create => KeyVerb::Create,
            Verb::Encrypt => KeyVerb::Encrypt,
            Verb::Decrypt => KeyVerb::Decrypt,
            Verb::Generate => KeyVerb::Generate,
            Verb::Random => KeyVerb::Random,
            Verb::Destroy => KeyVerb::Destroy,
        };
        Self {
            number: link.number,
            verb,
            backing_key: link.backing_key.0,
            ticket: link.ticket,
            time: link.time.micros(),
            digest: link.digest,
        }
    }
}

impl From<&KeyUse> for Use {
    fn from(kept: &KeyUse) -> Self {
        let verb = match kept.verb {
            KeyVerb::CreateAccessKey => Verb::CreateAccessKey,
            KeyVerb::Create => Verb::Create,
            KeyVerb::Encrypt => Verb::Encrypt,
            KeyVerb::Decrypt => Verb::Decrypt,
            KeyVerb::Generate => Verb::Generate,
            KeyVerb::Random => Verb::Random,
            KeyVerb::Destroy => Verb::Destroy,
        };
        Self {
            number: kept.number,
            verb,
            backing_key: BackingKeyId(kept.backing_key),
            ticket: kept.ticket,
            time: Time::from_micros(kept.time),
            digest: kept.digest,
        }
    }
}
